package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// Processors that differ: a worker on another kind refuses, sweeps that share a directory do
// not, and the results say which were made by which.
func TestMixedProcessors(t *testing.T) {
	if nst.ISA() == "portable" || runtime.GOOS == "windows" {
		t.Skip("one kind of kernels, or no shell")
	}
	t.Setenv("NST_BE_THE_COMMAND", "1")
	two := strings.Replace(slowTwo, "steps = 400", "steps = 200", 1)
	dir := bench(t, two)
	byCommand := fmt.Sprintf("\n[launch]\nkind = 'command'\ncommand = ['env', 'NST_ISA=portable', '%s', 'work', '{dir}', '{run}']\n", program)
	if err := os.WriteFile(filepath.Join(dir, "other.toml"), []byte(two+byCommand), 0o666); err != nil {
		t.Fatal(err)
	}
	contains(t, mustRun(t, exitFailed, dir, "sweep", "other.toml"), "the sweep was started by .*"+result.Provenance{ISA: nst.ISA()}.Kernels()+".*, and this is .*portable kernels on ")

	t.Setenv("NST_ISA", "portable")
	first, _ := command(t, dir, "sweep", "exp.toml", "--shard", "1/2")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	underWay(t, filepath.Join(dir, "results"), 1, result.CheckpointFile)
	first.Process.Kill()
	if first.Wait() == nil {
		t.Fatal("it ended before it was killed")
	}
	os.Unsetenv("NST_ISA")
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--shard", "1/2")
	t.Setenv("NST_ISA", "portable")
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	e, err := result.Open(filepath.Join(dir, "results", "exp"))
	if err != nil {
		t.Fatal(err)
	}
	continued := 0
	for _, r := range e.Runs {
		for _, w := range r.Run.Warnings {
			contains(t, w, "continued by other kernels: portable kernels on .*, then ")
			continued++
		}
	}
	if continued != 1 {
		t.Errorf("%d runs say that other kernels continued them, want 1", continued)
	}
	page, err := os.ReadFile(filepath.Join(dir, "results", "exp", result.IndexFile))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(page), "Runs were made by processors that differ: 1 by .*, 1 by ", "continued by other kernels")
}
