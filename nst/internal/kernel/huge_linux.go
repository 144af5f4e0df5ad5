package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a large page on the processors with assembly.
const hugePage = 2 << 20

// LargePages asks the system for large pages for a, as far as whole pages fit. Transforms
// access 36 distant places at once; with pages of 4 KiB each access misses the
// translation cache. It ignores errors of the system.
func LargePages(a []float32) {
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(a)))
	end := (begin + uintptr(len(a))*4) &^ (hugePage - 1)
	if first := (begin + hugePage - 1) &^ (hugePage - 1); first < end {
		inside := unsafe.Slice((*byte)(unsafe.Pointer(&a[(first-begin)/4])), end-first)
		_ = unix.Madvise(inside, unix.MADV_HUGEPAGE)
	}
}
