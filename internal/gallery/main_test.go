package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// experiment writes four finished runs, by two axes if crossed.
func experiment(t *testing.T, dir string, crossed bool) {
	t.Helper()
	plan := &result.Plan{Experiment: "e", Axes: []result.Axis{{Key: "a", Values: []string{"1", "2"}}, {Key: "b", Values: []string{"x.png", "y.png"}}}}
	for i, name := range []string{"n0", "n1", "n2", "n3"} {
		p := result.PlannedRun{Name: name, ID: name, Values: map[string]string{"a": plan.Axes[0].Values[i/2], "b": plan.Axes[1].Values[i%2]}}
		plan.Runs = append(plan.Runs, p)
		at := result.RunDir(dir, name)
		must(t, os.MkdirAll(at, 0o777))
		f, err := os.Create(filepath.Join(at, result.ImageFile))
		must(t, err)
		m := image.NewGray(image.Rect(0, 0, 40, 30))
		for k := range m.Pix {
			m.Pix[k] = byte(60 * i)
		}
		must(t, png.Encode(f, m))
		must(t, f.Close())
		must(t, result.WriteRun(at, &result.Run{Name: name, ID: name, Status: result.Done}))
	}
	if !crossed {
		plan.Runs = plan.Runs[:3]
	}
	must(t, result.WritePlan(dir, plan))
}

// Each picture is at its place.
func TestSheet(t *testing.T) {
	for _, crossed := range []bool{true, false} {
		dir := t.TempDir()
		experiment(t, dir, crossed)
		e, err := result.Open(dir)
		must(t, err)
		m, err := sheet(e)
		must(t, err)
		high := mostWide * 30 / 40
		for i := range e.Runs {
			x, y := i*(mostWide+gap), 0
			if crossed {
				x, y = leftWidth+i%2*(mostWide+gap), line+i/2*(high+gap)
			}
			if c := color.GrayModel.Convert(m.At(x+mostWide/2, y+high/2)).(color.Gray); int(c.Y)-60*i > 1 || 60*i-int(c.Y) > 1 {
				t.Errorf("crossed %v: run %d is %d", crossed, i, c.Y)
			}
		}
	}
}

// The page in the repository has every configuration, and its pictures are there.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/gallery.md")
	must(t, err)
	configs, err := filepath.Glob("../../configs/*.toml")
	must(t, err)
	for _, c := range configs {
		if !strings.Contains(string(text), "(../configs/"+filepath.Base(c)+")") {
			t.Errorf("docs/gallery.md lacks %s: make gallery, or go run ./internal/gallery results/gallery docs configs/*.toml", c)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join("../../docs", link[1])); err != nil {
			t.Error(err)
		}
	}
}
