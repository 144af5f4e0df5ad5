package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// These tests need a real Slurm: make test-slurm starts one on this machine. NST_SLURM is
// the directory of its configuration and of its processes' numbers.
//
// Whatever happens to the jobs, nothing is lost, nothing is made twice, and the bytes are
// those of a sweep in this process. Tests that break nothing for the others run at the same
// time.
func onSlurm(t *testing.T) (cluster string) {
	t.Helper()
	if cluster = os.Getenv("NST_SLURM"); cluster == "" {
		t.Skip("NST_SLURM is not set: make test-slurm")
	}
	return cluster
}

const onCluster = "\n[launch]\nkind = 'slurm'\nminutes = 5\nmemory_mb = 500\n"

// A slurmSweep is a sweep of two runs on the cluster, whose program executes what a test has
// prepared before it makes a run.
type slurmSweep struct {
	t    *testing.T
	dir  string
	want map[string]string // files of a sweep in this process
	runs []string          // their names
}

const (
	brief  = "30"  // steps of runs to which something happens before they begin
	lively = "400" // and of those that must be met at work
)

// slurmWant are the files of the two runs, made in this process, by the number of steps.
var slurmWant sync.Map

// newSlurmSweep prepares the configuration, with more settings of [launch], and the program
// that the nodes start.
func newSlurmSweep(t *testing.T, steps string, settings ...string) *slurmSweep {
	t.Helper()
	text := quick(t, "steps = 6", "steps = "+steps)
	made, _ := slurmWant.LoadOrStore(steps, sync.OnceValue(func() map[string]string {
		dir := bench(t, text)
		mustRun(t, exitDone, dir, "sweep", "exp.toml")
		return files(t, filepath.Join(dir, "results", "exp"))
	}))
	m := &slurmSweep{t: t, want: made.(func() map[string]string)()}
	for name := range m.want {
		if filepath.Base(name) == "config.toml" {
			m.runs = append(m.runs, filepath.Dir(name))
		}
	}
	launch := onCluster
	for i := 0; i < len(settings); i += 2 {
		if strings.Contains(launch, settings[i]) {
			launch = strings.Replace(launch, settings[i], settings[i+1], 1)
		} else {
			launch += settings[i] + settings[i+1] + "\n"
		}
	}
	m.dir = bench(t, text)
	// nst work DIR RUN: the first start of a run executes the file of that name.
	node := filepath.Join(m.dir, "node.sh")
	script := fmt.Sprintf("#!/bin/sh\nexport NST_BE_THE_COMMAND=1\nif mv '%[1]s/'\"$3\".hook '%[1]s/'\"$3\".taken 2>/dev/null; then . '%[1]s/'\"$3\".taken; fi\nexec '%[2]s' \"$@\"\n", m.dir, program)
	for name, text := range map[string]string{node: script, filepath.Join(m.dir, "exp.toml"): text + launch + "program = '" + node + "'\n"} {
		if err := os.WriteFile(name, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// hook is what the first start of a run does before its work, as a shell script.
func (m *slurmSweep) hook(run int, script string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, m.runs[run]+".hook"), []byte(script+"\n"), 0o666); err != nil {
		m.t.Fatal(err)
	}
}

func (m *slurmSweep) results() string    { return filepath.Join(m.dir, "results") }
func (m *slurmSweep) experiment() string { return filepath.Join(m.results(), "exp") }

// sweep makes the runs and returns what it said.
func (m *slurmSweep) sweep(status int, args ...string) string {
	m.t.Helper()
	return mustRun(m.t, status, m.dir, append([]string{"sweep", "exp.toml"}, args...)...)
}

// begin starts a sweep.
func (m *slurmSweep) begin() (*exec.Cmd, *output) {
	m.t.Helper()
	cmd, said := command(m.t, m.dir, "sweep", "exp.toml")
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	return cmd, said
}

// submissions counts the array jobs that were submitted.
func (m *slurmSweep) submissions() int {
	lists, _ := filepath.Glob(filepath.Join(m.experiment(), ".launch", "*.runs"))
	return len(lists)
}

// workers returns the processes that make a run.
func (m *slurmSweep) workers(run string) []string {
	out, _ := exec.Command("pgrep", "-f", "work "+m.experiment()+" "+run).Output() // 1 if there is none
	return strings.Fields(string(out))
}

// worker waits for a process that makes a run and has saved a checkpoint, and stops it, so
// that it is at work for as long as the test wants.
func (m *slurmSweep) worker() (run, pid string) {
	m.t.Helper()
	underWay(m.t, m.results(), 1, "checkpoint")
	eventually(m.t, "a worker", func() bool {
		for _, run = range m.runs {
			saved, _ := filepath.Glob(filepath.Join(m.experiment(), ".attempts", run, "*", "checkpoint"))
			if all := m.workers(run); len(all) == 1 && len(saved) > 0 {
				pid = all[0]
				return exec.Command("kill", "-STOP", pid).Run() == nil
			}
		}
		return false
	})
	return run, pid
}

// finish makes what is left and compares all.
func (m *slurmSweep) finish() {
	m.t.Helper()
	contains(m.t, m.sweep(exitDone), "2 runs are done")
	same(m.t, files(m.t, m.experiment()), m.want)
	if left, _ := filepath.Glob(filepath.Join(m.experiment(), ".attempts", "*", "*")); len(left) > 0 {
		m.t.Errorf("attempts are left: %v", left)
	}
}

// before puts a command in front of one of Slurm's: the script is executed at the first call
// only, and $real is the command itself.
func (m *slurmSweep) before(name, script string) {
	m.t.Helper()
	real, err := exec.LookPath(name)
	if err != nil {
		m.t.Fatal(err)
	}
	bin := m.t.TempDir()
	text := fmt.Sprintf("#!/bin/sh\nreal=%s\nif mkdir %s/called 2>/dev/null; then\n%s\nfi\nexec $real \"$@\"\n", real, bin, script)
	if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o777); err != nil {
		m.t.Fatal(err)
	}
	m.t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

func slurmSays(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// daemon is the number of a process of the cluster.
func daemon(t *testing.T, cluster, name string) string {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(cluster, "run", name+".pid"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(pid))
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 90 s: %s", what)
		}
	}
}
