package sweep

import (
	"fmt"
	"time"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/internal/prefix"
)

// submit hands over the next tasks, as many as the launcher may have.
func (w *sweeping) submit() {
	w.judge()
	w.grow()
	room := w.options.Ahead
	if w.plan.Settings.Pruning.Rule != "" {
		room = w.options.Jobs // each decision needs the outcomes before it
	}
	for _, r := range w.runs {
		if r.waits {
			room--
		}
	}
	var next []*sweepingRun
	var tasks []launch.Task
	for _, r := range w.queue() {
		if len(next) >= room {
			break
		}
		if r.waits || r.progress.Phase != Waiting {
			continue
		}
		if err := w.limit(r); err != nil {
			r.end(Blocked, prefix.Text(err))
			continue
		}
		if w.options.Launcher != nil { // it starts other processes
			if err := w.store.Freeze(r.plan, run.MakerName(w.options.Program)); err != nil {
				r.end(Blocked, prefix.Text(err))
				continue
			}
		}
		next, tasks = append(next, r), append(tasks, launch.Task{Dir: w.store.Dir, Run: r.plan.Name})
	}
	if len(next) == 0 {
		return
	}
	jobs, err := w.launcher.Submit(tasks)
	if err == nil && len(jobs) != len(tasks) {
		err = fmt.Errorf("the launcher gave %d jobs for %d tasks", len(jobs), len(tasks))
	}
	for i, r := range next {
		if i >= len(jobs) {
			r.end(Blocked, prefix.Text(err))
			continue
		}
		r.saved = w.store.SavedSteps(r.plan.Name, r.plan.Identity)
		r.job, r.waits, r.submitted = jobs[i], true, time.Now()
	}
}

// find takes over jobs that an earlier sweep has submitted.
func (w *sweeping) find() error {
	finder, ok := w.launcher.(launch.Finder)
	if !ok {
		return nil
	}
	jobs, err := finder.Find(w.store.Dir)
	if err != nil {
		return err
	}
	for _, r := range w.runs {
		if job, ok := jobs[r.plan.Name]; ok && r.progress.Phase == Waiting {
			r.saved = w.store.SavedSteps(r.plan.Name, r.plan.Identity)
			r.job, r.waits, r.found = job, true, true
		}
	}
	return nil
}

// leave ends the sweep and leaves its jobs to the launcher.
func (w *sweeping) leave(note string) {
	for _, r := range w.runs {
		if r.waits {
			r.waits, r.left = false, true
		}
		if !r.progress.Phase.over() {
			r.end(Interrupted, note)
		}
	}
}

// cancel asks every job to save its work and end.
func (w *sweeping) cancel() {
	for _, r := range w.runs {
		if r.waits {
			if err := w.launcher.Cancel(r.job); err != nil {
				w.warnings = append(w.warnings, fmt.Sprintf("%s could not be stopped: %v", r.plan.Name, err))
			}
		}
	}
}
