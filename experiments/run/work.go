package run

import (
	"context"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/store"
)

// Work makes one run that a sweep has frozen in an experiment's directory, and publishes
// it there. It is what a process does that a launcher has started. check, which may be nil,
// can refuse the run before it begins. The other errors are those of Maker.Make.
func Work(ctx context.Context, dir, name string, threads int, program string, check func(plan.Run) error) error {
	s := store.Store{Dir: dir}
	if s.IsPublished(name) {
		return nil
	}
	r, err := s.Frozen(name)
	if err != nil {
		return err
	}
	if check != nil {
		if err := check(r); err != nil {
			return err
		}
	}
	m := NewMaker(program, []*config.Config{r.Config})
	return m.Make(ctx, s, r, threads, func(int, float64) {})
}
