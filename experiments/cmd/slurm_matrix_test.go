package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What may go wrong with Slurm: nothing is lost, nothing is made twice, and the bytes are
// those of a sweep in this process. Tests that only wait run at the same time.

// A mishap is a sweep of two runs on the cluster, whose program executes what a test has
// prepared before it makes a run.
type mishap struct {
	t    *testing.T
	dir  string
	want map[string]string
	runs []string // their names
}

// newMishap makes the two runs in this process, for comparison, and the program that the
// nodes start.
func newMishap(t *testing.T, steps string, settings ...string) *mishap {
	t.Helper()
	m := &mishap{t: t}
	more := onCluster
	for i := 0; i < len(settings); i += 2 {
		if strings.Contains(more, settings[i]) {
			more = strings.Replace(more, settings[i], settings[i+1], 1)
		} else {
			more += settings[i] + settings[i+1] + "\n"
		}
	}
	m.dir, m.want = slurmTwo(t, steps, more+"program = 'node.sh'\n")
	configuration := filepath.Join(m.dir, "exp.toml")
	text, err := os.ReadFile(configuration)
	if err != nil {
		t.Fatal(err)
	}
	node := filepath.Join(m.dir, "node.sh")
	if err := os.WriteFile(configuration, []byte(strings.Replace(string(text), "'node.sh'", "'"+node+"'", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	// nst work DIR RUN: the first start of a run executes the file of that name.
	script := fmt.Sprintf("#!/bin/sh\nif mv '%[1]s/'\"$3\".hook '%[1]s/'\"$3\".taken 2>/dev/null; then . '%[1]s/'\"$3\".taken; fi\nexec '%[2]s' \"$@\"\n", m.dir, program)
	if err := os.WriteFile(node, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	records, _ := filepath.Glob(filepath.Join(m.dir, "here", "exp", "*", "run.json"))
	for _, r := range records {
		m.runs = append(m.runs, filepath.Base(filepath.Dir(r)))
	}
	return m
}

// hook is what the first start of a run does before its work, as a shell script.
func (m *mishap) hook(run int, script string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, m.runs[run]+".hook"), []byte(script+"\n"), 0o666); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mishap) experiment() string { return filepath.Join(m.dir, "results", "exp") }

// submissions counts the array jobs that were submitted.
func (m *mishap) submissions() int {
	lists, _ := filepath.Glob(filepath.Join(m.experiment(), ".launch", "*.runs"))
	return len(lists)
}

// finish makes what is left and compares all.
func (m *mishap) finish() {
	m.t.Helper()
	contains(m.t, mustRun(m.t, exitDone, m.dir, "sweep", "exp.toml"), "2 runs are done")
	same(m.t, files(m.t, m.experiment()), m.want)
	if left, _ := filepath.Glob(filepath.Join(m.experiment(), ".attempts", "*", "*")); len(left) > 0 {
		m.t.Errorf("attempts are left: %v", left)
	}
}

// before puts a command in front of one of Slurm's: the script is executed at the first call
// only, and $real is the command itself.
func (m *mishap) before(name, script string) {
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

// The controller is away when the jobs are submitted, and comes back.
func TestSlurmAwayAtSubmit(t *testing.T) {
	cluster := onSlurm(t)
	m := newMishap(t, "100")
	m.before("sbatch", fmt.Sprintf("kill -9 $(cat %[1]s/run/slurmctld.pid); (sleep 3; exec slurmctld) >/dev/null 2>&1 &", cluster))
	mustRun(t, exitDone, m.dir, "sweep", "exp.toml")
	m.finish()
}

// The controller is killed right after it has accepted the jobs, and so forgets them.
func TestSlurmKilledAfterSubmit(t *testing.T) {
	cluster := onSlurm(t)
	m := newMishap(t, "100")
	m.before("sbatch", fmt.Sprintf("$real \"$@\"; status=$?; kill -9 $(cat %[1]s/run/slurmctld.pid); (sleep 1; exec slurmctld) >/dev/null 2>&1 & exit $status", cluster))
	mustRun(t, exitDone, m.dir, "sweep", "exp.toml")
	m.finish()
}

// A node goes down, and Slurm starts its run a second time while the first attempt goes on;
// the lock, which would keep the second one waiting, is lost, as on a file system without
// locks.
func TestSlurmTwoAttempts(t *testing.T) {
	cluster := onSlurm(t)
	m := newMishap(t, "3000")
	cmd, said := command(t, m.dir, "sweep", "exp.toml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	underWay(t, filepath.Join(m.dir, "results"), 2, "checkpoint")
	node := strings.Fields(slurmSays(t, "squeue", "-h", "-r", "-t", "RUNNING", "-o", "%N"))[0]
	pid, err := os.ReadFile(filepath.Join(cluster, "run", "slurmd."+node+".pid"))
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range m.runs {
		os.Remove(filepath.Join(m.experiment(), ".attempts", run, "lock"))
	}
	slurmSays(t, "kill", "-9", strings.TrimSpace(string(pid)))
	slurmSays(t, "scontrol", "update", "nodename="+node, "state=down", "reason=test")
	defer func() {
		slurmSays(t, "slurmd", "-N", node)
		exec.Command("scontrol", "update", "nodename="+node, "state=resume").Run() // it may be back already
	}()
	twice := false
	for running := true; running; time.Sleep(20 * time.Millisecond) {
		out, _ := exec.Command("pgrep", "-a", "-f", "work "+m.experiment()).Output() // 1 if there is none
		for _, run := range m.runs {
			twice = twice || strings.Count(string(out), run) > 1
		}
		if cmd.ProcessState == nil {
			running = exec.Command("kill", "-0", fmt.Sprint(cmd.Process.Pid)).Run() == nil && !strings.Contains(said.String(), "Report:")
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	if !twice {
		t.Errorf("no run had two attempts at once\n%s", said)
	}
	m.finish()
}

// What was made is submitted again, past nst: nothing is touched.
func TestSlurmDoneAgain(t *testing.T) {
	onSlurm(t)
	m := newMishap(t, "30")
	mustRun(t, exitDone, m.dir, "sweep", "exp.toml")
	before := published(t, m.experiment())
	scripts, _ := filepath.Glob(filepath.Join(m.experiment(), ".launch", "*.sh"))
	slurmSays(t, "sbatch", "--wait", "--array=1-2", "--mem=500M", "-o", filepath.Join(m.dir, "again-%a.log"), scripts[0])
	untouched(t, before, published(t, m.experiment()))
	m.finish()
	if n := m.submissions(); n != 1 {
		t.Errorf("%d submissions", n)
	}
}

// The tests from here on only wait.

// A worker that asks to be started again (75), one that is killed by Slurm for its memory,
// one at its time limit, and one that is cancelled.
func TestSlurmEnds(t *testing.T) {
	onSlurm(t)
	for name, c := range map[string]struct {
		settings []string
		hook     string
		status   int
		says     string // of the first sweep
	}{
		"again":  {hook: "exit 75", status: exitDone, says: "2 runs are done"},
		"memory": {hook: "head -c 1500000000 /dev/zero | tail >/dev/null; sleep 20", status: exitFailed, says: "it took more than its 500 MB of memory: raise launch.memory_mb"},
		"time":   {settings: []string{"minutes = 5", "minutes = 1"}, hook: "sleep 600", status: exitDone, says: "2 runs are done"},
		"cancel": {hook: "scancel ${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}; sleep 60", status: exitFailed, says: "cancelled in Slurm; the same command submits it again"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMishap(t, "30", c.settings...)
			t.Parallel()
			m.hook(0, c.hook)
			contains(t, mustRun(t, c.status, m.dir, "sweep", "exp.toml"), c.says)
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
	failed := strings.TrimSpace(slurmSays(t, "sbatch", "--parsable", "-o", "/dev/null", "--wrap", "exit 1"))
	m := newMishap(t, "30", "options = ", fmt.Sprintf("['--dependency=afterok:%s']", failed))
	contains(t, mustRun(t, exitFailed, m.dir, "sweep", "exp.toml"), "a job that it depends on has failed .*: change launch.options")
	contains(t, mustRun(t, exitDone, m.dir, "sweep", "exp.toml", "--set", `launch.options=["--nice"]`), "2 runs are done")
	m.finish()
}

// A node that does not see the directory of the results cannot say so; the sweep does.
func TestSlurmNotShared(t *testing.T) {
	cluster := onSlurm(t)
	m := newMishap(t, "30", "options = ", "['--nodelist=n3']")
	if exec.Command("unshare", "-m", "true").Run() != nil {
		t.Skip("no mount namespaces here")
	}
	results := filepath.Join(m.dir, "results")
	if err := os.Mkdir(results, 0o777); err != nil {
		t.Fatal(err)
	}
	restart := func(command ...string) {
		pid, err := os.ReadFile(filepath.Join(cluster, "run", "slurmd.n3.pid"))
		if err != nil {
			t.Fatal(err)
		}
		exec.Command("kill", "-9", strings.TrimSpace(string(pid))).Run() // it may have ended
		slurmSays(t, command[0], command[1:]...)
		eventually(t, "the node is back", func() bool {
			exec.Command("scontrol", "update", "nodename=n3", "state=resume").Run() // it may be back already
			return strings.TrimSpace(slurmSays(t, "sinfo", "-h", "-n", "n3", "-o", "%t")) == "idle"
		})
	}
	restart("unshare", "-m", "sh", "-c", "mount -t tmpfs none "+results+" && exec slurmd -N n3")
	said := mustRun(t, exitFailed, m.dir, "sweep", "exp.toml")
	restart("slurmd", "-N", "n3")
	contains(t, said, "ended on n3 without a log.*the node must see the directory of the results under the same path")
	m.finish()
}

// Another version of the program on the nodes refuses to work.
func TestSlurmOtherVersion(t *testing.T) {
	onSlurm(t)
	m := newMishap(t, "30")
	for run := range m.runs {
		m.hook(run, "export NST_ISA=portable") // stands for a node whose processor is another
	}
	contains(t, mustRun(t, exitFailed, m.dir, "sweep", "exp.toml"), "the sweep was started by .*AVX2 kernels.* and this is .*portable kernels on .*launch.options")
	m.finish()
}
