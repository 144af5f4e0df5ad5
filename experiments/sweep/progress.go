package sweep

import (
	"math"
	"time"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/plan"
)

// A Phase is the phase of a run in a sweep. Its words mean the same as in result.Status,
// which is what the files of a run say. A sweep distinguishes more: which process makes a
// run, and a failure that is recorded, which would occur every time, from one that is not.
type Phase uint8

const (
	Waiting     Phase = iota // not started
	Running                  // made by this sweep
	Elsewhere                // made by another process
	Paused                   // saved at a rung of pruning, where it is judged
	Done                     // published as done
	Pruned                   // published: a rule has stopped it early
	Failed                   // published as failed: it would fail again
	Blocked                  // not made on this machine (no image, disk full): the next sweep tries it again
	Interrupted              // stopped and saved: the next sweep continues it
)

var phaseNames = [...]string{"waiting", "running", "elsewhere", "paused", "done", "stopped", "failed", "blocked", "interrupted"}

func (p Phase) String() string { return phaseNames[p] }

// over reports whether the run has ended in this sweep.
func (p Phase) over() bool { return p >= Done }

// RunProgress is the progress of one run.
type RunProgress struct {
	Name    string
	Phase   Phase
	Before  bool    // it had ended before this sweep began
	First   int     // the step at which this sweep began or continued it
	Step    int     // the last step logged
	Steps   int     // number of all its steps
	Work    float64 // relative cost of a step: the pixels of its image
	Loss    float64 // total loss at Step; NaN while unknown
	Seconds float64 // that its steps took, of a published run
	Began   time.Time
	Ended   time.Time
	Note    string // why it failed, or which process makes it
}

// Progress is the progress of a sweep. It is a copy that the caller may keep.
type Progress struct {
	Began time.Time
	Now   time.Time
	Runs  []RunProgress // in the plan's order
	// Planned is the number of runs in the end: more than Runs during a search, and 0 if
	// its budget is a time.
	Planned  int
	Standing string // what is known of the objective, in words; empty without one
	Lacks    int    // pictures that people must judge before a search goes on
	// Division is how the cores are divided. It is zero until this is decided, and if
	// another launcher makes the runs.
	Division launch.Division
}

// Count returns the number of runs in any of these phases.
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

// Done returns the share of the sweep's work that is done, in [0,1].
func (p Progress) Done() float64 {
	var all, done float64
	for _, r := range p.Runs {
		all += r.total()
		done += r.made()
	}
	all += p.toCome()
	if all == 0 {
		return 1
	}
	return done / all
}

// Left estimates the remaining time from the steps that this sweep has made; ok is
// false before the first ones and after the last.
func (p Progress) Left() (left time.Duration, ok bool) {
	var made float64
	todo := p.toCome()
	for _, r := range p.Runs {
		todo += r.total() - r.made()
		if !r.Before && r.Phase != Elsewhere {
			made += max(0, r.made()-r.Work*float64(r.First))
		}
	}
	if made <= 0 || todo <= 0 || p.Now.Sub(p.Began) < 500*time.Millisecond {
		return 0, false
	}
	return time.Duration(float64(p.Now.Sub(p.Began)) * todo / made), true
}

// toCome is the work of the trials that a search has not chosen yet, by the mean of the
// others.
func (p Progress) toCome() float64 {
	all := 0.0
	for _, r := range p.Runs {
		all += r.total()
	}
	if len(p.Runs) == 0 {
		return 0
	}
	return all / float64(len(p.Runs)) * float64(max(0, p.Planned-len(p.Runs)))
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

// progressOf returns the progress of a run before anything is known.
func progressOf(r plan.Run) RunProgress {
	return RunProgress{Name: r.Name, Steps: r.Config.Steps(), Work: launch.Work(r.Config), Loss: math.NaN()}
}
