package plan

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
)

// TestConfigs checks that every configuration of the repository can be run.
func TestConfigs(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no configurations", err)
	}
	runs := map[string]int{"quickstart.toml": 6, "gatys-figure3.toml": 20, "gatys-figure3-pyramid.toml": 20, "lecture.toml": 1, "presets.toml": len(Published())}
	t.Setenv(config.WeightsVariable, t.TempDir())
	for _, file := range files {
		p, err := Read(file)
		if err != nil && strings.Contains(err.Error(), "nst weights fetch") { // it requires a file that is missing here
			p, err = Read(file, "network.weights=random")
		}
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if want := runs[filepath.Base(file)]; want != 0 && len(p.Runs) != want {
			t.Errorf("%s: %d runs, want %d", file, len(p.Runs), want)
		}
		if p.Title == "" {
			t.Errorf("%s has no title", file)
		}
	}
}

// The largest sweep within the default limit is planned in seconds: each run costs one
// reading of its tree, and pictures and networks are read once.
func TestLargePlan(t *testing.T) {
	p := planOf(t, fixture.Pictures+"[loss.content]\n[loss.style]\n[sweep.axes]\nseed = ["+numbers(100)+"]\nrun.steps = ["+numbers(100)+"]\n")
	if len(p.Runs) != defaultLimit {
		t.Errorf("%d runs", len(p.Runs))
	}
}
