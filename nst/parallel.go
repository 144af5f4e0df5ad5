package nst

import (
	"runtime"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Parallel distributes independent work over the threads of a run. A result must not
// depend on the number of threads: split sums by the shape of the data alone, and add
// the parts in order.
type Parallel interface {
	// Each calls f(0) … f(n-1), once for every index, and returns when all calls have
	// returned. Calls run concurrently and in any order, so each call must write to its
	// own memory. If a call panics, Each panics with the same value.
	Each(n int, f func(i int))
	// Threads returns the number of calls that run at the same time, 1 or more.
	Threads() int
}

var _ Parallel = kernel.Workers(1)

// workers returns the number of threads; 0 gives all processors.
func workers(threads int) kernel.Workers {
	if threads < 1 {
		return kernel.Workers(runtime.GOMAXPROCS(0))
	}
	return kernel.Workers(threads)
}
