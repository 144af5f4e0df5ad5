// Package sweep makes all missing runs of a plan and reports the progress.
package sweep

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/internal/prefix"
)

// Options controls how a sweep runs. Nothing here influences the results.
type Options struct {
	Results  string          // directory of all experiments; default "results"
	Jobs     int             // runs at the same time; default: chosen from cores, memory and, in a long sweep, a measurement
	Threads  int             // threads of each run; default: the cores divided among the jobs
	Retry    bool            // run published failures again; the old ones are moved aside
	Force    bool            // start runs in this process even if the memory does not suffice for them
	Launcher launch.Launcher // where the runs are made; default: in this process
	Ahead    int             // with a Launcher: tasks that it has at a time; default 16
	Pace     time.Duration   // with a Launcher: longest time between two polls; default 1 s; a sweep that has begun just now polls more often
	Detach   bool            // with a launch.Finder: return when all tasks are submitted
	Leave    func() bool     // with a launch.Finder: asked when ctx is cancelled; true leaves the jobs to go on; nil leaves them
	Shard    Shard           // a part of the runs; the zero value is all
	Budget   search.Budget   // of a search, over the plan's; the zero value keeps that
	Ask      []Wanted        // of a search: the trials to make, in place of those that its budget allows
	Watch    func(Progress)  // called several times a second with the progress; may be nil
	Program  string          // version of the program, for the runs' provenance
}

// A Summary is the result of a sweep.
type Summary struct {
	Dir      string        // results/<experiment>
	Runs     []RunProgress // in the plan's order
	Warnings []string      // for the user, such as a changed plan or files changed by hand
	Made     int           // runs that this sweep has published
	Left     int           // runs whose jobs go on without this process
	Found    int           // runs whose jobs an earlier sweep had submitted
	Standing string        // what is known of the objective, in words; empty without one
	Ended    string        // of a search that ended before its budget: why
}

// A Shard is the part of a plan's runs whose number, from 1, leaves the remainder Index
// modulo Of. Machines that share nothing but the plan can divide it so.
type Shard struct{ Index, Of int }

func (s Shard) has(run int) bool { return s.Of == 0 || run%s.Of == s.Index%s.Of }

// Count returns the number of runs in any of these phases.
func (s *Summary) Count(phases ...Phase) int { return Progress{Runs: s.Runs}.Count(phases...) }

const (
	pace     = 50 * time.Millisecond  // between two polls of runs in this process
	patience = 500 * time.Millisecond // between two looks at a run that is made elsewhere
	misses   = 10                     // polls in a row that may fail
	retries  = 3                      // jobs in a row that may be lost without a new step
)

// Run makes every run of the plan that is not published yet and returns when
// none is left, or when ctx is cancelled and all work is saved. The summary has the
// result of each run. An error concerns the whole sweep, such as a directory that
// cannot be used; then nothing was run.
func Run(ctx context.Context, planned *plan.Plan, o Options) (*Summary, error) {
	if planned.Settings.Pruning.Rule != "" {
		o.Jobs = max(o.Jobs, 1) // each decision needs the outcomes before it
	}
	q, err := openSearch(planned, &o)
	if err != nil {
		return nil, err
	}
	defer q.close()
	if err := o.room(ctx, planned); err != nil { // before the plan is frozen
		return nil, err
	}
	s, runs, warnings, err := store.Open(o.Results, planned)
	if err != nil {
		return nil, err
	}
	o.Ahead, o.Pace = cmp.Or(o.Ahead, 16), cmp.Or(o.Pace, time.Second)
	w := &sweeping{store: s, options: o, plan: planned, search: q, began: time.Now(), warnings: warnings}
	var own []plan.Run
	for i, r := range runs {
		if o.Shard.has(i + 1) {
			own = append(own, r)
		}
	}
	if err := w.survey(own); err != nil {
		return nil, err
	}
	if err := w.readLadder(); err != nil {
		return nil, err
	}
	if w.left() > 0 || w.grows() || w.lacks() > 0 {
		if err := s.Writable(); err != nil {
			return nil, err
		}
		if w.launcher = o.Launcher; w.launcher == nil {
			left := w.unfinished()
			if planned.Search != nil {
				left = planned.Search.Probes
			}
			if err := launch.Room(ctx, left, o.Jobs); err != nil && !o.Force {
				return nil, err
			}
			w.show() // measuring takes a moment
			w.division = launch.Divide(ctx, configs(left), o.Jobs, o.Threads)
			w.launcher = w.pool(left)
			w.options.Ahead, w.options.Pace = 2*w.division.Jobs, pace // one is queued for each that is made
		}
		if err := w.find(); err != nil {
			return nil, err
		}
		w.show()
		w.work(ctx)
	}
	w.show()
	return w.summary(), w.failure
}

// room returns an error if this machine has not the memory for the runs that are not
// published. A search is checked later, when it is known whether it goes on.
func (o Options) room(ctx context.Context, p *plan.Plan) error {
	if o.Launcher != nil || o.Force || p.Search != nil {
		return nil
	}
	s, runs := store.Of(o.Results, p), p.Runs
	if old, err := result.ReadPlan(s.Dir); err == nil {
		runs = s.KeepNames(runs, old)
	}
	var left []plan.Run
	for i, r := range runs {
		if o.Shard.has(i+1) && !s.IsPublished(r.Name) {
			left = append(left, r)
		}
	}
	return launch.Room(ctx, left, o.Jobs)
}

