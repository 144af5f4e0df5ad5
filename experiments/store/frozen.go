package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
)

// makerFile is beside a frozen configuration and names what program must make the run.
const makerFile = "maker"

// Freeze writes the resolved configuration of a run beside its attempts. Another
// process can make the run from it (Frozen). maker names the program that must make it;
// Maker returns that name.
func (s Store) Freeze(r plan.Run, maker string) error {
	dir, err := filepath.Abs(s.Attempts(r.Name))
	if err == nil {
		err = os.MkdirAll(dir, 0o777)
	}
	if err == nil {
		err = result.WriteFile(filepath.Join(dir, makerFile), []byte(maker))
	}
	if err == nil {
		err = result.WriteFile(filepath.Join(dir, result.ConfigFile), r.Config.TOML(dir))
	}
	if errors.Is(err, fs.ErrNotExist) && s.IsPublished(r.Name) {
		return nil // another process has made it and tidied up
	}
	return err
}

// Maker returns the name that Freeze was given, or an empty text if there is none.
func (s Store) Maker(name string) string {
	data, _ := os.ReadFile(filepath.Join(s.Attempts(name), makerFile))
	return string(data)
}

// Frozen reads a frozen run. Its files must be those of the plan.
func (s Store) Frozen(name string) (plan.Run, error) {
	frozen, err := result.ReadPlan(s.Dir)
	if err != nil {
		return plan.Run{}, err
	}
	for _, planned := range frozen.Runs {
		if planned.Name != name {
			continue
		}
		file := filepath.Join(s.Attempts(name), result.ConfigFile)
		if _, err := os.Stat(file); err != nil {
			return plan.Run{}, prefix.Errorf("", "the run %s is not waiting to be made: %w", name, err)
		}
		p, err := plan.Read(file)
		if err != nil {
			return plan.Run{}, err
		}
		r := p.Runs[0]
		if len(p.Runs) != 1 || r.Identity != planned.ID {
			return r, mistake.Errorf("%s is not the run %s of %s: a picture or a weight file has changed since; run the sweep again",
				file, name, filepath.Join(s.Dir, result.PlanFile))
		}
		r.Name, r.Config.Name = name, p.Name // the configuration keeps the name under which it was frozen
		return r, nil
	}
	return plan.Run{}, mistake.Errorf("%s has no run %q", filepath.Join(s.Dir, result.PlanFile), name)
}

// Progress returns the last row that the newest attempt at a run has logged. ok is
// false if there is none.
func (s Store) Progress(run string) (step int, loss float64, ok bool) {
	attempts := s.listAttempts(run)
	if len(attempts) == 0 {
		return 0, 0, false
	}
	m, err := result.ReadMetrics(attempts[len(attempts)-1], result.MetricsFile)
	if err != nil {
		return 0, 0, false
	}
	steps, totals := m.Column(result.ColumnStep), m.Column(result.ColumnTotal)
	n := min(len(steps), len(totals))
	if n == 0 {
		return 0, 0, false
	}
	return int(steps[n-1]) + 1, totals[n-1], true
}
