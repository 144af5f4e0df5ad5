// Package status tells how sweeps stand from nothing but their result
// directories, so that it does not matter which process, or which machine, is at
// work on them.
package status

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

// Board is how an experiment stands.
type Board struct {
	Name     string
	Runs     []Run // in the plan's order
	Warnings []string
	Left     time.Duration // until all runs are over; negative while there is nothing to go by
}

// Run is how a run stands.
type Run struct {
	Name    string
	Status  result.Status
	Quiet   time.Duration // since a run at work has written anything; 0 otherwise
	Step    int
	Planned int           // 0 while unknown
	Loss    float64       // NaN while unknown
	Rate    float64       // steps a second of the last ones; NaN while unknown
	Left    time.Duration // negative while unknown
	Note    string        // why it failed
}

// recent is over how many logged steps a rate is taken.
const recent = 20

// Read looks at an experiment's directory. The experiment as it was read comes
// back too: given to the next call, it saves reading published runs again, which
// never change.
func Read(dir string, before *result.Experiment, now time.Time) (*Board, *result.Experiment, error) {
	e, err := result.OpenAgain(dir, before)
	if err != nil {
		return nil, nil, err
	}
	b := &Board{Name: e.Plan.Experiment, Warnings: e.Warnings}
	for _, s := range e.Runs {
		b.Runs = append(b.Runs, read(e, s, now))
	}
	b.estimate()
	return b, e, nil
}

func read(e *result.Experiment, s result.RunState, now time.Time) Run {
	r := Run{Name: s.Name, Status: s.Status, Loss: math.NaN(), Rate: math.NaN(), Left: -1}
	if s.Run == nil {
		return r
	}
	r.Step, r.Planned, r.Loss = s.Run.Steps, s.Run.Planned, float64(s.Run.Total)
	if s.Run.Failure != nil {
		r.Note = s.Run.Failure.Error
	}
	if !s.Status.Over() { // its tables are newer than its record
		if steps := s.Metrics.Column(result.ColumnStep); len(steps) > 0 {
			r.Step = int(steps[len(steps)-1]) + 1
		}
		if total := s.Metrics.Column(result.ColumnTotal); len(total) > 0 {
			r.Loss = total[len(total)-1]
		}
	}
	r.Rate = rate(s.Times)
	if s.Status != result.Running {
		return r
	}
	if last := touched(filepath.Join(e.Dir, s.Dir)); !last.IsZero() {
		r.Quiet = max(0, now.Sub(last))
	}
	if r.Rate > 0 {
		r.Left = time.Duration(float64(max(0, r.Planned-r.Step)) / r.Rate * float64(time.Second))
	}
	return r
}

// rate is steps a second over the last rows of times.csv.
func rate(times *result.Metrics) float64 {
	steps, seconds := times.Column(result.ColumnStep), times.Column(result.ColumnSeconds)
	n := min(len(steps), len(seconds))
	if n < 2 {
		return math.NaN()
	}
	from := max(0, n-1-recent)
	took := seconds[n-1] - seconds[from]
	if !(took > 0) {
		return math.NaN()
	}
	return (steps[n-1] - steps[from]) / took
}

// touched is when anything in a run's directory was last written.
func touched(dir string) (last time.Time) {
	for _, name := range []string{result.MetricsFile, result.TimesFile, result.CheckpointFile, result.RunFile, result.LogFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last
}

// estimate says how long it is to the end of all runs, as if those at work now
// went on side by side: what is left of steps, each at its run's rate or, before
// that is known, at the others' median.
func (b *Board) estimate() {
	var seconds, planned []float64
	working := 0
	for _, r := range b.Runs {
		if r.Rate > 0 {
			seconds = append(seconds, 1/r.Rate)
		}
		if r.Planned > 0 {
			planned = append(planned, float64(r.Planned))
		}
		if r.Status == result.Running {
			working++
		}
	}
	b.Left = -1
	if working == 0 || len(seconds) == 0 {
		return
	}
	left, longest := 0.0, 0.0
	for _, r := range b.Runs {
		if r.Status.Over() {
			continue
		}
		each, steps := median(seconds), float64(r.Planned)
		if r.Rate > 0 {
			each = 1 / r.Rate
		}
		if steps == 0 {
			steps = median(planned)
		}
		own := max(0, steps-float64(r.Step)) * each
		left, longest = left+own, max(longest, own)
	}
	b.Left = time.Duration(max(left/float64(working), longest) * float64(time.Second))
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// Over reports whether nothing more will come of any run.
func (b *Board) Over() bool {
	return !slices.ContainsFunc(b.Runs, func(r Run) bool { return !r.Status.Over() })
}

// Done is the share of all steps that are made, in [0,1]; a run whose steps are
// not known counts like the others' median.
func (b *Board) Done() float64 {
	var planned []float64
	for _, r := range b.Runs {
		if r.Planned > 0 {
			planned = append(planned, float64(r.Planned))
		}
	}
	if len(planned) == 0 {
		return 0
	}
	made, all := 0.0, 0.0
	for _, r := range b.Runs {
		steps := float64(r.Planned)
		if steps == 0 {
			steps = median(planned)
		}
		all += steps
		if r.Status.Over() {
			made += steps
		} else {
			made += min(float64(r.Step), steps)
		}
	}
	return made / all
}

// Summary says it in a line: "quickstart: 2 of 6 runs done, 2 running, 41 %, about 30 s left".
func (b *Board) Summary() string {
	count := map[result.Status]int{}
	for _, r := range b.Runs {
		count[r.Status]++
	}
	parts := []string{fmt.Sprintf("%d of %d runs done", count[result.Done], len(b.Runs))}
	for _, state := range []result.Status{result.Running, result.Killed, result.Interrupted, result.Failed, result.Damaged, result.Waiting} {
		if n := count[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	if !b.Over() {
		parts = append(parts, fmt.Sprintf("%.0f %%", math.Floor(100*b.Done())))
		if b.Left >= 0 {
			parts = append(parts, "about "+Span(b.Left)+" left")
		}
	}
	return b.Name + ": " + strings.Join(parts, ", ")
}
