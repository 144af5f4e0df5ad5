package sweep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
)

// A run in tiles says which measures it lacks, and has those of the yardstick.
func TestTilesSayWhatIsMissing(t *testing.T) {
	if testing.Short() {
		t.Skip("600 pixels")
	}
	dir := fixture.Files(t, map[string]string{"c.png": fixture.PNG(t, 40, 30, 0), "s.png": fixture.PNG(t, 32, 32, 0.5),
		"a.toml": "[images]\ncontent = 'c.png'\nstyle = 's.png'\nsize = 600\n[network]\nname = 'vgg19'\nwidth = 0.1\nweights = 'random'\n" +
			"[loss.content]\n[loss.style]\n[optimizer]\nkind = 'adam'\n[run]\nsteps = 1\nmemory = '155 MB'\n"})
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
	if len(s.Run.Warnings) != 1 || !strings.Contains(s.Run.Warnings[0], `pixels, to keep run.memory = "155 MB"`) {
		t.Errorf("warnings %q", s.Run.Warnings)
	}
	if s.Measures == nil || s.Measures.Yardstick == nil || len(s.Measures.Shares) != 0 {
		t.Errorf("measures %+v", s.Measures)
	}
	if log, err := os.ReadFile(filepath.Join(sum.Dir, s.Dir, result.LogFile)); err != nil || !strings.Contains(string(log), "warning: in tiles") {
		t.Errorf("log %s, %v", log, err)
	}
}
