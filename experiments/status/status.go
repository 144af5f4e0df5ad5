// Package status shows the progress of sweeps from their result directories alone, so
// any process on any machine may make the runs.
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
	"github.com/gonst/workbench/experiments/search"
)

// Board is the progress of an experiment.
type Board struct {
	Name     string
	Runs     []Run // in the plan's order
	Warnings []string
	Left     time.Duration // until all runs have ended; negative while unknown
	Standing string        // of a search: how far it is, and its best trial; of another sweep with an objective: its best run
	grows    bool          // a search that goes on: more runs will come
}

// Run is the progress of a run.
type Run struct {
	Name    string
	Label   string // short: as on the page
	Status  result.Status
	Quiet   time.Duration // time since an active run has written anything; 0 otherwise
	Step    int
	Planned int           // 0 while unknown
	Loss    float64       // NaN while unknown
	Rate    float64       // steps per second: of the last rows, or of a run that has ended as a whole; NaN while unknown
	Left    time.Duration // negative while unknown
	Stage   string        // "stage 2 of 3, 384 px"; empty without stages, or if the run is over
	Note    string        // why it failed
	Tags    []string      // what people call it
	Trial   string        // of a search: its number and what chose it: "7 tpe"
}

// recent is the number of logged steps over which a rate is taken.
const recent = 20

// Read reads an experiment's directory. It also returns the experiment: pass it to the
// next call, which then does not read published runs again, because they never change.
func Read(dir string, before *result.Experiment, now time.Time) (*Board, *result.Experiment, error) {
	e, err := result.OpenStates(dir, before)
	if err != nil {
		return nil, nil, err
	}
	b := &Board{Name: e.Plan.Experiment, Warnings: e.Warnings}
	labels := e.Plan.Labels()
	for i, s := range e.Runs {
		r := read(e, s, now)
		r.Label = labels[i]
		if s.Origin != "" {
			r.Trial = fmt.Sprintf("%d %s", i+1, s.Origin)
		}
		b.Runs = append(b.Runs, r)
	}
	b.estimate()
	if err := b.search(e); err != nil {
		b.Warnings = append(b.Warnings, err.Error())
	}
	return b, e, nil
}

// search fills in what concerns a search.
func (b *Board) search(e *result.Experiment) error {
	if e.Plan.Search == nil {
		return nil
	}
	s, trials, err := search.Trials(e)
	if err != nil {
		return err
	}
	b.Standing = s.Standing(trials)
	if b.grows = s.Budget.Trials > len(trials) || s.Budget.Time > 0; b.grows {
		holder, ok := result.ReadHolder(filepath.Join(e.Dir, result.SearchDir))
		b.grows = ok && !holder.Gone()
	}
	return nil
}

func read(e *result.Experiment, s result.RunState, now time.Time) Run {
	r := Run{Name: s.Name, Status: s.Status, Tags: s.Tags, Loss: math.NaN(), Rate: math.NaN(), Left: -1}
	if s.Run == nil {
		return r
	}
	r.Step, r.Planned, r.Loss = s.Run.Steps, s.Run.Planned, float64(s.Run.Total)
	if s.Status == result.Stopped {
		r.Note = "stopped early " + s.Run.Pruned
	}
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
	if !s.Status.Over() {
		r.Stage = s.Run.StageAt(r.Step)
	}
	r.Rate = rate(s.Times)
	if s.Status.Over() && s.Run.Seconds > 0 {
		r.Rate = float64(s.Run.Steps) / s.Run.Seconds
	}
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

// rate returns steps per second over the last rows of times.csv.
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

// touched returns when anything in a run's directory was last written.
func touched(dir string) (last time.Time) {
	for _, name := range []string{result.MetricsFile, result.TimesFile, result.CheckpointFile, result.RunFile, result.LogFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last
}

// estimate returns the time to the end of all runs if the active runs continue at the
// same time. It counts the remaining steps, each at its run's rate or, while that is
// unknown, at the median rate of the others.
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

// Only returns the board of the runs with all of the tags.
func (b *Board) Only(tags []string) *Board {
	if len(tags) == 0 {
		return b
	}
	some := &Board{Name: b.Name + " " + result.TagText(tags), Warnings: b.Warnings}
	for _, r := range b.Runs {
		if !slices.ContainsFunc(tags, func(tag string) bool { return !slices.Contains(r.Tags, tag) }) {
			some.Runs = append(some.Runs, r)
		}
	}
	some.estimate()
	return some
}

// Over reports whether all runs have ended.
func (b *Board) Over() bool {
	return !b.grows && !slices.ContainsFunc(b.Runs, func(r Run) bool { return !r.Status.Over() })
}

// Done returns the share of all steps that are made, in [0,1]. A run with an unknown
// number of steps counts like the median of the others.
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

// Summary returns the progress as one line: "quickstart: 2 of 6 runs done, 2 running, 41 %, about 30 s left".
func (b *Board) Summary() string {
	count := map[result.Status]int{}
	for _, r := range b.Runs {
		count[r.Status]++
	}
	parts := []string{fmt.Sprintf("%d of %d runs done", count[result.Done], len(b.Runs))}
	if n := count[result.Stopped]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d stopped early", n))
	}
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
	if b.Standing != "" {
		parts = append(parts, b.Standing)
	}
	return b.Name + ": " + strings.Join(parts, ", ")
}
