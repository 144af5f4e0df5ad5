package sweep

import (
	"errors"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/internal/prefix"
)

// Look tells what a results directory has of a plan already, without writing
// anything: published runs, and the steps that unfinished ones have saved. The
// warnings are what a person should know of the directory.
func Look(results string, plan *plan.Plan) (runs []RunProgress, warnings []string, err error) {
	if err := Recall(results, plan); err != nil {
		return nil, nil, err
	}
	s := store.Of(results, plan)
	old, err := result.ReadPlan(s.Dir)
	if errors.Is(err, result.ErrIncompatible) {
		return nil, nil, err
	} else if err != nil {
		old = &result.Plan{}
	}
	kept := s.KeepNames(plan.Runs, old)
	for _, r := range kept {
		p := progressOf(r)
		if s.IsPublished(r.Name) {
			if err := p.load(s, r); err != nil {
				p.Phase, p.Note = Blocked, prefix.Text(err)
			}
			p.Before = true
		} else if steps := s.SavedSteps(r.Name, r.Identity); steps > 0 {
			p.Phase, p.Step = Interrupted, steps
		}
		runs = append(runs, p)
	}
	if w := s.EarlierWarning(kept); w != "" {
		warnings = append(warnings, w)
	}
	return runs, warnings, nil
}

// load reads the outcome of a published run.
func (p *RunProgress) load(s store.Store, run plan.Run) error {
	r, err := s.Outcome(run)
	if r != nil {
		p.Step, p.Loss, p.Seconds, p.Note = r.Steps, float64(r.Total), r.Seconds, ""
	}
	switch {
	case err != nil:
		return err
	case r.Pruned != "":
		p.Phase, p.Note = Pruned, r.Pruned
	case r.Status == result.Done:
		p.Phase = Done
	default:
		p.Phase, p.Note = Failed, r.Failure.Error
	}
	return nil
}
