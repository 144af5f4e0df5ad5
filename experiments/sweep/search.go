package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/internal/prefix"
)

// A search is a plan that grows. Each trial is appended to plan.toml before it is made, and
// its outcome is in its directory; nothing else is kept, so that a search continues from
// the directory alone.

// searching is a search in progress.
type searching struct {
	settings search.Settings
	claim    *store.Claim
	together int    // trials at a time
	ended    string // why no further trial is chosen, before the budget is spent
}

// Wanted is a trial that is asked for.
type Wanted struct {
	Point  search.Point // nil: the sampler chooses it
	Origin string       // what chose the point
}

// openSearch reads the trials of a search into its plan, and takes the directory for this
// process. It returns nil for another plan.
func openSearch(planned *plan.Plan, o *Options) (*searching, error) {
	switch {
	case planned.Search == nil && o.Budget != search.Budget{}:
		return nil, mistake.Errorf("a budget for %s, which is no search: expected a method such as tpe in [sweep]", planned.File)
	case planned.Search == nil:
		return nil, nil
	case o.Shard.Of > 0:
		return nil, mistake.Errorf("a part of a search: its trials depend on each other; expected all of it, or several trials at a time with --jobs")
	case o.Detach:
		return nil, mistake.Errorf("a search whose jobs go on alone: its trials depend on each other; expected it without --detach")
	}
	if o.Budget != (search.Budget{}) {
		planned.Settings.Budget = o.Budget
	}
	o.Jobs = max(o.Jobs, 1)
	q := &searching{settings: planned.Settings, together: o.Jobs}
	dir := store.Of(o.Results, planned).Dir
	claim, err := store.Take(filepath.Join(dir, result.SearchDir))
	if errors.Is(err, store.ErrElsewhere) {
		who := "another process"
		if holder, ok := result.ReadHolder(filepath.Join(dir, result.SearchDir)); ok {
			who = holder.String()
		}
		return nil, mistake.Errorf("%s: a search goes on there, by %s: wait for it, or use another name or --results", dir, who)
	} else if err != nil {
		return nil, prefix.Errorf("", "cannot use the results directory %s: %w (--results names another)", dir, err)
	}
	q.claim = claim
	if err := Recall(o.Results, planned); err != nil {
		q.close()
		return nil, err
	}
	return q, nil
}

func (q *searching) close() {
	if q != nil {
		q.claim.Release()
	}
}

// Recall reads the trials that a directory has of a search into its plan. It does nothing
// for another plan. An error says that the directory holds another search.
func Recall(results string, planned *plan.Plan) error {
	if planned.Search == nil {
		return nil
	}
	planned.Forget()
	dir := store.Of(results, planned).Dir
	old, err := result.ReadPlan(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case old.Search == nil || len(old.Runs) == 0:
		return nil // runs of a sweep: store.Open keeps them
	}
	other := func(format string, args ...any) error {
		return mistake.Errorf("%s holds another search: %s. To keep both apart, change name in the configuration or use --results", dir, fmt.Sprintf(format, args...))
	}
	if by := search.Differs(old.Search, planned.Settings.Record()); by != "" {
		return other("%s", by)
	}
	for i, trial := range old.Runs {
		labels := make([]string, len(planned.Axes))
		if len(trial.Values) != len(planned.Axes) {
			return other("trial %d has %d axes, and there are %d now", i+1, len(trial.Values), len(planned.Axes))
		}
		for k, axis := range planned.Axes {
			var ok bool
			if labels[k], ok = trial.Values[axis.Key]; !ok {
				return other("trial %d has no axis %s", i+1, axis.Key)
			}
		}
		p, err := planned.Search.Point(labels)
		if err != nil {
			return other("trial %d has %v", i+1, err)
		}
		r, err := planned.Search.Run(planned, p)
		if err != nil {
			return err
		}
		r.Origin = trial.Origin
		if r = planned.Grow(r); r.Identity != trial.ID {
			return other("trial %d was made with another configuration, network or picture (identity %.12s, now %.12s)", i+1, trial.ID, r.Identity)
		}
	}
	return nil
}

// pool makes the launcher in this process.
func (w *sweeping) pool(runs []plan.Run) launch.Launcher {
	p := launch.NewPool(runs, w.division, w.options.Program)
	if w.search != nil {
		for _, r := range w.runs {
			p.Add(r.plan)
		}
	}
	return p
}

