package sweep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
)

// A run in tiles has all measures and shares, and its log says that it is in tiles.
func TestTilesMeasureAll(t *testing.T) {
	if testing.Short() {
		t.Skip("450 pixels")
	}
	dir := fixture.Files(t, map[string]string{"c.png": fixture.PNG(t, 40, 30, 0), "s.png": fixture.PNG(t, 32, 32, 0.5),
		"a.toml": "[images]\ncontent = 'c.png'\nstyle = 's.png'\nsize = 450\n[network]\nname = 'vgg19'\nwidth = 0.1\nweights = 'random'\n" +
			"[loss.content]\n[loss.style]\n[optimizer]\nkind = 'adam'\n[run]\nsteps = 1\nmemory = '126 MB'\n"})
	p, err := plan.Read(filepath.Join(dir, "a.toml"))
	if err != nil {
		t.Fatal(err)
	}
	sum := mustSweep(t, p, Options{Results: dir})
	e, err := result.Open(sum.Dir)
	if err != nil {
		t.Fatal(err)
	}
	s := e.Runs[0]
	if len(s.Run.Warnings) != 0 {
		t.Errorf("warnings %q", s.Run.Warnings)
	}
	if log, err := os.ReadFile(filepath.Join(sum.Dir, s.Dir, result.LogFile)); err != nil || !strings.Contains(string(log), `pixels, to keep run.memory = "126 MB"`) {
		t.Errorf("log %s, %v", log, err)
	}
	names := map[string]bool{}
	for _, m := range s.Measures.Measures {
		names[m.Name] = true
	}
	for _, name := range engine.MeasureNames() {
		if !names[name] {
			t.Errorf("no measure %s", name)
		}
	}
	if want := 2 * (1 + 1 + 1 + 5); len(s.Measures.Shares) != want { // of two terms, one layer and five, at both ends
		t.Errorf("%d shares, want %d", len(s.Measures.Shares), want)
	}
}
