//go:build unix

package kernel

import (
	"fmt"
	"math"
	"syscall"
	"unsafe"
)

// A slab comes from the system and returns to it at once. On Go's heap, garbage could grow
// to the size of all slabs together before a collection, and the process would keep the
// memory for some time.

// slabsOutside reports that slabs are not in Go's heap.
const slabsOutside = true

// takeSlab returns n zeroed values and the function that releases them. Pages that are not
// written take no memory.
func takeSlab(n int) ([]float32, func(), error) {
	if n == 0 {
		return nil, func() {}, nil
	}
	if n > math.MaxInt/4 {
		return nil, nil, fmt.Errorf("nst: %d MB of memory for the maps are more than there are addresses on this system", n>>18)
	}
	mem, err := syscall.Mmap(-1, 0, 4*n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, nil, fmt.Errorf("nst: %d MB of memory for the maps: %w", 4*n>>20, err)
	}
	slab := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(mem))), n)
	LargePages(slab)
	return slab, func() { _ = syscall.Munmap(mem) }, nil
}
