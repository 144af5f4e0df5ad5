package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// These tests need a real Slurm: make test-slurm starts one on this machine. NST_SLURM is
// the directory of its configuration and of its processes' numbers.
func onSlurm(t *testing.T) string {
	t.Helper()
	cluster := os.Getenv("NST_SLURM")
	if cluster == "" {
		t.Skip("NST_SLURM is not set: make test-slurm")
	}
	t.Setenv("NST_BE_THE_COMMAND", "1") // for the nodes
	return cluster
}

// slurmTwo is the two runs of a test, long enough to be met at work, with their results made
// in this process.
func slurmTwo(t *testing.T, steps string, more string) (dir string, want map[string]string) {
	t.Helper()
	dir = bench(t, quick(t, "steps = 6", "steps = "+steps)+more)
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "here", "--launch", "local")
	return dir, files(t, filepath.Join(dir, "here", "exp"))
}

const onCluster = "\n[launch]\nkind = 'slurm'\nminutes = 5\nmemory_mb = 500\n"

func slurmSays(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
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

// Slurm makes the bytes of this process; a sweep that is detached is found again; what is
// done is not submitted again.
func TestSlurm(t *testing.T) {
	onSlurm(t)
	dir, want := slurmTwo(t, "300", onCluster)
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml", "--detach"), "2 jobs with Slurm")
	contains(t, mustRun(t, exitDone, dir, "status", "results/exp", "--once"), "exp")
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), "all 2 runs are done")
	same(t, files(t, filepath.Join(dir, "results", "exp")), want)
	if lists, _ := filepath.Glob(filepath.Join(dir, "results", "exp", ".launch", "*.runs")); len(lists) != 1 {
		t.Errorf("the runs were submitted %d times", len(lists))
	}
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), "nothing to do")
}

// A worker that is killed is submitted again and continues; a task that is cancelled is
// reported, and made by the next sweep; Ctrl-C leaves the jobs.
func TestSlurmLoses(t *testing.T) {
	onSlurm(t)
	dir, want := slurmTwo(t, "3000", onCluster)
	results := filepath.Join(dir, "results")
	first, said := command(t, dir, "sweep", "exp.toml")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	underWay(t, results, 2, "checkpoint")
	killed := strings.Fields(slurmSays(t, "pgrep", "-f", "work "+filepath.Join(results, "exp")))
	for _, pid := range killed[:1] {
		slurmSays(t, "kill", "-9", pid)
	}
	eventually(t, "the killed run is submitted again", func() bool {
		lists, _ := filepath.Glob(filepath.Join(results, "exp", ".launch", "*.runs"))
		return len(lists) == 2
	})
	if err := interrupt(first.Process); err != nil {
		t.Fatal(err)
	}
	first.Wait()
	contains(t, said.String(), "with Slurm")
	job := strings.Fields(slurmSays(t, "squeue", "-h", "-r", "-t", "RUNNING,PENDING", "-o", "%i"))
	if len(job) == 0 {
		t.Fatalf("Ctrl-C ended the jobs\n%s", said)
	}
	second, said2 := command(t, dir, "sweep", "exp.toml")
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	slurmSays(t, "scancel", job[0])
	second.Wait()
	if code := second.ProcessState.ExitCode(); code != exitDone && !strings.Contains(said2.String(), "cancelled in Slurm") {
		t.Errorf("exit status %d\n%s", code, said2)
	}
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), "2 runs are done")
	same(t, files(t, filepath.Join(results, "exp")), want)
}

// A node that goes down and a controller that is killed right after a submission cost time
// only.
func TestSlurmBreaks(t *testing.T) {
	cluster := onSlurm(t)
	dir, want := slurmTwo(t, "3000", onCluster)
	results := filepath.Join(dir, "results")
	cmd, said := command(t, dir, "sweep", "exp.toml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lists := func() []string {
		all, _ := filepath.Glob(filepath.Join(results, "exp", ".launch", "*.runs"))
		return all
	}
	eventually(t, "a submission", func() bool { return len(lists()) > 0 })
	eventually(t, "the queue", func() bool { return slurmSays(t, "squeue", "-h") != "" })
	pid, err := os.ReadFile(filepath.Join(cluster, "run", "slurmctld.pid"))
	if err != nil {
		t.Fatal(err)
	}
	slurmSays(t, "kill", "-9", strings.TrimSpace(string(pid)))
	time.Sleep(time.Second)
	slurmSays(t, "slurmctld") // it reads the state that it had saved
	underWay(t, results, 1, "checkpoint")
	busy := strings.Fields(slurmSays(t, "squeue", "-h", "-r", "-t", "RUNNING", "-o", "%N"))
	if len(busy) > 0 {
		slurmSays(t, "scontrol", "update", "nodename="+busy[0], "state=down", "reason=test")
		defer exec.Command("scontrol", "update", "nodename="+busy[0], "state=resume").Run() // it may be back already
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	same(t, files(t, filepath.Join(results, "exp")), want)
}

// What can be known is an error before anything is submitted.
func TestSlurmWrong(t *testing.T) {
	onSlurm(t)
	dir := bench(t, quick(t)+onCluster)
	for name, c := range map[string]struct{ set, says string }{
		"partition":  {"launch.partition=none", `no partition "none"; it has main`},
		"time":       {"launch.minutes=100000", "the partition allows 60"},
		"memory":     {"launch.memory_mb=100000", "the nodes of the partition have 2000 MB"},
		"processors": {"launch.cpus=64", "the nodes of the partition have 2"},
		"too little": {"launch.memory_mb=1", "a run takes about"},
	} {
		t.Run(name, func(t *testing.T) {
			contains(t, mustRun(t, exitUsage, dir, "sweep", "exp.toml", "--set", c.set), c.says)
		})
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "results", "exp", ".launch", "*")); len(left) > 0 {
		t.Errorf("submitted: %v", left)
	}
	// Only a node can find these; the message is the run's.
	contains(t, mustRun(t, exitFailed, dir, "sweep", "exp.toml", "--results", "no-program", "--set", "launch.program=/no/nst"), "has no program /no/nst")
}

// Without Slurm, the message says what to do.
func TestSlurmMissing(t *testing.T) {
	dir := bench(t, quick(t)+onCluster)
	t.Setenv("PATH", t.TempDir())
	contains(t, mustRun(t, exitUsage, dir, "sweep", "exp.toml"), "sbatch, a command of Slurm, is not on the PATH", "--launch local")
}
