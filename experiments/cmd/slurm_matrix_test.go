package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The controller is away when the jobs are submitted, and comes back.
func TestSlurmAwayAtSubmit(t *testing.T) {
	cluster := onSlurm(t)
	m := newSlurmSweep(t, brief)
	m.before("sbatch", fmt.Sprintf("kill -9 %s; (sleep 3; exec slurmctld) >/dev/null 2>&1 &", daemon(t, cluster, "slurmctld")))
	m.sweep(exitDone)
	m.finish()
}

// The controller is killed right after it has accepted the jobs, and so forgets them.
func TestSlurmKilledAfterSubmit(t *testing.T) {
	cluster := onSlurm(t)
	m := newSlurmSweep(t, brief)
	m.before("sbatch", fmt.Sprintf("$real \"$@\"; status=$?; kill -9 %s; (exec slurmctld) >/dev/null 2>&1 & exit $status", daemon(t, cluster, "slurmctld")))
	m.sweep(exitDone)
	m.finish()
}

// A node goes down, and Slurm starts its run a second time while the first attempt goes on;
// the lock, which would keep the second one waiting, is lost, as on a file system without
// locks.
func TestSlurmTwoAttempts(t *testing.T) {
	cluster := onSlurm(t)
	m := newSlurmSweep(t, lively)
	cmd, said := m.begin()
	run, first := m.worker()
	environment, err := os.ReadFile("/proc/" + first + "/environ")
	if err != nil {
		t.Fatal(err)
	}
	_, node, _ := strings.Cut(string(environment), "\x00SLURMD_NODENAME=")
	node, _, _ = strings.Cut(node, "\x00")
	if err := os.Remove(filepath.Join(m.experiment(), ".attempts", run, "lock")); err != nil {
		t.Fatal(err)
	}
	slurmSays(t, "kill", "-9", daemon(t, cluster, "slurmd."+node))
	slurmSays(t, "scontrol", "update", "nodename="+node, "state=down", "reason=test")
	defer func() {
		slurmSays(t, "slurmd", "-N", node)
		exec.Command("scontrol", "update", "nodename="+node, "state=resume").Run() // it may be back already
	}()
	eventually(t, "a second attempt", func() bool { return len(m.workers(run)) == 2 })
	slurmSays(t, "kill", "-CONT", first)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	m.finish()
}

// A node that does not see the directory of the results cannot say so; the sweep does.
func TestSlurmNotShared(t *testing.T) {
	cluster := onSlurm(t)
	m := newSlurmSweep(t, brief, "options = ", "['--nodelist=n3']")
	if exec.Command("unshare", "-m", "true").Run() != nil {
		t.Skip("no mount namespaces here")
	}
	if err := os.Mkdir(m.results(), 0o777); err != nil {
		t.Fatal(err)
	}
	restart := func(command ...string) {
		exec.Command("kill", "-9", daemon(t, cluster, "slurmd.n3")).Run() // it may have ended
		slurmSays(t, command[0], command[1:]...)
		eventually(t, "the node is back", func() bool {
			exec.Command("scontrol", "update", "nodename=n3", "state=resume").Run() // it may be back already
			return strings.TrimSpace(slurmSays(t, "sinfo", "-h", "-n", "n3", "-o", "%t")) == "idle"
		})
	}
	restart("unshare", "-m", "sh", "-c", "mount -t tmpfs none "+m.results()+" && exec slurmd -N n3")
	said := m.sweep(exitFailed)
	restart("slurmd", "-N", "n3")
	contains(t, said, "ended on n3 without a log.*the node must see the directory of the results under the same path")
	m.finish()
}

// Slurm makes the bytes of this process; a sweep that is detached is found again; what is
// done is not submitted again.
func TestSlurm(t *testing.T) {
	onSlurm(t)
	t.Parallel()
	m := newSlurmSweep(t, brief)
	m.hook(0, "sleep 2")
	contains(t, m.sweep(exitDone, "--detach"), "2 jobs with Slurm")
	contains(t, mustRun(t, exitDone, m.dir, "status", "results/exp", "--once"), "Slurm: (pending|running)")
	contains(t, m.sweep(exitDone), "all 2 runs are done")
	contains(t, m.sweep(exitDone), "nothing to do")
	if n := m.submissions(); n != 1 {
		t.Errorf("%d submissions", n)
	}
	m.finish()
}

