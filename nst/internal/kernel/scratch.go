package kernel

import (
	"math/bits"
	"sync"
	"unsafe"
)

// scratch is working memory lent by borrow. Its content is whatever the last
// user left.
type scratch struct {
	data  []float32
	class int
}

// pools keep scratch by size, in classes of powers of two, so that a steady
// iteration allocates nothing.
var pools [48]sync.Pool

// borrow lends at least n values, 64-byte aligned, content undefined, until
// release is called.
func borrow(n int) *scratch {
	class := bits.Len(uint(max(n, 1) - 1))
	if s, ok := pools[class].Get().(*scratch); ok {
		return s
	}
	return &scratch{Alloc(1 << class), class}
}

// doubles is the memory as float64.
func (s *scratch) doubles() []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(s.data))), len(s.data)/2)
}

func (s *scratch) release() { pools[s.class].Put(s) }
