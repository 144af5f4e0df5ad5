package plan

import (
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/result"
)

// The keys that name files are the same for those who write configurations and for those
// who show them.
func TestFileKeys(t *testing.T) {
	files := map[string]bool{}
	for _, f := range config.Files {
		if files[f.Name()] = true; !result.IsFile(f.Name()) {
			t.Errorf("result does not know that %s names files", f.Name())
		}
	}
	p := planOf(t, fixture.Pictures+"[loss.content]\n[loss.style]\n")
	all, err := result.ParseConfig(p.Runs[0].Config.TOML(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if result.IsFile(s.Key) && !files[s.Key] {
			t.Errorf("result takes %s for the name of a file", s.Key)
		}
	}
}