// A worker that is killed is submitted again and continues; Ctrl-C leaves the jobs, which the
// next sweep finds; a task that is cancelled is reported.
func TestSlurmLoses(t *testing.T) {
	onSlurm(t)
	t.Parallel()
	m := newSlurmSweep(t, lively)
	first, said := m.begin()
	run, pid := m.worker()
	m.hook(slices.Index(m.runs, run), "echo "+arrayTask+" >'"+m.dir+"/again'; sleep 60")
	slurmSays(t, "kill", "-9", pid)
	again := ""
	eventually(t, "the killed run is started again", func() bool {
		text, _ := os.ReadFile(filepath.Join(m.dir, "again")) // when it is there
		again = strings.TrimSpace(string(text))
		return again != ""
	})
	if err := interrupt(first.Process); err != nil {
		t.Fatal(err)
	}
	first.Wait()
	contains(t, said.String(), "with Slurm")
	second, said := m.begin()
	eventually(t, "the job is found", func() bool { return strings.Contains(said.String(), "by Slurm") })
	slurmSays(t, "scancel", again)
	second.Wait()
	contains(t, said.String(), "cancelled in Slurm; the same command submits it again")
	m.finish()
}

// arrayTask is what a hook calls its task.
const arrayTask = "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"

// What was made is submitted again, past nst: nothing is touched.
func TestSlurmDoneAgain(t *testing.T) {
	onSlurm(t)
	t.Parallel()
	m := newSlurmSweep(t, brief)
	m.sweep(exitDone)
	before := published(t, m.experiment())
	scripts, _ := filepath.Glob(filepath.Join(m.experiment(), ".launch", "*.sh"))
	slurmSays(t, "sbatch", "--wait", "--array=1-2", "--mem=500M", "-o", filepath.Join(m.dir, "again-%a.log"), scripts[0])
	untouched(t, before, published(t, m.experiment()))
	m.finish()
}

// How a worker may end: it asks to be started again (75), Slurm kills it for its memory or at
// its time limit, requeues it, or cancels it, or it says that it cannot make the run.
func TestSlurmEnds(t *testing.T) {
	onSlurm(t)
	for name, c := range map[string]struct {
		settings []string
		hook     string
		status   int
		says     string // of the first sweep
		long     bool
	}{
		"again":   {hook: "exit 75", status: exitDone, says: "2 runs are done"},
		"requeue": {hook: "scontrol requeue " + arrayTask + "; sleep 60", status: exitDone, says: "2 runs are done"},
		"memory":  {hook: "head -c 700000000 /dev/zero | tail -c 700000000 | sleep 20", status: exitFailed, says: "it took more than its 500 MB of memory: raise launch.memory_mb"},
		"time":    {settings: []string{"minutes = 5", "minutes = 1"}, hook: "sleep 600", status: exitDone, says: "2 runs are done", long: true},
		"cancel":  {hook: "scancel " + arrayTask + "; sleep 60", status: exitFailed, says: "cancelled in Slurm; the same command submits it again"},
		"cannot":  {hook: "echo 'nst: no such picture'; exit 1", status: exitFailed, says: "no such picture"},
		"version": {hook: "export NST_ISA=portable", status: exitFailed, // stands for a node whose processor is another
			says: "the sweep was started by .* kernels.* and this is .*portable kernels on .*launch.options"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("it takes more than a minute")
			}
			t.Parallel()
			m := newSlurmSweep(t, brief, c.settings...)
			m.hook(0, c.hook)
			contains(t, m.sweep(c.status), c.says)
			if _, err := os.Stat(filepath.Join(m.dir, m.runs[0]+".taken")); err != nil {
				t.Error("nothing went wrong:", err)
			}
			m.finish()
		})
	}
}

// A job that waits for one that has failed would wait for ever.
func TestSlurmDependency(t *testing.T) {
	onSlurm(t)
	t.Parallel()
	failed := strings.TrimSpace(slurmSays(t, "sbatch", "--parsable", "-o", "/dev/null", "--wrap", "exit 1"))
	m := newSlurmSweep(t, brief, "options = ", fmt.Sprintf("['--dependency=afterok:%s']", failed))
	contains(t, m.sweep(exitFailed), "a job that it depends on has failed .*: change launch.options")
	contains(t, m.sweep(exitDone, "--set", `launch.options=["--nice"]`), "2 runs are done")
	m.finish()
}

// What can be known is an error before anything is submitted.
func TestSlurmWrong(t *testing.T) {
	onSlurm(t)
	t.Parallel()
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
