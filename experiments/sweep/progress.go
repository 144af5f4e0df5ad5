package sweep

import (
	"math"
	"time"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/plan"
)

// A Phase is how far a sweep has got with one of its runs.
type Phase uint8

const (
	Pending     Phase = iota // its turn has not come
	Active                   // being made here
	Elsewhere                // another process works on it
	Finished                 // published as done
	Diverged                 // published as failed: the same again would fail again
	Failed                   // could not be made here and now (no image, disk full): asked again, it is tried again
	Interrupted              // stopped and saved: asked again, it continues
)

var phaseNames = [...]string{"pending", "active", "elsewhere", "done", "diverged", "failed", "interrupted"}

func (p Phase) String() string { return phaseNames[p] }

// over reports whether nothing more will come of the run in this sweep.
func (p Phase) over() bool { return p >= Finished }

// RunProgress is how a sweep stands with one run.
type RunProgress struct {
	Name   string
	Phase  Phase
	Before bool    // it was over before this sweep began
	First  int     // the step at which this sweep took it up
	Step   int     // the last step logged
	Steps  int     // all that it will make
	Work   float64 // cost of a step relative to other runs' steps: the pixels of its image
	Loss   float64 // total loss at Step; NaN while unknown
	Began  time.Time
	Ended  time.Time
	Note   string // why it failed, or who works on it
}

// Progress is how a sweep stands: a record of the moment, free to keep.
type Progress struct {
	Began time.Time
	Now   time.Time
	Runs  []RunProgress // in the plan's order
	// Division is how the cores are shared out; zero until that is decided, and where
	// somebody else's launcher makes the runs.
	Division launch.Division
}

// Count tells how many runs are in any of these phases.
func (p Progress) Count(phases ...Phase) int {
	n := 0
	for _, r := range p.Runs {
		for _, q := range phases {
			if r.Phase == q {
				n++
			}
		}
	}
	return n
}

// Done is the share of the sweep's work that is over, in [0,1].
func (p Progress) Done() float64 {
	var all, done float64
	for _, r := range p.Runs {
		all += r.total()
		done += r.made()
	}
	if all == 0 {
		return 1
	}
	return done / all
}

// Left estimates the time to the end from what this sweep has made so far;
// ok is false while there is nothing to go by.
func (p Progress) Left() (left time.Duration, ok bool) {
	var made, todo float64
	for _, r := range p.Runs {
		todo += r.total() - r.made()
		if !r.Before && r.Phase != Elsewhere {
			made += max(0, r.made()-r.Work*float64(r.First))
		}
	}
	if made <= 0 || p.Now.Sub(p.Began) < 500*time.Millisecond {
		return 0, false
	}
	return time.Duration(float64(p.Now.Sub(p.Began)) * todo / made), true
}

func (r RunProgress) total() float64 { return r.Work * float64(r.Steps) }

func (r RunProgress) made() float64 {
	if r.Phase.over() && r.Phase != Interrupted {
		return r.total()
	}
	return r.Work * float64(min(r.Step, r.Steps))
}

// HasLoss reports whether the loss is known.
func (r RunProgress) HasLoss() bool { return !math.IsNaN(r.Loss) }

// progressOf is that of a run of which nothing is known.
func progressOf(r plan.Run) RunProgress {
	return RunProgress{Name: r.Name, Steps: r.Config.Run.Steps, Work: launch.Work(r.Config), Loss: math.NaN()}
}
