package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/nst"
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
	made := runs(t, filepath.Join(home, "results", (&painting{content: odd, styles: []string{"style.png"}}).name()))
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

// Presets that use one picture take one.
func TestPaintOnePicture(t *testing.T) {
	home := bench(t, quick(t))
	for preset, picture := range map[string]string{"texture": "style.png", "inversion": "content.png", "dream": "content.png"} {
		mustRun(t, exitDone, home, "paint", picture, "--preset", preset, "--size", "48", "--set", "run.steps=2", "--set", "stages.from=32", "-o", preset+".png")
		if _, err := nst.Load(filepath.Join(home, preset+".png"), 0); err != nil {
			t.Error(err)
		}
	}
}

// The picture for print is the same picture, finer.
func TestPaintDeep(t *testing.T) {
	home := bench(t, quick(t))
	pictures := map[string]*nst.Image{}
	for _, c := range [][]string{{"out.png"}, {"deep.png", "--depth", "16"}, {"deep.tif"}} {
		mustRun(t, exitDone, home, append([]string{"paint", "content.png", "style.png", "--size", "32", "--set", "run.steps=2", "-o"}, c...)...)
		m, err := nst.Load(filepath.Join(home, c[0]), 0)
		if err != nil {
			t.Fatal(err)
		}
		pictures[c[0]] = m
	}
	if !slices.Equal(pictures["deep.png"].Pix, pictures["deep.tif"].Pix) {
		t.Error("the PNG and the TIFF differ")
	}
	if slices.Equal(pictures["deep.png"].Pix, pictures["out.png"].Pix) {
		t.Error("16 bits show no more than 8")
	}
	if !slices.Equal(nst.FromGo(pictures["deep.png"].RGBA()).Pix, pictures["out.png"].Pix) {
		t.Error("rounded to 8 bits, the deep picture is another one")
	}
}

func TestPaintWrong(t *testing.T) {
	home := bench(t, quick(t))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"one picture":         {[]string{"content.png"}, "at least one style picture"},
		"two for a dream":     {[]string{"content.png", "style.png", "--preset", "dream"}, "the preset dream requires one picture, its content; found 2"},
		"no such picture":     {[]string{"content.png", "style picture none.png"}, "style picture none.png"},
		"another format":      {[]string{"content.png", "style.png", "-o", "out.jpg"}, `the name ends in ".jpg"; the picture can be written as .png, .tif or .tiff`},
		"a depth of its own":  {[]string{"content.png", "style.png", "-o", "out.png", "--depth", "12"}, "8 or 16"},
		"a shallow TIFF":      {[]string{"content.png", "style.png", "-o", "out.tif", "--depth", "8"}, "16 bits"},
		"a depth of nothing":  {[]string{"content.png", "style.png", "--depth", "16"}, "-o"},
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
