package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// Two files of one name have two names in a recipe, and the same text whatever
// the run is called and however it logs.
func TestRecipeNames(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"a", "b"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
			t.Fatal(err)
		}
		m := nst.NewImage(64, 64)
		m.Pix[0] = float32(len(sub)) / float32(sub[0])
		if err := m.Save(filepath.Join(dir, sub, "x.png")); err != nil {
			t.Fatal(err)
		}
	}
	texts := func(more string) map[string]string {
		t.Helper()
		file := filepath.Join(dir, "c.toml")
		if err := os.WriteFile(file, []byte(more+"\n[images]\ncontent = \"a/x.png\"\nstyle = [\"a/x.png\", \"b/x.png\"]\n[loss.style]\nlayers = [\"scale1\"]\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		plan, err := plan.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := recipeOf(plan.Runs[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		texts, err := r.Texts()
		if err != nil {
			t.Fatal(err)
		}
		return texts
	}
	plain := texts("")
	if c := plain[result.PictureConfig]; !strings.Contains(c, `style = {"x.png" = 0.5, "x-2.png" = 0.5}`) || !strings.Contains(c, `content = "x.png"`) || strings.Contains(c, dir) {
		t.Errorf("the recipe is\n%s", c)
	}
	other := texts("name = \"other\"\ntitle = \"T\"\nlog.every = 7\nlog.tensorboard = true")
	for key := range plain {
		if plain[key] != other[key] {
			t.Errorf("%s depends on names or on logging:\n%s\n%s", key, plain[key], other[key])
		}
	}
}
