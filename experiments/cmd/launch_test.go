package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const eight = `"loss.style.weight" = [10, 20, 30, 40, 50, 60, 70, 80]`

// Wherever runs are made, they are the same: in processes of their own, by a command, and
// shared out by number.
func TestLaunchers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no shell")
	}
	t.Setenv("NST_BE_THE_COMMAND", "1") // for the processes that sweeps start
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "here")
	want := files(t, filepath.Join(dir, "here", "exp"))
	byCommand := fmt.Sprintf("\n[launch]\nkind = 'command'\njobs = 2\ncommand = ['sh', '-c', 'exec \"$0\" work \"$1\" \"$2\"', '%s', '{dir}', '{run}']\n", program)
	if err := os.WriteFile(filepath.Join(dir, "command.toml"), []byte(quick(t)+byCommand), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"isolated": {"exp.toml", "--isolate"},
		"command":  {"command.toml"},
	} {
		said := mustRun(t, exitDone, dir, append([]string{"sweep", "--results", name}, args...)...)
		contains(t, said, "2 at a time", "all 2 runs are done")
		same(t, files(t, filepath.Join(dir, name, "exp")), want)
	}
	for _, shard := range []string{"2/2", "1/2"} {
		contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "sharded", "--shard", shard), "the run is done")
	}
	same(t, files(t, filepath.Join(dir, "sharded", "exp")), want)
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "sharded"), "nothing to do")
}

func TestLaunchWrong(t *testing.T) {
	dir := bench(t, quick(t))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"unknown kind":      {[]string{"--launch", "pbs"}, "slurm"},
		"no command":        {[]string{"--launch", "command"}, "no command"},
		"no run in it":      {[]string{"--launch", "command", "--set", `launch.command=["ssh", "{dir}"]`}, "{run}"},
		"no such program":   {[]string{"--launch", "command", "--set", `launch.command=["no-such-thing", "{dir}", "{run}"]`}, "no-such-thing"},
		"key of another":    {[]string{"--set", `launch.command=["sh", "{dir}", "{run}"]`}, `kind = "command"`},
		"isolated commands": {[]string{"--isolate", "--launch", "command", "--set", `launch.command=["sh", "{dir}", "{run}"]`}, "--isolate"},
		"shard of nothing":  {[]string{"--shard", "3/2"}, "1/4"},
		"key of Slurm":      {[]string{"--set", "launch.partition=main"}, `kind = "slurm"`},
		"option of ours":    {[]string{"--launch", "slurm", "--set", `launch.options=["--array=3"]`}, "--array"},
		"swept":             {[]string{"--set", `sweep.axes."launch.kind"=["local", "command"]`}, "an axis over launch"},
	} {
		t.Run(name, func(t *testing.T) {
			contains(t, mustRun(t, exitUsage, dir, append([]string{"sweep", "exp.toml"}, c.args...)...), c.says)
			if _, err := os.Stat(filepath.Join(dir, "results")); err == nil {
				t.Error("it left results")
			}
		})
	}
}

// Four sweeps on one directory share the runs; one is killed, and the others make its runs.
func TestFourShareAndOneIsKilled(t *testing.T) {
	dir := bench(t, quick(t, `"loss.style.weight" = [10, 100]`, eight, "steps = 6", "steps = 60"))
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "whole")
	var all []*exec.Cmd
	var said []*output
	for range 4 {
		cmd, out := command(t, dir, "sweep", "exp.toml", "--results", "shared", "--jobs", "1", "--threads", "1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all, said = append(all, cmd), append(said, out)
	}
	underWay(t, filepath.Join(dir, "shared"), 2, "metrics.csv")
	all[0].Process.Kill()
	made := 0
	for i, cmd := range all {
		if err := cmd.Wait(); err != nil && i > 0 {
			t.Errorf("%v\n%s", err, said[i])
		}
		made += strings.Count(said[i].String(), " started,")
	}
	if made < 8 || made > 9 { // one may have begun twice: by the killed one and by its heir
		t.Errorf("%d runs were started, want 8 shared among the sweeps", made)
	}
	same(t, files(t, filepath.Join(dir, "shared", "exp")), files(t, filepath.Join(dir, "whole", "exp")))
}
