package kernel

import (
	"sync"
	"sync/atomic"
)

// Workers is the number of goroutines that a kernel may use. Values below one
// count as one. Results never depend on it.
type Workers int

// Each calls f(0) … f(n-1), every index once, from at most w goroutines, and
// returns when all calls have. The calls come in no particular order, so each
// must write to places of its own. If a call panics, no new ones are started
// and the first panic is raised again on the caller's goroutine.
func (w Workers) Each(n int, f func(i int)) {
	if n <= 0 {
		return
	}
	g := min(max(int(w), 1), n)
	if g == 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var (
		next   atomic.Int64
		failed atomic.Bool
		once   sync.Once
		cause  any
		wg     sync.WaitGroup
	)
	work := func() {
		defer wg.Done()
		defer func() {
			if r := recover(); r != nil {
				failed.Store(true)
				once.Do(func() { cause = r })
			}
		}()
		for !failed.Load() {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			f(i)
		}
	}
	wg.Add(g)
	for range g - 1 {
		go work()
	}
	work()
	wg.Wait()
	if cause != nil {
		panic(cause)
	}
}
