package sweep

import (
	"errors"
	"fmt"
	"time"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/internal/prefix"
)

// poll brings the progress of the submitted runs up to date; stopping says that the
// sweep is to end.
func (w *sweeping) poll(stopping bool) {
	var waiting []*sweepingRun
	var jobs []launch.Job
	for _, r := range w.runs {
		if r.waits {
			waiting, jobs = append(waiting, r), append(jobs, r.job)
		}
	}
	if len(jobs) == 0 {
		return
	}
	all, err := w.launcher.Poll(jobs)
	if err == nil && len(all) != len(jobs) {
		err = fmt.Errorf("the launcher gave %d statuses of %d jobs", len(all), len(jobs))
	}
	if err != nil {
		if w.missed++; w.missed < misses {
			return
		}
		for _, r := range waiting {
			r.waits = false
			r.end(Blocked, prefix.Text(err))
		}
		return
	}
	w.missed = 0
	for i, r := range waiting {
		w.look(r, all[i], stopping)
	}
}

// look brings a run's progress up to date.
func (w *sweeping) look(r *sweepingRun, status launch.Status, stopping bool) {
	p, at := &r.progress, status.Progress
	local := w.options.Launcher == nil
	if at == nil && !local && status.State != launch.Waiting {
		at = &launch.Progress{First: r.saved, Step: max(p.Step, r.saved), Loss: p.Loss}
		if step, loss, ok := w.store.Progress(r.plan.Name); ok {
			at.Step, at.Loss = max(at.Step, step), loss
		}
	}
	began := p.Phase != Running && at != nil // it has the claim, and knows where it resumes
	if began {
		p.Phase, p.First, p.Began, p.Note = Running, at.First, time.Now(), ""
		if !local {
			w.clock(r)
		}
	}
	if at != nil {
		p.Step, p.Loss = at.Step, at.Loss
	}
	if p.Phase == Waiting {
		p.Note = status.Note
	}
	if status.State == launch.Ended && !began { // a run too short to be polled while active
		r.waits = false
		w.conclude(r, status.Err, stopping)
	}
}

// drift is how much two clocks may differ before a person is told.
const drift = 30 * time.Second

// clock compares the clock of the machine that makes a run with the clock here. No result
// depends on clocks, but the times of the runs are shown.
func (w *sweeping) clock(r *sweepingRun) {
	who, ok := result.ReadHolder(w.store.Attempts(r.plan.Name))
	if !ok || who.At.IsZero() || r.submitted.IsZero() || w.clocks[who.Host] {
		return
	}
	if w.clocks == nil {
		w.clocks = map[string]bool{}
	}
	w.clocks[who.Host] = true
	text := ""
	if ahead := time.Until(who.At); ahead > drift {
		text = fmt.Sprintf("%v ahead of", ahead.Round(time.Second))
	} else if behind := r.submitted.Sub(who.At); behind > drift {
		text = fmt.Sprintf("at least %v behind", behind.Round(time.Second))
	}
	if text != "" {
		w.warnings = append(w.warnings, fmt.Sprintf("the clock of %s is %s the clock of this machine: results do not depend on it, but times that are shown do; set both by NTP", who.Host, text))
	}
}

// conclude reads the result of an ended job from the directory.
func (w *sweeping) conclude(r *sweepingRun, failure error, stopping bool) {
	name := r.plan.Name
	switch {
	case w.store.IsPublished(name):
		began, first := r.progress.Began, r.progress.First
		if err := r.progress.load(w.store, r.plan); err != nil {
			r.end(Blocked, prefix.Text(err))
			return
		}
		r.made = r.progress.Phase != Blocked && !began.IsZero()
		r.progress.Began, r.progress.Ended, r.progress.First = began, time.Now(), first
		if began.IsZero() { // another process made it
			r.progress.First, r.progress.Ended = r.progress.Steps, time.Time{}
		}
	case stopping && !w.pauses(r):
		if r.progress.Began.IsZero() { // not begun: nothing to save
			r.progress.Step = 0
		}
		r.end(Interrupted, "")
	case w.pauses(r):
	case errors.Is(failure, store.ErrElsewhere) || w.options.Launcher != nil && w.store.Claimed(name):
		r.progress.Began = time.Time{}
		r.progress.Phase, r.progress.Note = Elsewhere, ""
		if who, ok := result.ReadHolder(w.store.Attempts(name)); ok {
			r.progress.Note = who.String()
		}
		r.look = time.Now().Add(patience)
	case errors.Is(failure, launch.ErrLost) && w.store.Failure(name) == "":
		saved := w.store.SavedSteps(name, r.plan.Identity)
		if r.lost++; saved > r.saved {
			r.lost = 1
		}
		if r.lost > retries {
			r.end(Blocked, fmt.Sprintf("%s, %d times in a row without a new step", prefix.Text(failure), r.lost))
			return
		}
		r.progress.Phase, r.progress.Note = Waiting, prefix.Text(failure) // submitted again
	case failure != nil:
		r.end(Blocked, prefix.Text(failure))
	default: // a launcher that loses errors: the attempt may have the reason
		note := w.store.Failure(name)
		if note == "" {
			note = "it ended without a result in " + w.store.Dir + ": the machine that made it must see this directory under the same path"
		}
		r.end(Blocked, note)
	}
}

// wait polls a run of another process, and takes it over when its claim is free and
// it is not published.
func (w *sweeping) wait(r *sweepingRun, stopping bool) {
	name := r.plan.Name
	switch {
	case stopping:
		r.end(Interrupted, "another process makes it")
	case time.Now().Before(r.look):
	case w.store.IsPublished(name):
		w.conclude(r, nil, false)
	default:
		r.look = time.Now().Add(patience)
		if !w.store.Claimed(name) {
			r.progress.Phase = Waiting // submitted again
		}
	}
}

func (r *sweepingRun) end(p Phase, note string) {
	r.progress.Phase, r.progress.Note, r.progress.Ended = p, note, time.Now()
}
