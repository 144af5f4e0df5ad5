//go:build unix

package kernel

import (
	"fmt"
	"math"
	"syscall"
	"unsafe"
)

// A slab is taken from the system and given back to it at once: were it on Go's
// heap, the collector would let garbage grow as large as all slabs together before
// it looked for any, and keep the memory for some time after.

// TakeSlab gives n zeroed values and the function that gives them back. Memory that is
// not written to costs nothing.
func TakeSlab(n int) ([]float32, func(), error) {
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
