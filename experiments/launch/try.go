package launch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/memory"
	"github.com/gonst/workbench/nst"
)

// Whether n runs with one thread each or one run with n threads gets more done depends
// on the processor's caches and memory, on the network and on the size: a sweep that is
// long enough tries both before it begins.

// Division is how a process shares its cores out among runs.
type Division struct {
	Jobs    int    // runs at a time
	Threads int    // of each
	Why     string // what was measured, in words; empty where nothing was
}

// worthTrying is the work, in pixels times steps, from which on a sweep tries: some
// minutes on a laptop, of which the trial takes seconds.
var worthTrying = 2e8

// Divide is the division for these runs. Where the options leave it open and there is
// enough to do, it is measured. What goes wrong then goes wrong again, and is told, in the run.
func Divide(ctx context.Context, runs []*config.Config, jobs, threads int) Division {
	var d Division
	d.Jobs, d.Threads = Parallel(runs, jobs, threads)
	cores := runtime.GOMAXPROCS(0)
	most := mostJobs(runs, cores, memory.AvailableMemory())
	if jobs > 0 || threads > 0 || most < 2 {
		return d
	}
	work, costly := 0.0, runs[0]
	for _, c := range runs {
		work += Work(c) * float64(c.Run.Steps)
		if Work(c) > Work(costly) {
			costly = c
		}
	}
	if work < worthTrying {
		return d
	}
	one, err := stepTime(ctx, costly, 1, cores)
	if err != nil {
		return d
	}
	several, err := stepTime(ctx, costly, most, max(1, cores/most))
	if err != nil {
		return d
	}
	d.Jobs, d.Threads = 1, cores
	if several/time.Duration(most) < one {
		d.Jobs, d.Threads = most, max(1, cores/most)
	}
	d.Why = fmt.Sprintf("measured: a step takes %.3g s with one run on %d threads, and %.3g s with %d runs on one thread each", one.Seconds(), cores, several.Seconds(), most)
	return d
}

// stepTime measures a step of runs of one configuration, so many of them at a time.
func stepTime(ctx context.Context, c *config.Config, jobs, threads int) (time.Duration, error) {
	const steps = 3 // after the first, which brings buffers into being
	n := engine.NewNetworks([]*config.Config{c})
	defer n.Done(c)
	var warm, done sync.WaitGroup
	warm.Add(jobs)
	took, failed := make([]time.Duration, jobs), make([]error, jobs)
	for i := range jobs {
		done.Add(1)
		go func() {
			defer done.Done()
			ready := sync.OnceFunc(warm.Done)
			defer ready() // nobody waits for one that has failed
			t, err := engine.Build(c, ctx, threads, n)
			if err != nil {
				failed[i] = err
				return
			}
			t.Every, t.Steps = 1, steps+1
			var began time.Time
			_, failed[i] = t.Run(ctx, nst.ObserverFunc(func(s *nst.Step) error {
				switch s.Step {
				case 0:
					ready()
					warm.Wait()
					began = time.Now()
				case steps:
					took[i] = time.Since(began) / steps
					return nst.ErrStop
				}
				return nil
			}))
		}()
	}
	done.Wait()
	longest := time.Duration(0)
	for _, d := range took {
		if d == 0 { // converged, say
			failed = append(failed, errors.New("a trial ended early"))
		}
		longest = max(longest, d)
	}
	return longest, errors.Join(failed...)
}
