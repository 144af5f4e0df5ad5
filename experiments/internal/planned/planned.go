// Package planned makes plans for tests.
package planned

import (
	"path/filepath"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/plan"
)

// Of plans a configuration. Its file is beside the pictures of a project.
func Of(t testing.TB, text string, settings ...string) *plan.Plan {
	t.Helper()
	p, err := plan.Read(fixture.Project(t, text), settings...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const SmallSweep = `name = "exp"
[images]
content = "c.png"
style = "s.png"
size = 24
[network]
levels = 2
filters = 8
[loss.content]
layers = ["scale2"]
[loss.style]
layers = ["scale1"]
[optimizer]
kind = "adam"
[schedule]
rate = 0.02
[run]
steps = 12
[log]
every = 5
yardstick = 5
frames = 4
checkpoint_seconds = 0
[sweep.axes]
"loss.style.weight" = [10, 100]
`

// Small returns a plan of two runs of 12 steps, and the directory of its files.
func Small(t testing.TB, settings ...string) (*plan.Plan, string) {
	t.Helper()
	dir := fixture.Files(t, map[string]string{"exp.toml": SmallSweep, "c.png": fixture.PNG(t, 24, 20, 0.2), "s.png": fixture.PNG(t, 24, 24, 0.9)})
	plan, err := plan.Read(filepath.Join(dir, "exp.toml"), settings...)
	if err != nil {
		t.Fatal(err)
	}
	return plan, dir
}
