package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A picture is painted in one line, kept with the results, and copied.
func TestPaint(t *testing.T) {
	home := bench(t, quick(t))
	odd := filepath.Join(home, "an odd (1) 'näme'.png")
	copyFile(t, filepath.Join(home, "content.png"), odd)
	paint := []string{"paint", odd, "style.png", "-o", "out.png", "--size", "32", "--set", "run.steps=3"}
	text := mustRun(t, exitDone, home, paint...)
	if !strings.HasSuffix(text, "Picture: out.png\n") {
		t.Errorf("said %q at the end", text)
	}
	made := runs(t, filepath.Join(home, "results", "paint-an-odd-1-n-me-style"))
	if len(made) != 1 || !sameFile(t, filepath.Join(made[0], "image.png"), filepath.Join(home, "out.png")) {
		t.Errorf("out.png is not the picture of %v", made)
	}

	// Painted already: only copied.
	if err := os.Remove(filepath.Join(home, "out.png")); err != nil {
		t.Fatal(err)
	}
	if text := mustRun(t, exitDone, home, paint...); !strings.Contains(text, "nothing to do") {
		t.Errorf("the second time it said %q", text)
	}
	if !sameFile(t, filepath.Join(made[0], "image.png"), filepath.Join(home, "out.png")) {
		t.Error("out.png was not copied again")
	}

	// Two styles, and no -o.
	text = mustRun(t, exitDone, home, "paint", "content.png", "style.png", odd, "--size", "32", "--set", "run.steps=2")
	_, picture, _ := strings.Cut(text, "Picture: ")
	if _, err := os.Stat(filepath.Join(home, strings.TrimSpace(picture))); err != nil {
		t.Error(err)
	}
}

func TestPaintWrong(t *testing.T) {
	home := bench(t, quick(t))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"one picture":         {[]string{"content.png"}, "at least one style picture"},
		"no such picture":     {[]string{"content.png", "style picture none.png"}, "style picture none.png"},
		"not a PNG":           {[]string{"content.png", "style.png", "-o", "out.tiff"}, ".png"},
		"no such directory":   {[]string{"content.png", "style.png", "-o", "none/out.png"}, "none"},
		"over an input":       {[]string{"content.png", "style.png", "-o", "style.png"}, "would overwrite the input style.png"},
		"unknown preset":      {[]string{"content.png", "style.png", "--preset", "kears"}, "preset:keras"},
		"unknown key":         {[]string{"content.png", "style.png", "--set", "run.stepz=3"}, "run.stepz: found an unknown key"},
		"size below nothing":  {[]string{"content.png", "style.png", "--size", "-3"}, "--size"},
		"weights not at hand": {[]string{"content.png", "style.png", "--preset", "keras"}, "nst weights fetch"},
	} {
		t.Run(name, func(t *testing.T) {
			if text := mustRun(t, exitUsage, home, append([]string{"paint"}, c.args...)...); !strings.Contains(text, c.says) {
				t.Errorf("said %q, which does not name %q", text, c.says)
			}
			if left, _ := filepath.Glob(filepath.Join(home, "results", "paint*")); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}
