package kernel

import (
	"fmt"
	"math"
	"unsafe"

	"golang.org/x/sys/windows"
)

// slabsOutside reports that slabs are not in Go's heap.
const slabsOutside = true

// takeSlab returns n zeroed values and the function that releases them, as on Unix. Pages
// that are not written count as committed memory, not as used.
func takeSlab(n int) ([]float32, func(), error) {
	if n == 0 {
		return nil, func() {}, nil
	}
	if n > math.MaxInt/4 {
		return nil, nil, fmt.Errorf("nst: %d MB of memory for the maps are more than there are addresses on this system", n>>18)
	}
	at, err := windows.VirtualAlloc(0, uintptr(n)*4, windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		return nil, nil, fmt.Errorf("nst: %d MB of memory for the maps: %w", 4*n>>20, err)
	}
	// The address is not on Go's heap, so it may be stored as a number.
	slab := unsafe.Slice(*(**float32)(unsafe.Pointer(&at)), n)
	return slab, func() { _ = windows.VirtualFree(at, 0, windows.MEM_RELEASE) }, nil
}
