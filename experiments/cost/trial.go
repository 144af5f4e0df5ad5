// Package cost measures what runs cost: a trial of a few steps estimates time and
// memory of a planned run, and a benchmark times whole iterations.
package cost

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/memory"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// An Estimate is what a run costs, as a short trial measured it.
type Estimate struct {
	Setup  time.Duration // loading, building, the targets' features; and measuring the picture at the end
	Step   time.Duration // one step
	Memory uint64        // bytes at the peak
}

// Whole returns the time of a run with so many steps.
func (e Estimate) Whole(steps int) time.Duration {
	return e.Setup + time.Duration(steps)*e.Step
}

// A Trial measures runs by making a few of their steps, and stores its results. Runs
// that differ only in things that cost no time are measured once.
type Trial struct {
	Threads int           // of a run; 0: all cores
	Steps   int           // maximum; default 4
	Budget  time.Duration // for the steps of one trial, not counting the first; default 2 s
	known   map[string]Estimate
}

// Measure returns the cost of a run. It writes nothing.
func (t *Trial) Measure(ctx context.Context, r plan.Run) (Estimate, error) {
	k := engine.CostKey(r.Config)
	if e, ok := t.known[k]; ok {
		return e, nil
	}
	e, err := t.stages(ctx, r.Config)
	if err != nil {
		return e, fmt.Errorf("%w (in a trial of %s)", err, r.Name)
	}
	if t.known == nil {
		t.known = map[string]Estimate{}
	}
	t.known[k] = e
	return e, nil
}

// stages measures each stage by itself. Step is the mean over all steps.
func (t *Trial) stages(ctx context.Context, c *config.Config) (Estimate, error) {
	if !c.Staged() {
		return t.measure(ctx, c)
	}
	var whole Estimate
	var spent time.Duration
	list := c.StageList()
	for i, s := range list {
		stage := c.AtStage(i)
		stage.Log.Measures = c.Log.Measures && i == len(list)-1
		e, err := t.measure(ctx, stage)
		if err != nil {
			return e, err
		}
		whole.Setup += e.Setup
		whole.Memory = max(whole.Memory, e.Memory)
		spent += time.Duration(s.Steps) * e.Step
	}
	whole.Step = spent / time.Duration(c.Steps())
	return whole, nil
}

func (t *Trial) measure(ctx context.Context, c *config.Config) (Estimate, error) {
	steps, budget := t.Steps, t.Budget
	if steps == 0 {
		steps = 4
	}
	if budget == 0 {
		budget = 2 * time.Second
	}
	bound, _ := c.Run.Memory.Bound()
	defer nst.LimitMemory(bound)()
	debug.FreeOSMemory()
	before := memory.ResidentBytes()
	measured := before > 0
	peakOf := func() uint64 { return 0 }
	if !measured { // first the heap, then the maps, which are not on the heap
		before = memory.HeapBytes()
	} else if memory.ForgetPeak() {
		peakOf = memory.PeakBytes
	} else {
		peakOf = memory.WatchResident()
		defer peakOf()
	}
	peak := before
	began := time.Now()
	transfer, err := engine.Build(ctx, c, t.Threads, nil)
	if err != nil {
		return Estimate{}, err
	}
	transfer.Every, transfer.Steps = 1, min(steps, max(1, c.Run.Steps))
	ruler, err := engine.NewRuler(ctx, c, transfer.Network, t.Threads, transfer.Memory, nil)
	if err != nil {
		return Estimate{}, err
	}
	var first, last time.Time
	seen := 0
	result, err := transfer.Run(ctx, nst.ObserverFunc(func(s *nst.Step) error {
		now := time.Now()
		peak = max(peak, memory.HeapBytes())
		if s.Step >= transfer.Steps {
			return nil // the measurement of the result
		}
		if seen++; seen == 1 {
			if c.Log.Yardstick > 0 && ruler.Ruler != nil {
				if _, err := ruler.Row(ctx, 0, s.Image()); err != nil {
					return err
				}
			}
			first = time.Now()
			last = first
			return nil
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
	// The first step allocates the buffers. The other steps give the time per step.
	e := Estimate{}
	if seen > 1 {
		e.Step = last.Sub(first) / time.Duration(seen-1)
		e.Setup = max(0, first.Sub(began)-e.Step)
	} else {
		e.Step = time.Since(began)
	}
	if c.Log.Measures {
		began := time.Now()
		pictures, err := engine.LoadPictures(c)
		if err == nil {
			_, err = engine.Measure(ctx, c, engine.ScalesOf(transfer, pictures), ruler, result.Image, result.Steps)
		}
		if err != nil {
			return Estimate{}, err
		}
		e.Setup += time.Since(began)
	}
	if measured {
		peak = peakOf()
	}
	e.Memory = memory.IdleBytes + peak - min(peak, before)
	if !measured {
		e.Memory += uint64(result.MapBytes)
	}
	// An optimiser may fill a history as it proceeds.
	vector := uint64(4 * 3 * transfer.Width * transfer.Height)
	o := c.Optimizer.Options
	e.Memory += vector * uint64(max(0, o.Vectors(c.Run.Steps-1)-o.Vectors(seen-1)))
	return e, nil
}