// A sweeping is the state of one call of Run.
type sweeping struct {
	store    store.Store
	options  Options
	plan     *plan.Plan
	search   *searching   // nil if the runs are known
	failure  error        // why a search cannot go on
	given    search.Given // what came from outside, as of givenAt
	givenAt  string
	ladder   []search.Rung // of pruning
	launcher launch.Launcher
	began    time.Time
	runs     []*sweepingRun
	warnings []string
	division launch.Division
	missed   int             // polls in a row that failed
	clocks   map[string]bool // machines whose clocks were compared
}

type sweepingRun struct {
	plan      plan.Run
	trial     *search.Trial // its outcome, if it is known
	point     search.Point  // of a trial of a search
	job       launch.Job
	waits     bool // submitted, not ended
	found     bool // submitted by an earlier sweep
	left      bool // its job goes on without this process
	saved     int  // steps that were saved when it was submitted
	lost      int  // jobs in a row that were ended from outside without a new step saved
	look      time.Time
	made      bool      // published by a job of this sweep
	submitted time.Time // by this sweep
	progress  RunProgress
}

// survey finds the existing runs.
func (w *sweeping) survey(runs []plan.Run) error {
	for _, r := range runs {
		w.store.Tidy(r.Name)
		run := &sweepingRun{plan: r, progress: progressOf(r)}
		if w.search != nil {
			var err error
			if run.point, err = w.plan.Search.Point(r.Values); err != nil {
				return err
			}
		}
		w.runs = append(w.runs, run)
		if !w.store.IsPublished(r.Name) {
			if _, _, paused := w.store.Paused(r.Name); paused {
				run.progress.Phase, run.progress.Step = Paused, w.store.Until(r.Name)
			}
			continue
		}
		if err := run.progress.load(w.store, r); err != nil { // the other runs can be made nevertheless
			run.progress.Phase, run.progress.Note, run.progress.Before = Blocked, prefix.Text(err), true
			continue
		}
		if run.progress.Phase == Pruned && w.plan.Settings.Pruning.Rule == "" { // no rule stops it now
			if err := w.store.Reopen(r.Name); err != nil {
				return err
			}
			run.progress = progressOf(r)
			continue
		}
		if run.progress.Phase == Failed && w.options.Retry {
			to, err := w.store.PutAside(r.Name)
			if err != nil {
				return err
			}
			w.warnings = append(w.warnings, fmt.Sprintf("%s failed and is run again; its earlier results are in %s", r.Name, to))
			run.progress = progressOf(r)
			continue
		}
		run.progress.Before, run.progress.First = true, run.progress.Steps
		for _, change := range w.store.ChangedByHand(r.Name) {
			w.warnings = append(w.warnings, fmt.Sprintf("%s has been changed by hand: %s. Restore it, or delete %s and run the sweep again", r.Name, change, w.store.Published(r.Name)))
		}
	}
	return nil
}

// left counts the runs that have not ended.
func (w *sweeping) left() int { return len(w.unfinished()) }

func (w *sweeping) unfinished() []plan.Run {
	var all []plan.Run
	for _, r := range w.runs {
		if !r.progress.Phase.over() {
			all = append(all, r.plan)
		}
	}
	return all
}

func configs(runs []plan.Run) []*config.Config {
	all := make([]*config.Config, len(runs))
	for i, r := range runs {
		all[i] = r.Config
	}
	return all
}

// work submits what is left, a few tasks ahead, and looks after it until all is over.
func (w *sweeping) work(ctx context.Context) {
	w.submit()
	if w.options.Detach {
		w.leave("submitted")
		return
	}
	began, stop := time.Now(), ctx.Done()
	for w.left() > 0 || (w.grows() || w.lacks() > 0) && ctx.Err() == nil {
		select {
		case <-stop:
			stop = nil // once
			if _, ok := w.launcher.(launch.Finder); ok && (w.options.Leave == nil || w.options.Leave()) {
				w.leave("its job goes on")
				return
			}
			w.cancel()
		case <-time.After(min(w.options.Pace, max(pace, time.Since(began)/10))):
		}
		stopping := ctx.Err() != nil
		w.poll(stopping)
		for _, r := range w.runs {
			switch {
			case r.waits:
			case r.progress.Phase == Elsewhere:
				w.wait(r, stopping)
			case r.progress.Phase == Paused && stopping:
				r.end(Interrupted, "")
			case r.progress.Phase == Waiting && stopping:
				r.progress.Step = 0 // it has not begun: there is nothing to save
				r.end(Interrupted, "")
			}
		}
		if !stopping {
			w.submit()
		}
		w.show()
	}
}

// show calls the watcher with the progress.
func (w *sweeping) show() {
	if w.options.Watch == nil {
		return
	}
	p := Progress{Began: w.began, Now: time.Now(), Division: w.division, Runs: make([]RunProgress, len(w.runs)), Planned: w.planned(), Standing: w.standing(), Lacks: w.lacks()}
	for i, r := range w.runs {
		p.Runs[i] = r.progress
	}
	w.options.Watch(p)
}

func (w *sweeping) summary() *Summary {
	sum := &Summary{Dir: w.store.Dir, Warnings: w.warnings, Standing: w.standing()}
	if w.search != nil {
		sum.Ended = w.search.ended
	}
	for _, r := range w.runs {
		sum.Runs = append(sum.Runs, r.progress)
		if r.made {
			sum.Made++
		}
		if r.left {
			sum.Left++
		}
		if r.found {
			sum.Found++
		}
	}
	return sum
}
