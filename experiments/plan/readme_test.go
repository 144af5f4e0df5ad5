package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The configuration in the README must work.
func TestReadmeConfiguration(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```toml\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the README has no configuration")
	}
	pictures, err := filepath.Abs("../../configs/pictures")
	if err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, `"photo.jpg"`, `"`+filepath.ToSlash(filepath.Join(pictures, "town.png"))+`"`, 1)
	text = strings.Replace(text, `"painting.png"`, `"`+filepath.ToSlash(filepath.Join(pictures, "dusk.png"))+`"`, 1)
	file := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	plan, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Runs) != 6 {
		t.Errorf("%d runs, the README says 6", len(plan.Runs))
	}
}
