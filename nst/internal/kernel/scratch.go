package kernel

import (
	"math/bits"
	"sync"
	"unsafe"
)

// scratch is working memory lent by borrow. Its content is undefined.
type scratch struct {
	data []float32
	lent bool
}

// shelves keep the scratch that is not lent, by size: sizes on one shelf differ by a factor
// of up to eight. Unlike a sync.Pool they keep it through garbage collections, so that a
// steady iteration allocates nothing. They are emptied when the last user of the kernels
// is done (see Use).
var shelves [64/shelfBits + 1]shelf

const shelfBits = 3

type shelf struct {
	mutex sync.Mutex
	free  []*scratch
}

// borrow lends at least n values, 64-byte aligned, with undefined content, until release is
// called.
func borrow(n int) *scratch {
	n = max(n, 64)
	s := &shelves[shelfOf(n)]
	s.mutex.Lock()
	// Take the smallest one that is large enough; otherwise replace the largest one by a
	// larger one. There are never more than were lent at the same time.
	best := -1
	for i, m := range s.free {
		switch size := len(m.data); {
		case best < 0,
			size >= n && (len(s.free[best].data) < n || size < len(s.free[best].data)),
			size < n && size > len(s.free[best].data):
			best = i
		}
	}
	var m *scratch
	if best >= 0 {
		m = s.free[best]
		last := len(s.free) - 1
		s.free[best], s.free[last] = s.free[last], nil
		s.free = s.free[:last]
	}
	s.mutex.Unlock()
	if m == nil {
		m = &scratch{}
	}
	if len(m.data) < n {
		m.data = nil // release it before the next allocation
		m.data = Alloc(n)
	}
	m.lent = true
	return m
}

func shelfOf(n int) int { return bits.Len(uint(n)) / shelfBits }

// doubles returns the memory as float64.
func (m *scratch) doubles() []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(m.data))), len(m.data)/2)
}

// release returns the memory to its shelf.
func (m *scratch) release() {
	if !m.lent {
		panic("kernel: scratch is released twice")
	}
	m.lent = false
	s := &shelves[shelfOf(len(m.data))]
	s.mutex.Lock()
	s.free = append(s.free, m)
	s.mutex.Unlock()
}

// users counts the calls of Use whose done has not been called.
var users struct {
	mutex sync.Mutex
	n     int
}

// Use keeps the kernels' scratch between calls until done is called. The last call of done
// releases the scratch.
func Use() (done func()) {
	users.mutex.Lock()
	users.n++
	users.mutex.Unlock()
	return sync.OnceFunc(func() {
		users.mutex.Lock()
		defer users.mutex.Unlock()
		if users.n--; users.n > 0 {
			return
		}
		for i := range shelves {
			s := &shelves[i]
			s.mutex.Lock()
			s.free = nil
			s.mutex.Unlock()
		}
	})
}

// words returns the memory as uint64.
func (m *scratch) words() []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(m.data))), len(m.data)/2)
}
