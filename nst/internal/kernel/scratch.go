package kernel

import (
	"math/bits"
	"sync"
	"unsafe"
)

// scratch is working memory lent by borrow. Its content is whatever the last
// user left.
type scratch struct {
	data []float32
	pool *sync.Pool
}

// pools keep scratch by size, in classes four to the octave, so that a steady
// iteration allocates nothing.
var pools [4 * 48]sync.Pool

// borrow lends at least n values, 64-byte aligned, content undefined, until
// release is called.
func borrow(n int) *scratch {
	n = max(n, 64)
	octave := bits.Len(uint(n-1)) - 1 // n is in 2^octave+1 … 2^(octave+1)
	quarter := 1 << (octave - 2)
	k := (n - 1<<octave + quarter - 1) / quarter // 1 … 4
	pool := &pools[octave*4+k-1]
	if s, ok := pool.Get().(*scratch); ok {
		return s
	}
	return &scratch{Alloc(1<<octave + k*quarter), pool}
}

// doubles is the memory as float64.
func (s *scratch) doubles() []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(s.data))), len(s.data)/2)
}

func (s *scratch) release() { s.pool.Put(s) }
