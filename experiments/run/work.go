package run

import (
	"context"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
)

// ErrElsewhere means that another process makes the run.
var ErrElsewhere = store.ErrElsewhere

// MakerName names the program of this version on this machine, as far as the bits of a
// result may depend on it. An empty program stands for all versions.
func MakerName(program string) string {
	p := here(program)
	if p.Program == "" {
		return p.Kernels()
	}
	return "nst " + p.Program + " with " + p.Kernels()
}

// Work makes one run that a sweep has frozen in an experiment's directory, and publishes
// it there. It is what a process does that a launcher has started. It refuses to work if the
// sweep was started by another version of the program, or on a processor whose kernels give
// other bits. check, which may be nil, can refuse the run before it begins. The other errors
// are those of Maker.Make.
func Work(ctx context.Context, dir, name string, threads int, program string, check func(plan.Run) error) error {
	s := store.Store{Dir: dir}
	if s.IsPublished(name) {
		return nil
	}
	if want, own := s.Maker(name), MakerName(program); want != "" && want != own && want != MakerName("") {
		return mistake.Errorf("the sweep was started by %s, and this is %s on %s: use the same version on all machines, and processors of one kind (for Slurm, launch.options = [\"--constraint=…\"]; NST_ISA=portable makes all processors of one platform alike)",
			want, own, result.Self().Host)
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
