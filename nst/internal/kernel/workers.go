package kernel

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Workers is the number of goroutines that a kernel may use. Values below one count as one.
// Results never depend on it.
type Workers int

// Threads returns the number of goroutines, 1 or more.
func (w Workers) Threads() int { return max(int(w), 1) }

// Each calls f(0) … f(n-1), once for every index, from at most w goroutines, and returns
// when all calls have returned. Calls run in any order, so each call must write to its own
// memory. When Each returns, all goroutines see what the calls have written, including
// stores past the caches. If a call panics, Each starts no new calls and panics with the
// value of the first panic.
func (w Workers) Each(n int, f func(i int)) {
	if n <= 0 {
		return
	}
	g := min(w.Threads(), n)
	if g == 1 {
		for i := range n {
			f(i)
		}
		simd.Settle()
		return
	}
	j := jobs.Get().(*job)
	j.n, j.f = n, f
	j.grab = max(1, int64(n/(g*grabs)))
	j.next.Store(0)
	j.helpers.Store(int64(g - 1))
	for range g - 1 {
		if h := helper(); h != nil {
			h.job.Store(j)
		} else {
			go new(waiting).help(j)
		}
	}
	j.work()
	for i := 0; i < patience && len(j.done) == 0; i++ {
		runtime.Gosched()
	}
	<-j.done
	cause := j.cause
	j.f, j.cause = nil, nil
	jobs.Put(j)
	if cause != nil {
		panic(cause)
	}
}

// job is a call of Each. Jobs are reused.
type job struct {
	n       int
	f       func(i int)
	grab    int64        // number of indices that are taken at a time
	next    atomic.Int64 // above n after a call has panicked
	mutex   sync.Mutex
	cause   any
	helpers atomic.Int64  // helpers that have not finished
	done    chan struct{} // signalled by the last helper
}

var jobs = sync.Pool{New: func() any { return &job{done: make(chan struct{}, 1)} }}

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
		i := int(j.next.Add(j.grab)) - int(j.grab)
		if i >= j.n {
			simd.Settle()
			return
		}
		for end := min(i+int(j.grab), j.n); i < end; i++ {
			j.f(i)
		}
	}
}

// grabs is the number of times that each helper takes indices: few enough to avoid contention
// for the counter, and enough for all helpers to end at about the same time.
const grabs = 64

// patience is the number of times that a helper looks for another job before it ends. The
// next kernel follows within microseconds, which is too short to put a thread to sleep and
// wake it.
const patience = 1000

// waiting is a helper that waits for a job.
type waiting struct{ job atomic.Pointer[job] }

// bench holds the waiting helpers.
var bench struct {
	mutex   sync.Mutex
	helpers []*waiting
}

// helper takes a waiting helper from the bench; nil if there is none. The helper waits for its job.
func helper() *waiting {
	bench.mutex.Lock()
	defer bench.mutex.Unlock()
	last := len(bench.helpers) - 1
	if last < 0 {
		return nil
	}
	h := bench.helpers[last]
	bench.helpers = bench.helpers[:last]
	return h
}

// leave removes h from the bench and reports whether it was there.
func (h *waiting) leave() bool {
	bench.mutex.Lock()
	defer bench.mutex.Unlock()
	i := slices.Index(bench.helpers, h)
	if i < 0 {
		return false
	}
	bench.helpers = slices.Delete(bench.helpers, i, i+1)
	return true
}

// help works on j and on the jobs that follow soon.
func (h *waiting) help(j *job) {
	for {
		j.work()
		h.job.Store(nil)
		last := j.helpers.Add(-1) == 0
		bench.mutex.Lock()
		bench.helpers = append(bench.helpers, h)
		bench.mutex.Unlock()
		if last {
			j.done <- struct{}{}
		}
		for i := 0; h.job.Load() == nil; i++ {
			if i >= patience && h.leave() {
				return
			}
			runtime.Gosched()
		}
		j = h.job.Load()
	}
}

// large is the number of values from which a map does not stay in a core's cache until it
// is read. Such a map is written past the caches, and Each waits once for these stores.
const large = 1 << 20
