package plan

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// carrier is a small picture that carries this text as its recipe.
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

// The content of a picture is untrusted, as in any file: it can hold anything.
func TestForeignPictures(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.png")
	if err := nst.NewImage(8, 8).Save(outside); err != nil {
		t.Fatal(err)
	}
	sum, err := digest.File(outside)
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
		"an unknown key":       {result.Recipe{Config: "sead = 1"}, "expected seed"},
		"a weight for a file":  {result.Recipe{Config: "images.style = 3\n", Files: []result.File{{Name: "3"}}}, "images.style"},
		"a table for a file":   {result.Recipe{Config: "[images.content]\na = 1\n"}, "images.content"},
		"nothing for a digest": {result.Recipe{Config: "images.content = \"a.png\"\nimages.style = \"a.png\"\n[loss.style]\nlayers = [\"scale1\"]\n", Files: []result.File{{Role: "content", Name: "a.png"}}}, "a.png"},
		"a name of nothing":    {result.Recipe{Config: "images.content = \"a.png\"\nimages.style = \"a.png\"\n[loss.style]\nlayers = [\"scale1\"]\n", Files: []result.File{{Name: ".", SHA256: sum}, {Name: "", SHA256: sum, Size: 1}}}, "a.png"},
	} {
		carrier(t, picture, c.recipe)
		_, err := Read(picture)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %q", name, err, c.want)
		}
	}
	// A picture that is cut at any point gives an error or the whole recipe.
	carrier(t, picture, result.Recipe{Config: "seed = 1\n"})
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if err := os.WriteFile(picture, data[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		var all tree.Errors
		if _, err := Read(picture); !errors.As(err, &all) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}
