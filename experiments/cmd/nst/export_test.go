package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A configuration that asks for event files has them beside its runs when the
// sweep ends; what is exported later is the same.
func TestSweepTensorBoard(t *testing.T) {
	dir := bench(t, quick(t, "frames = 40", "frames = 3\ntensorboard = true"))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	own := filepath.Join(dir, "results", "exp", "tensorboard")
	files, _ := filepath.Glob(filepath.Join(own, "*", "events.out.tfevents.*"))
	if len(files) != 2 {
		t.Fatalf("event files %q", files)
	}
	before := times(t, dir)
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), "nothing to do")
	same(t, before, times(t, dir))
	contains(t, mustRun(t, exitDone, dir, "report", "results/exp"), "look at") // no warning of a strange directory

	mustRun(t, exitDone, dir, "export", "tensorboard", "results/exp", "--to", "events")
	contains(t, mustRun(t, exitDone, dir, "export", "tensorboard", "results/exp", "--to", "events"), `events/exp: all there already`)
	for _, f := range files {
		rel, _ := filepath.Rel(own, f)
		if !sameFile(t, f, filepath.Join(dir, "events", "exp", rel)) {
			t.Errorf("%s is exported otherwise", rel)
		}
	}
	contains(t, mustRun(t, exitUsage, dir, "export", "tensorboard", "results/exp"), `wants a directory to write to: --to`)
	contains(t, mustRun(t, exitUsage, dir, "export", "csv", "elsewhere", "--to", "x"), `elsewhere`)
	mustRun(t, exitDone, dir, "export", "csv", "results/exp", "--to", "t")
	contains(t, mustRun(t, exitUsage, dir, "export", "csv", "results/exp", "--to", "t"), `there already: t/runs\.csv; --force`)
	entries, err := os.ReadDir(filepath.Join(dir, "t"))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"curves.csv", "long.csv", "measures.csv", "metrics.json", "runs.csv"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("there are %q, want %q (%v)", names, want, err)
	}
}
