package sweep

import (
	"path/filepath"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/experiments/store"
)

// Prepare freezes the runs of a plan that are missing in a results directory, for workers
// that something else starts: each makes one with run.Work. It returns the experiment's
// directory, as an absolute path, and the names of these runs.
func Prepare(results string, planned *plan.Plan, program string) (dir string, names []string, err error) {
	s, runs, _, err := store.Open(results, planned)
	if err != nil {
		return "", nil, err
	}
	for _, r := range runs {
		if s.IsPublished(r.Name) {
			continue
		}
		if err := s.Freeze(r, run.MakerName(program)); err != nil {
			return "", nil, err
		}
		names = append(names, r.Name)
	}
	dir, err = filepath.Abs(s.Dir)
	return dir, names, err
}
