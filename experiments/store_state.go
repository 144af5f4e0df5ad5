package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gonst/workbench/experiments/result"
)

// Look tells what a results directory has of a plan already, without writing
// anything: published runs, and the steps that unfinished ones have saved.
func Look(results string, plan *Plan) ([]RunProgress, error) {
	s := storeOf(results, plan)
	old, err := result.ReadPlan(s.dir)
	if errors.Is(err, result.ErrIncompatible) {
		return nil, err
	} else if err != nil {
		old = &result.Plan{}
	}
	var all []RunProgress
	for _, r := range s.keepNames(plan.Runs, old) {
		p := r.progress()
		if s.isPublished(r.Name) {
			if err := s.load(&p, r); err != nil {
				p.Phase, p.Note = Failed, err.Error()
			}
			p.Before = true
		} else if c := s.candidates(r.Name); len(c) > 0 {
			if point, err := readSavepoint(filepath.Join(c[0], result.CheckpointFile)); err == nil && point.Identity == r.Identity {
				p.Phase, p.Step = Interrupted, point.Step+1
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// load reads into p what a published run came to.
func (s store) load(p *RunProgress, run PlannedRun) error {
	r, err := result.ReadRun(s.published(run.Name))
	if err != nil {
		return fmt.Errorf("%w: put it back, or delete %s to make the run anew", err, s.published(run.Name))
	}
	p.Step, p.Loss, p.Note = r.Steps, float64(r.Total), ""
	switch {
	case r.ID != run.Identity:
		return fmt.Errorf("%s holds another run (identity %.12s, not %.12s): changed by hand, or copied from elsewhere; move it away",
			s.published(run.Name), r.ID, run.Identity)
	case r.Status == result.Done:
		p.Phase = Finished
	case r.Status == result.Failed && r.Failure != nil:
		p.Phase, p.Note = Diverged, r.Failure.Error
	default:
		return fmt.Errorf("%s is published with the status %q: changed by hand; delete it to make the run anew", s.published(run.Name), r.Status)
	}
	return nil
}

// failure tells why the newest attempt at a run failed; empty if it did not.
func (s store) failure(run string) string {
	note := ""
	for _, dir := range s.listAttempts(run) {
		if r, err := result.ReadRun(dir); err == nil && r.Failure != nil {
			note = r.Failure.Error
		}
	}
	return note
}

// writable finds out whether runs can be made here, before any is begun.
func (s store) writable() error {
	dir := filepath.Join(s.dir, result.AttemptsDir)
	err := os.MkdirAll(dir, 0o777)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, ".probe-*"); err == nil {
			f.Close()
			err = os.Remove(f.Name())
		}
	}
	if err != nil {
		return fmt.Errorf("experiments: the results directory %s cannot be written to: %w (--results names another)", s.dir, err)
	}
	return nil
}
