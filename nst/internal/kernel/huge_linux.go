package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a large page on the processors that have assembly here.
const hugePage = 2 << 20

// LargePages asks for large pages behind a, as far as whole ones fit. Transforms
// walk over 36 places far apart at once; with pages of 4 KiB they miss the
// translation cache at every step. A refusal does no harm.
func LargePages(a []float32) {
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(a)))
	end := (begin + uintptr(len(a))*4) &^ (hugePage - 1)
	if first := (begin + hugePage - 1) &^ (hugePage - 1); first < end {
		inside := unsafe.Slice((*byte)(unsafe.Pointer(&a[(first-begin)/4])), end-first)
		_ = unix.Madvise(inside, unix.MADV_HUGEPAGE)
	}
}
