package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	contents, styles, err := read("twelve.txt")
	if err != nil || len(contents) != 12 || len(styles) != 12 {
		t.Fatalf("%d contents and %d styles, %v", len(contents), len(styles), err)
	}
	here, _ := filepath.Abs(".")
	if want := filepath.Join(here, "pictures", "tubingen.jpg"); contents[0] != want {
		t.Errorf("the first content is %s, want %s", contents[0], want)
	}
	for i, path := range append(contents, styles...) {
		if strings.Contains(filepath.ToSlash(path), "configs/pictures") {
			if _, err := os.Stat(path); err != nil {
				t.Errorf("picture %d: %v", i, err)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "pairs.txt")
	for text, want := range map[string]string{
		"# nothing\n\n":         "found no pair",
		"# two\na.png\n":        "pairs.txt:2: found 1 words",
		"a.png b.png c.png # 3": "pairs.txt:1: found 3 words",
	} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := read(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