// fail ends the search; runs at work are finished.
func (w *sweeping) fail(err error) {
	if w.failure == nil {
		w.failure = err
	}
}

// grows reports whether the search chooses further trials.
func (w *sweeping) grows() bool {
	q := w.search
	if q == nil || q.ended != "" || w.failure != nil {
		return false
	}
	for _, r := range w.runs {
		if r.progress.Phase == Blocked || r.progress.Phase == Interrupted {
			return false
		}
	}
	if len(w.options.Ask) > 0 {
		return w.options.Ask[0].Point != nil || !w.spent()
	}
	if w.options.Ask != nil || q.settings.Method == "ask" || q.settings.Objective.Told() {
		return false
	}
	return !w.spent() && w.lacks() == 0
}

// lacks counts the pictures that people must judge before the search goes on.
func (w *sweeping) lacks() int {
	q := w.search
	if q == nil || !q.settings.Objective.Votes() || w.options.Ask != nil || q.settings.Method == "ask" || q.ended != "" || w.failure != nil || w.spent() {
		return 0
	}
	var done []int
	for i, r := range w.runs {
		switch r.progress.Phase {
		case Done:
			done = append(done, i+1)
		case Blocked, Interrupted:
			return 0
		}
	}
	return q.settings.Lacks(len(w.runs), done, w.readGiven())
}

// spent reports whether the budget is used up.
func (w *sweeping) spent() bool {
	b := w.search.settings.Budget
	if b.Trials > 0 {
		return len(w.runs) >= b.Trials
	}
	var seconds float64
	for _, r := range w.runs {
		seconds += r.progress.Seconds
	}
	return b.Time > 0 && seconds >= b.Time.Seconds()
}

// grow appends trials while places are free.
func (w *sweeping) grow() {
	for w.grows() {
		busy := 0
		for _, r := range w.runs {
			if !r.progress.Phase.over() && r.progress.Phase != Paused {
				busy++
			}
		}
		if busy >= w.search.together {
			return
		}
		if err := w.appendTrial(); err != nil {
			w.fail(err)
		}
	}
}

// appendTrial chooses a trial, freezes the plan with it, and adds it to the runs.
func (w *sweeping) appendTrial() error {
	q, p := w.search, w.plan
	var want Wanted
	if len(w.options.Ask) > 0 {
		want, w.options.Ask = w.options.Ask[0], w.options.Ask[1:]
	}
	history := w.outcomes()
	if want.Point != nil && slices.ContainsFunc(history, func(t search.Trial) bool { return slices.Equal(t.Point, want.Point) }) {
		return nil // it is known
	}
	if w.failure != nil {
		return nil
	}
	if want.Point == nil {
		var ok bool
		if want.Point, ok = search.Next(p.Search.Space, q.settings, history); !ok {
			q.ended = "the method " + q.settings.Method + " has no further trial"
			return nil
		}
		want.Origin = cmp.Or(want.Origin, q.settings.Method)
	}
	r, err := p.Search.Run(p, want.Point)
	if err != nil {
		return prefix.Errorf("", "trial %d cannot be made: %w", len(w.runs)+1, err)
	}
	r.Origin = want.Origin
	p.Grow(r)
	if err := w.store.Append(p); err != nil {
		p.Runs = p.Runs[:len(p.Runs)-1]
		return prefix.Errorf("", "cannot append a trial in %s: %w", w.store.Dir, err)
	}
	r = p.Runs[len(p.Runs)-1]
	if pool, ok := w.launcher.(*launch.Pool); ok {
		pool.Add(r)
	}
	before := len(w.runs)
	if err := w.survey([]plan.Run{r}); err != nil {
		return err
	}
	w.runs[before].progress.Before = false
	return nil
}

// planned is the number of runs in the end, or 0 if it is not known.
func (w *sweeping) planned() int {
	if q := w.search; q == nil || q.ended != "" || w.options.Ask != nil {
		return len(w.runs)
	} else if q.settings.Budget.Trials > 0 {
		return max(q.settings.Budget.Trials, len(w.runs))
	}
	return 0
}

// standing says what is known of the objective.
func (w *sweeping) standing() string {
	if len(w.plan.Settings.Objective.Goals) == 0 {
		return ""
	}
	return w.plan.Settings.BestSoFar(w.outcomes())
}
