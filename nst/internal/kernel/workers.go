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
	j := jobs.Get().(*job)
	j.n, j.f = n, f
	j.next.Store(0)
	j.wg.Add(g - 1)
	for range g - 1 {
		go j.help()
	}
	j.work()
	j.wg.Wait()
	cause := j.cause
	j.f, j.cause = nil, nil
	jobs.Put(j)
	if cause != nil {
		panic(cause)
	}
}

// job is a call of Each. Jobs are used again.
type job struct {
	n     int
	f     func(i int)
	next  atomic.Int64 // beyond n once a call has panicked
	mutex sync.Mutex
	cause any
	wg    sync.WaitGroup
}

var jobs = sync.Pool{New: func() any { return new(job) }}

func (j *job) help() {
	defer j.wg.Done()
	j.work()
}

func (j *job) work() {
	defer func() {
		if r := recover(); r != nil {
			j.next.Store(int64(j.n))
			j.mutex.Lock()
			defer j.mutex.Unlock()
			if j.cause == nil {
				j.cause = r
			}
		}
	}()
	for {
		i := int(j.next.Add(1)) - 1
		if i >= j.n {
			return
		}
		j.f(i)
	}
}
