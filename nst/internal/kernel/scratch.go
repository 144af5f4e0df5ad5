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
	lent bool
}

// shelves keep scratch that nobody uses, by size: one holds what is up to eight
// times as large as its smallest. Unlike a sync.Pool they forget nothing at a
// garbage collection, so that a steady iteration allocates nothing; they are
// emptied when the last user of the kernels is done (see Use).
var shelves [64/shelfBits + 1]shelf

const shelfBits = 3

type shelf struct {
	mutex sync.Mutex
	free  []*scratch
}

// borrow lends at least n values, 64-byte aligned, content undefined, until
// release is called.
func borrow(n int) *scratch {
	n = max(n, 64)
	s := &shelves[shelfOf(n)]
	s.mutex.Lock()
	// The smallest that is large enough, or else the largest, which is replaced by
	// one that is: there never come to be more than are lent at a time.
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
		m.data = nil // before there is another
		m.data = Alloc(n)
	}
	m.lent = true
	return m
}

func shelfOf(n int) int { return bits.Len(uint(n)) / shelfBits }

// doubles is the memory as float64.
func (m *scratch) doubles() []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(m.data))), len(m.data)/2)
}

// release gives the memory back.
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

// users counts who has called Use and is not done.
var users struct {
	mutex sync.Mutex
	n     int
}

// Use says that kernels are going to be called for some time, and returns the
// function that says that the time is over. When nobody uses the kernels any more,
// their scratch is let go.
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

// Idle is how many bytes of scratch nobody uses at the moment.
func Idle() int64 {
	var n int64
	for i := range shelves {
		s := &shelves[i]
		s.mutex.Lock()
		for _, m := range s.free {
			n += 4 * int64(len(m.data))
		}
		s.mutex.Unlock()
	}
	return n
}
