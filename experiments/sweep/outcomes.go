package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/internal/prefix"
)

// outcomes returns the trials of a search, or the outcomes of other runs.
func (w *sweeping) outcomes() []search.Trial {
	given := w.readGiven()
	all := make([]search.Trial, len(w.runs))
	for i, r := range w.runs {
		if r.trial == nil {
			r.trial = w.outcome(i+1, r, given)
		}
		if r.trial != nil {
			all[i] = *r.trial
		} else if t, ok := w.highest(i); ok {
			all[i] = t
		}
		if w.plan.Search != nil {
			all[i].Point = r.point
		}
	}
	return all
}

// readGiven reads what came from outside, again when the file has changed. What cannot be
// read is not known.
func (w *sweeping) readGiven() search.Given {
	o := w.plan.Settings.Objective
	file := o.GivenFile(w.store.Dir)
	if file == "" {
		return search.Given{}
	}
	stamp := fmt.Sprint(len(w.runs))
	if info, err := os.Stat(file); err == nil {
		stamp += fmt.Sprint(" ", info.Size(), info.ModTime())
	}
	if stamp == w.givenAt {
		return w.given
	}
	ids := make([]string, len(w.runs))
	for i, r := range w.runs {
		ids[i] = r.plan.Identity
	}
	w.given, _ = o.ReadGiven(w.store.Dir, ids)
	w.givenAt = stamp
	for _, r := range w.runs {
		r.trial = nil
	}
	return w.given
}

// outcome reads the outcome of a run; nil as long as there is none.
func (w *sweeping) outcome(number int, r *sweepingRun, given search.Given) *search.Trial {
	switch r.progress.Phase {
	case Failed, Blocked:
		return &search.Trial{State: search.Failed}
	case Done, Pruned:
	default:
		return nil
	}
	o := w.plan.Settings.Objective
	m, err := result.ReadMeasures(w.store.Published(r.plan.Name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.fail(prefix.Errorf("", "trial %d, %s: %w", number, r.plan.Name, err))
		return nil
	}
	t := o.Trial(number, r.progress.Phase == Pruned, m, given)
	if _, _, err := o.Measured().OfMeasures(m); err != nil {
		w.fail(mistake.Mark(prefix.Errorf("", "%s: %w", r.plan.Name, err)))
	}
	return &t
}
