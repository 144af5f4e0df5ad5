package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// A page of very many runs links its pictures, has no curves of layers, and lists some of
// the runs for browsers without scripts.
func TestVeryManyRuns(t *testing.T) {
	defer func(n int) { manyRuns = n }(manyRuns)
	manyRuns = 8
	dir := filepath.Join(t.TempDir(), "many")
	must(t, os.Mkdir(dir, 0o755))
	synthetic{steps: 100, every: 1, width: 16, height: 12, runs: 12, measured: true}.make(t, dir)
	must(t, Write(dir))
	data, err := os.ReadFile(filepath.Join(dir, result.IndexFile))
	must(t, err)
	page := string(data)
	m := modelOf(t, page)
	for _, r := range m.Runs {
		if p := r.Picture; p == nil || p.Src != "./"+r.Name+"/image.png" || p.Width != 16 {
			t.Errorf("the picture of %s is %+v", r.Name, p)
		}
		if n := len(r.Curves[tableMetrics].X[result.ColumnStep]); n < 5 || n > 400 {
			t.Errorf("%d points", n)
		}
	}
	for _, q := range m.Series {
		if q.Group != "" {
			t.Errorf("a curve of %s %s", q.Group, q.Label)
		}
	}
	if strings.Contains(page, "data-kind=") || !strings.Contains(page, "img-src data: blob: &#39;self&#39; file:") && !strings.Contains(page, "img-src data: blob: 'self' file:") {
		t.Error("pictures are inside the page, or must not be loaded")
	}
	if n := strings.Count(page, "<td>done</td>"); n != 2 {
		t.Errorf("%d runs for browsers without scripts", n)
	}
	if !strings.Contains(strings.Join(m.Warnings, " "), "must stay beside them") {
		t.Errorf("the page does not say that it needs other files: %q", m.Warnings)
	}
}

// Every plot of several runs has a key, and a plot of very many runs says that it shows
// some of them.
func TestPlotKeys(t *testing.T) {
	for _, c := range []struct {
		runs, axis int // runs without an axis, or the values of a numeric one
		keys       int
	}{{1, 0, 0}, {24, 0, 24}, {25, 0, 9}, {80, 0, 9}, {0, 20, 20}, {0, 80, 9}} {
		s := &study{Experiment: &result.Experiment{Plan: &result.Plan{}}}
		var values []string
		for i := range max(c.runs, c.axis) {
			values = append(values, fmt.Sprint(i+1))
			s.Runs = append(s.Runs, run{RunState: result.RunState{PlannedRun: result.PlannedRun{Values: map[string]string{"rate": fmt.Sprint(i + 1)}}}, Label: fmt.Sprint(i + 1)})
		}
		if c.axis > 0 {
			s.Varied = []result.Axis{axis("rate", "", values...)}
		}
		s.colour()
		_, width := plotFile{}.legend(s)
		if got := len(plotKeys(s)); got != c.keys || (width > 0) != (c.keys > 0) {
			t.Errorf("%d runs, %d values: %d keys, want %d", c.runs, c.axis, got, c.keys)
		}
	}
}
