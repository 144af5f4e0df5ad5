package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/vote"
)

// study is an experiment prepared for display: the common data of page, plots and
// summary.
type study struct {
	*result.Experiment
	Experiments []*result.Experiment // one experiment, or several that are shown as one
	Names       []string             // of the experiments, each once
	Varied      []result.Axis        // axes with at least two values among the runs, with only these values
	Runs        []run
	Others      []result.Axis // other keys by which the configurations differ
	Terms       []string      // of any run, in order
	Layers      []string      // the columns "<term>.<layer>" of any run, in order
	Legend      []key         // the meaning of the colours, if they show more than single runs

	ranking vote.Ranking
}

// run is one run prepared for display.
type run struct {
	result.RunState
	Index    int
	Home     *result.Experiment // the experiment of the run
	Settings *settings          // its configuration; nil if there is none
	Label    string             // its values, or its name: distinguishes it from the other runs
	Colour   string             // #rrggbb

	Total, Seconds             float64 // NaN if unknown
	Steps, Planned             int
	Evaluations, Width, Height int
	terms, weights             map[string]float64
}

// key is an entry of a legend.
type key struct{ Label, Colour string }

func newStudy(e *result.Experiment) *study {
	s := &study{Experiment: e, Experiments: []*result.Experiment{e}, Names: []string{e.Plan.Experiment}}
	homes := slices.Repeat([]*result.Experiment{e}, len(e.Runs))
	s.prepare(homes, readAllSettings(homes, e.Runs))
	return s
}

// prepare prepares the runs of one experiment.
func (s *study) prepare(homes []*result.Experiment, settings []*settings) {
	s.Varied = s.Plan.Varied()
	labels := s.Plan.Labels()
	for i, state := range s.Experiment.Runs {
		r := run{RunState: state, Index: i, Home: homes[i], Settings: settings[i], Label: labels[i]}
		r.fill()
		for _, t := range r.Metrics.Terms() {
			if !slices.Contains(s.Terms, t) {
				s.Terms = append(s.Terms, t)
			}
		}
		if r.Run != nil {
			for _, t := range r.Run.Terms {
				if !slices.Contains(s.Terms, t.Name) {
					s.Terms = append(s.Terms, t.Name)
				}
			}
		}
		if r.Metrics != nil {
			for _, c := range r.Metrics.Columns {
				if strings.Contains(c, ".") && !slices.Contains(s.Layers, c) {
					s.Layers = append(s.Layers, c)
				}
			}
		}
		s.Runs = append(s.Runs, r)
	}
	s.Others = s.others()
	s.ranking = ranking(s)
	s.colour()
}

// fill takes the final numbers from run.json. While the run is not finished, it takes
// them from the last row of its metrics, which is newer.
func (r *run) fill() {
	r.Total, r.Seconds = math.NaN(), math.NaN()
	r.terms, r.weights = map[string]float64{}, map[string]float64{}
	if r.Run == nil {
		return
	}
	r.Steps, r.Planned, r.Evaluations = r.Run.Steps, r.Run.Planned, r.Run.Evaluations
	r.Width, r.Height = r.Run.Width, r.Run.Height
	r.Total, r.Seconds = float64(r.Run.Total), r.Run.Seconds
	for _, t := range r.Run.Terms {
		r.terms[t.Name], r.weights[t.Name] = float64(t.Value), float64(t.Weight)
	}
	if r.Status.Over() {
		return
	}
	last := func(m *result.Metrics, column string) (float64, bool) {
		values := m.Column(column)
		if len(values) == 0 {
			return 0, false
		}
		return values[len(values)-1], true
	}
	if v, ok := last(r.Metrics, result.ColumnStep); ok {
		r.Steps = int(v)
	}
	if v, ok := last(r.Metrics, result.ColumnEvaluations); ok {
		r.Evaluations = int(v)
	}
	if v, ok := last(r.Metrics, result.ColumnTotal); ok {
		r.Total = v
	} else {
		r.Total = math.NaN()
	}
	if v, ok := last(r.Times, result.ColumnSeconds); ok {
		r.Seconds = v
	}
	for _, t := range r.Metrics.Terms() {
		if v, ok := last(r.Metrics, t); ok {
			r.terms[t] = v
		}
	}
}

// Term returns the final value of a term, or NaN if the run has none.
func (r *run) Term(name string) float64 {
	if v, ok := r.terms[name]; ok {
		return v
	}
	return math.NaN()
}

// Problem returns the reason why a run is not done, or an empty text if it is done.
func (r *run) Problem() string {
	switch r.Status {
	case result.Done:
		return ""
	case result.Stopped:
		return sentence("Stopped early " + r.Run.Pruned)
	case result.Waiting:
		return "Has not begun."
	case result.Damaged:
		return "What is in its directory cannot be used; see the warnings."
	case result.Running:
		return fmt.Sprintf("At step %d of %d when this page was written.", r.Steps, r.Planned)
	case result.Killed:
		return fmt.Sprintf("At step %d of %d its process ended; the same command continues the run.", r.Steps, r.Planned)
	case result.Interrupted:
		return fmt.Sprintf("Interrupted at step %d of %d; the same command continues it.", r.Steps, r.Planned)
	}
	f := r.Run.Failure
	if f == nil {
		return "Failed, without a word why."
	}
	if f.Term == "" && f.Layer == "" {
		return sentence(f.Error)
	}
	where := fmt.Sprintf("Stopped at step %d, where a value was not finite any more: the term %s", f.Step, f.Term)
	if f.Layer != "" {
		where += " at the layer " + f.Layer
	}
	if e := strings.TrimSpace(f.Error); e != "" {
		where += " (" + e + ")"
	}
	return where + "."
}

// sentence makes a sentence from an error's text.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return "Failed, without a word why."
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// span returns the period from the first start to the last end of any run, or zero if
// no run has started.
func (s *study) span() (from, to time.Time) {
	for _, r := range s.Runs {
		if r.Run == nil {
			continue
		}
		if t := r.Run.Started; !t.IsZero() && (from.IsZero() || t.Before(from)) {
			from = t
		}
		if t := r.Run.Finished; t.After(to) {
			to = t
		}
	}
	return from, to
}

// tagged reports whether any run has a tag or a note.
func (s *study) tagged() bool {
	return slices.ContainsFunc(s.Runs, func(r run) bool { return len(r.Tags) > 0 || r.Note != "" })
}

// count returns the number of runs with a status.
func (s *study) count(status result.Status) int {
	n := 0
	for _, r := range s.Runs {
		if r.Status == status {
			n++
		}
	}
	return n
}
