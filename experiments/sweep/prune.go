package sweep

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/internal/prefix"
)

// With a rule of pruning a run is made in parts. At each rung it pauses: it is saved and
// measured, and what it has is appended to the journal of the rungs. Then the rule chooses
// which run goes on. The journal and the limits beside the attempts are all the state.

// readLadder reads the journal, and appends what was paused and not recorded.
func (w *sweeping) readLadder() error {
	if w.plan.Settings.Pruning.Rule == "" {
		return nil
	}
	w.ladder = make([]search.Rung, len(w.plan.Settings.Pruning.Rungs))
	entries, err := search.ReadRungs(w.store.Dir)
	if err != nil {
		return err
	}
	index := map[string]int{}
	for i, r := range w.runs {
		index[r.plan.Identity] = i
	}
	w.ladder = w.plan.Settings.Ladder(entries, func(id string) int {
		if i, ok := index[id]; ok {
			return i
		}
		return -1
	})
	for _, r := range w.runs {
		if r.progress.Phase == Paused {
			w.reach(r)
		}
	}
	return nil
}

// limit tells a run how far it goes: to its next rung, or to its end.
func (w *sweeping) limit(r *sweepingRun) error {
	rule := w.plan.Settings.Pruning
	if rule.Rule == "" {
		return w.store.Limit(r.plan.Name, 0)
	}
	until := rule.Until(w.passed(w.indexOf(r)))
	if until >= r.progress.Steps {
		until = 0
	}
	if until == w.store.Until(r.plan.Name) {
		return nil
	}
	return w.store.Limit(r.plan.Name, until)
}

func (w *sweeping) indexOf(r *sweepingRun) int { return slices.Index(w.runs, r) }

// passed counts the rungs that a run has reached.
func (w *sweeping) passed(i int) int {
	n := 0
	for _, rung := range w.ladder {
		if slices.Contains(rung.Trials, i) {
			n++
		}
	}
	return n
}

// highest returns what a run had at the highest rung that it has reached.
func (w *sweeping) highest(i int) (search.Trial, bool) {
	for k := len(w.ladder) - 1; k >= 0; k-- {
		if at := slices.Index(w.ladder[k].Trials, i); at >= 0 {
			return w.ladder[k].Outcomes[at], true
		}
	}
	return search.Trial{}, false
}

// pauses reports whether a run whose job has ended waits at its limit, and records it.
func (w *sweeping) pauses(r *sweepingRun) bool {
	if w.plan.Settings.Pruning.Rule == "" {
		return false
	}
	record, _, ok := w.store.Paused(r.plan.Name)
	if ok {
		r.progress.Phase, r.progress.Step, r.progress.Loss = Paused, record.Steps, float64(record.Total)
		w.reach(r)
	}
	return ok
}

// reach records what a paused run has at its rung, unless this was done before.
func (w *sweeping) reach(r *sweepingRun) {
	i := w.indexOf(r)
	record, dir, ok := w.store.Paused(r.plan.Name)
	if !ok {
		return
	}
	k := slices.Index(w.plan.Settings.Pruning.Rungs, record.Steps)
	if k < 0 || w.passed(i) > k {
		return
	}
	o := w.plan.Settings.Objective
	m, err := result.ReadMeasures(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.fail(prefix.Errorf("", "%s: %w", r.plan.Name, err))
		return
	}
	values, excess, err := o.OfMeasures(m)
	if err != nil {
		w.fail(mistake.Mark(prefix.Errorf("", "%s: %w", r.plan.Name, err)))
		return
	}
	entry := result.Rung{ID: r.plan.Identity, Step: record.Steps, Excess: result.Float(excess), Seconds: record.Seconds}
	for _, v := range values {
		entry.Values = append(entry.Values, result.Float(v))
	}
	if err := search.Reach(w.store.Dir, entry); err != nil {
		w.fail(err)
		return
	}
	rung := &w.ladder[k]
	rung.Trials = append(rung.Trials, i)
	rung.Outcomes = append(rung.Outcomes, search.Trial{State: search.Pruned, Values: values, Excess: excess})
}

// judge decides which paused runs go on and which stop.
func (w *sweeping) judge() {
	s := w.plan.Settings
	if s.Pruning.Rule == "" || w.failure != nil {
		return
	}
	waits := func(i, rung int) bool { return w.runs[i].progress.Phase == Paused && w.passed(i) == rung+1 }
	if s.Pruning.Rule == "median" {
		for i, r := range w.runs {
			if r.progress.Phase != Paused {
				continue
			}
			if s.Stops(w.ladder[w.passed(i)-1], i) {
				w.stop(i)
			} else {
				w.goOn(r)
			}
		}
		return
	}
	busy := 0
	for _, r := range w.runs {
		if r.waits || r.progress.Phase == Waiting && w.begun(r) {
			busy++
		}
	}
	for ; busy < w.options.Jobs; busy++ {
		i, ok := s.Promote(w.ladder, waits)
		if !ok {
			break
		}
		w.goOn(w.runs[i])
	}
	if busy > 0 || w.grows() {
		return
	}
	for _, r := range w.runs {
		if r.progress.Phase == Waiting || r.progress.Phase == Elsewhere {
			return
		}
	}
	for i, r := range w.runs { // nothing can move any rank now
		if r.progress.Phase == Paused {
			w.stop(i)
		}
	}
}

// begun reports whether a waiting run has passed a rung: it goes on before new ones begin.
func (w *sweeping) begun(r *sweepingRun) bool { return w.passed(w.indexOf(r)) > 0 }

// queue returns the runs in the order in which they are submitted.
func (w *sweeping) queue() []*sweepingRun {
	if w.plan.Settings.Pruning.Rule == "" {
		return w.runs
	}
	all := slices.Clone(w.runs)
	slices.SortStableFunc(all, func(a, b *sweepingRun) int {
		switch x, y := w.begun(a), w.begun(b); {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
	return all
}

// goOn lets a paused run go to its next rung.
func (w *sweeping) goOn(r *sweepingRun) {
	r.progress.Phase, r.progress.Note = Waiting, ""
	if err := w.limit(r); err != nil {
		r.end(Blocked, prefix.Text(err))
		return
	}
	if pool, ok := w.launcher.(*launch.Pool); ok {
		pool.Add(r.plan)
	}
}

// stop publishes a paused run as it is.
func (w *sweeping) stop(i int) {
	r := w.runs[i]
	why := w.plan.Settings.Why(w.ladder, w.passed(i)-1, i, r.progress.Steps)
	if err := w.store.PublishPaused(r.plan.Name, why); err != nil {
		r.end(Blocked, prefix.Text(err))
		return
	}
	began := r.progress.Began
	if err := r.progress.load(w.store, r.plan); err != nil {
		r.end(Blocked, prefix.Text(err))
		return
	}
	r.made, r.progress.Began = true, began
}
