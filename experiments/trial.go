package experiments

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gonst/workbench/nst"
)

// An Estimate is what a run costs, as a short trial measured it.
type Estimate struct {
	Setup  time.Duration // loading, building, the targets' features
	Step   time.Duration // one step
	Memory uint64        // bytes at the peak
}

// Whole is the time of a run of so many steps.
func (e Estimate) Whole(steps int) time.Duration {
	return e.Setup + time.Duration(steps)*e.Step
}

// A Trial measures runs by making a few of their steps, and remembers what it
// has measured: runs that differ in nothing that costs time are tried once.
type Trial struct {
	Threads int           // of a run; 0: all cores
	Steps   int           // at most; default 4
	Budget  time.Duration // for the steps of one trial, not counting the first; default 2 s
	known   map[string]Estimate
}

// Measure gives the cost of a run. Nothing is written.
func (t *Trial) Measure(ctx context.Context, r PlannedRun) (Estimate, error) {
	key := r.Config.cost()
	if e, ok := t.known[key]; ok {
		return e, nil
	}
	e, err := t.measure(ctx, r.Config)
	if err != nil {
		return e, fmt.Errorf("experiments: trial of %s: %w", r.Name, err)
	}
	if t.known == nil {
		t.known = map[string]Estimate{}
	}
	t.known[key] = e
	return e, nil
}

func (t *Trial) measure(ctx context.Context, c *Config) (Estimate, error) {
	steps, budget := t.Steps, t.Budget
	if steps == 0 {
		steps = 4
	}
	if budget == 0 {
		budget = 2 * time.Second
	}
	debug.FreeOSMemory()
	before := heap()
	peak := before
	began := time.Now()
	transfer, err := c.Build(t.Threads)
	if err != nil {
		return Estimate{}, err
	}
	transfer.Every, transfer.Steps = 1, min(steps, max(1, c.Run.Steps))
	var first, last time.Time
	seen := 0
	_, err = transfer.Run(ctx, nst.ObserverFunc(func(s *nst.Step) error {
		now := time.Now()
		peak = max(peak, heap())
		if s.Step >= transfer.Steps {
			return nil // the look at the result
		}
		if seen++; seen == 1 {
			first = now
		}
		last = now
		if now.Sub(first) > budget {
			return nst.ErrStop
		}
		return nil
	}))
	if err != nil {
		return Estimate{}, err
	}
	// The first step brings buffers into being; the others tell what a step takes.
	e := Estimate{Memory: peak - before}
	if seen > 1 {
		e.Step = last.Sub(first) / time.Duration(seen-1)
		e.Setup = max(0, first.Sub(began)-e.Step)
	} else {
		e.Step = time.Since(began)
	}
	// L-BFGS fills its history as it goes, with two vectors a step.
	if more := c.Optimizer.History - seen; more > 0 {
		e.Memory += uint64(2 * more * 4 * 3 * transfer.Width * transfer.Height)
	}
	return e, nil
}

// heap is the memory that the process holds, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// cost is the same for configurations whose steps take the same time.
func (c *Config) cost() string {
	losses := make([]Loss, len(c.Losses))
	copy(losses, c.Losses)
	for i := range losses {
		losses[i].Weight, losses[i].Maximize = 0, false
	}
	o := c.Optimizer
	return fmt.Sprintf("%v %v %v %v %v %v", c.Images, c.Network, losses, o.Kind, o.History, o.LineSearch)
}
