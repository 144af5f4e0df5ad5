package launch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/memory"
	"github.com/gonst/workbench/nst"
)

// It depends on the processor's caches and memory, on the network and on the size whether
// n runs with one thread each are faster than one run with n threads. A long sweep
// therefore measures both before it begins. Where the filters of deep convolutions have many
// more values than their maps, runs of the same network compute these convolutions together
// (kernel.Meeting), and two runs a core can be faster than one.

// Division is how a process divides its cores among runs.
type Division struct {
	Jobs    int    // runs at the same time
	Threads int    // of each
	Why     string // what was measured, in words; empty if nothing was
}

// worthTrying is the least work, in pixels times steps, of a sweep that measures: some
// minutes on a laptop, while the trial takes seconds.
var worthTrying = 2e8

// Divide returns the division for these runs. It measures if the options do not state it
// and there is enough work. It ignores errors, because the run will report them.
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
		work += Work(c) * float64(c.Steps())
		if Work(c) > Work(costly) {
			costly = c
		}
	}
	if work < worthTrying {
		return d
	}
	choices := []Division{{Jobs: 1, Threads: cores}, {Jobs: most, Threads: max(1, cores/most)}}
	if twice := mostJobs(runs, 2*cores, memory.AvailableMemory()); Small(runs) && twice == 2*cores {
		choices = append(choices, Division{Jobs: twice, Threads: 1})
	}
	return fastest(choices, func(c Division) (time.Duration, error) { return stepTime(ctx, costly, c.Jobs, c.Threads) }, d)
}

// fastest returns the choice that makes most steps in the same time, and otherwise if one
// cannot be measured.
func fastest(choices []Division, measure func(Division) (time.Duration, error), otherwise Division) Division {
	var best Division
	var least time.Duration
	var said []string
	for i, c := range choices {
		step, err := measure(c)
		if err != nil {
			return otherwise
		}
		said = append(said, fmt.Sprintf("%.3g s with %s", step.Seconds(), c))
		if step /= time.Duration(c.Jobs); i == 0 || step < least {
			best, least = c, step
		}
	}
	best.Why = "measured: a step takes " + strings.Join(said, ", ")
	return best
}

func (d Division) String() string {
	if d.Jobs == 1 {
		return "one run on " + threads(d.Threads)
	}
	return fmt.Sprintf("%d runs on %s each", d.Jobs, threads(d.Threads))
}

func threads(n int) string {
	if n == 1 {
		return "one thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// stepTime measures a step of several runs of one configuration at the same time.
func stepTime(ctx context.Context, c *config.Config, jobs, threads int) (time.Duration, error) {
	const steps = 3 // after the first, which allocates buffers
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
			defer ready() // a failed run must not block the others
			t, err := engine.Build(ctx, c, threads, n)
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
		if d == 0 { // for example converged
			failed = append(failed, errors.New("a trial ended early"))
		}
		longest = max(longest, d)
	}
	return longest, errors.Join(failed...)
}
