package experiments

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// carrier is a small picture that says that of itself.
func carrier(t *testing.T, path string, r result.Recipe) {
	t.Helper()
	texts, err := r.Texts()
	if err != nil {
		t.Fatal(err)
	}
	if err := nst.NewImage(4, 3).SaveWith(path, nst.SaveOptions{Text: texts}); err != nil {
		t.Fatal(err)
	}
}

// What a picture carries is as foreign as any file: it may say anything.
func TestForeignPictures(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.png")
	if err := nst.NewImage(8, 8).Save(outside); err != nil {
		t.Fatal(err)
	}
	sum, err := hashFile(outside)
	if err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	rel = filepath.ToSlash(rel)
	picture := filepath.Join(dir, "p.png")
	for name, c := range map[string]struct {
		recipe result.Recipe
		want   string
	}{
		"a file outside":       {result.Recipe{Config: `images.content = "` + rel + `"` + "\nimages.style = \"x.png\"\n[loss.style]\nlayers = [\"scale1\"]", Files: []result.File{{Role: "content", Name: rel, SHA256: sum}}}, "sha256"},
		"itself as base":       {result.Recipe{Config: `base = "p.png"`}, "inherits from itself"},
		"no TOML":              {result.Recipe{Config: "[["}, "p.png:1"},
		"an unknown key":       {result.Recipe{Config: "sead = 1"}, "want seed"},
		"a weight for a file":  {result.Recipe{Config: "images.style = 3\n", Files: []result.File{{Name: "3"}}}, "images.style"},
		"a table for a file":   {result.Recipe{Config: "[images.content]\na = 1\n"}, "images.content"},
		"nothing for a digest": {result.Recipe{Config: "images.content = \"a.png\"\nimages.style = \"a.png\"\n[loss.style]\nlayers = [\"scale1\"]\n", Files: []result.File{{Role: "content", Name: "a.png"}}}, "a.png"},
		"a name of nothing":    {result.Recipe{Config: "images.content = \"a.png\"\nimages.style = \"a.png\"\n[loss.style]\nlayers = [\"scale1\"]\n", Files: []result.File{{Name: ".", SHA256: sum}, {Name: "", SHA256: sum, Size: 1}}}, "a.png"},
	} {
		carrier(t, picture, c.recipe)
		_, err := ReadPlan(picture)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %q", name, err, c.want)
		}
	}
	// Cut off anywhere, it is an error or the whole recipe.
	carrier(t, picture, result.Recipe{Config: "seed = 1\n"})
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if err := os.WriteFile(picture, data[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		var all ConfigErrors
		if _, err := ReadPlan(picture); !errors.As(err, &all) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

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
		plan, err := ReadPlan(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := plan.Runs[0].recipe(hashes{})
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
