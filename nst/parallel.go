package nst

import (
	"runtime"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Parallel shares out independent pieces of work among the threads of a run. A
// result must not depend on how many there are: cut sums by the shape of the data
// alone, and add their parts in order.
type Parallel interface {
	// Each calls f(0) … f(n-1), every index once, and returns when all calls have
	// returned. Calls run at the same time and in any order, so each writes to places
	// of its own. A panic of a call is raised again on the caller's goroutine.
	Each(n int, f func(i int))
	// Threads is how many calls run at the same time, 1 or more.
	Threads() int
}

var _ Parallel = kernel.Workers(1)

// workers are so many threads, all processors for 0.
func workers(threads int) kernel.Workers {
	if threads < 1 {
		return kernel.Workers(runtime.GOMAXPROCS(0))
	}
	return kernel.Workers(threads)
}
