// Package slurm makes runs as array jobs of Slurm, through its commands sbatch, squeue,
// scancel and sinfo.
//
// Slurm starts a task at least once: it may start one twice, and a controller that fails may
// lose a submission that it has accepted. Correctness lies in the directory of the run; what
// Slurm says is advice. Jobs are known by a name with a random part and not by their
// numbers, which Slurm uses again.
package slurm

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
)

// Options are the resources of a job and the program that it starts.
type Options struct {
	Partition string // empty: the cluster's default
	Minutes   int    // time limit of a run
	MemoryMB  int    // memory of a run
	CPUs      int    // processors, and threads, of a run
	Jobs      int    // runs at a time; 0: as many as Slurm starts
	More      []string
	Program   string // nst on the nodes
}

// Launcher submits one array job for the tasks of a call of Submit. Its files are in
// <dir>/.launch: NAME.runs with the name of a run for each index, from 1; NAME.sh, the
// script; and NAME-INDEX.log, what a run said.
type Launcher struct {
	Options
	known    map[launch.Job]launch.Status // of the last answer
	answered time.Time
	numbers  map[string]string // of jobs, by their names
	dirs     map[string]string // of experiments, by the names of jobs
}

var _ launch.Finder = (*Launcher)(nil)

// away is how long a controller may be away: jobs go on without it.
const away = 10 * time.Minute

// New makes a launcher. It checks that Slurm is there, and that the partition exists and
// gives a job what it asks for.
func New(o Options) (*Launcher, error) {
	for _, name := range []string{"sbatch", "squeue", "scancel", "sinfo"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("%s, a command of Slurm, is not on the PATH: start the sweep on a login node of the cluster, or use --launch local", name)
		}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Launcher{Options: o, known: map[launch.Job]launch.Status{}, numbers: map[string]string{}, dirs: map[string]string{}, answered: time.Now()}, nil
}

// run starts a command of Slurm and returns what it writes.
func run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", prefix.Errorf("", "%s: %s (%w)", name, strings.Join(strings.Fields(said.String()), " "), err)
	}
	return out.String(), nil
}

var unnamed = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// Submit submits array jobs. A submission whose answer is lost is looked for before it is
// made again.
func (l *Launcher) Submit(tasks []launch.Task) ([]launch.Job, error) {
	var jobs []launch.Job
	for len(tasks) > 0 {
		n := min(len(tasks), l.largest())
		made, err := l.array(tasks[:n])
		jobs = append(jobs, made...)
		if err != nil {
			return jobs, err
		}
		tasks = tasks[n:]
	}
	return jobs, nil
}

// largest is the number of tasks that one array may have.
func (l *Launcher) largest() int {
	out, err := run("scontrol", "show", "config")
	if err == nil {
		for line := range strings.Lines(out) {
			if key, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "MaxArraySize" {
				if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n > 1 {
					return n - 1
				}
			}
		}
	}
	return 1000 // Slurm's default, less one
}

// array submits tasks of one experiment as one array job.
func (l *Launcher) array(tasks []launch.Task) ([]launch.Job, error) {
	dir, err := filepath.Abs(tasks[0].Dir)
	if err != nil {
		return nil, err
	}
	name := strings.Trim(unnamed.ReplaceAllString(filepath.Base(dir), "-"), "-")
	at := filepath.Join(dir, result.LaunchDir)
	if err := os.MkdirAll(at, 0o777); err != nil {
		return nil, err
	}
	unique, err := os.CreateTemp(at, name[:min(len(name), 40)]+"-*.runs") // a name that nobody has
	if err != nil {
		return nil, err
	}
	unique.Close()
	name = strings.TrimSuffix(filepath.Base(unique.Name()), ".runs")
	var runs strings.Builder
	jobs := make([]launch.Job, len(tasks))
	for i, t := range tasks {
		runs.WriteString(t.Run + "\n")
		jobs[i] = job(name, i+1)
	}
	list, script := filepath.Join(at, name+".runs"), filepath.Join(at, name+".sh")
	if err := result.WriteFile(list, []byte(runs.String())); err != nil { // before sbatch: Find reads it
		return nil, err
	}
	if err := result.WriteFile(script, []byte(l.script(dir, list))); err != nil {
		return nil, err
	}
	args := []string{"--parsable", "-J", name, "-n1", "-c", strconv.Itoa(l.CPUs), fmt.Sprintf("--mem=%dM", l.MemoryMB), "-t", strconv.Itoa(l.Minutes),
		"--requeue", "--open-mode=append", "-o", filepath.Join(at, name+"-%a.log")}
	indices := fmt.Sprintf("--array=1-%d", len(tasks))
	if l.Jobs > 0 {
		indices += fmt.Sprintf("%%%d", l.Jobs)
	}
	args = append(args, indices)
	if l.Partition != "" {
		args = append(args, "-p", l.Partition)
	}
	args = append(append(args, l.More...), script)
	const tries = 3
	for n := 1; ; n++ {
		out, err := run("sbatch", args...)
		if err == nil {
			number, _, _ := strings.Cut(strings.TrimSpace(out), ";") // a cluster's name may follow
			l.numbers[name] = number
			break
		}
		// The controller may have accepted it before its answer was lost.
		if found, lookErr := queue([]string{name}); lookErr == nil && len(found) > 0 {
			break
		} else if lookErr == nil && !strings.Contains(prefix.Text(err), "controller") || n == tries {
			os.Remove(list)
			os.Remove(script)
			return nil, fmt.Errorf("%w; nothing was submitted", err)
		}
		time.Sleep(2 * time.Second)
	}
	l.dirs[name] = dir
	return jobs, nil
}

func job(name string, index int) launch.Job { return launch.Job(name + "/" + strconv.Itoa(index)) }

func parts(j launch.Job) (name, index string) {
	name, index, _ = strings.Cut(string(j), "/")
	return name, index
}

// script is what a node executes. It replaces itself by nst, which so receives Slurm's
// signals and saves its work.
func (l *Launcher) script(dir, list string) string {
	return fmt.Sprintf(`#!/bin/sh
run=$(sed -n "${SLURM_ARRAY_TASK_ID}p" %[1]s)
if [ -z "$run" ]; then
	echo "nst: the node $(hostname) cannot read" %[1]s": all nodes must share the directory of the results"
	exit 1
fi
if [ ! -x %[2]s ]; then
	echo "nst: the node $(hostname) has no program" %[2]s": launch.program names the path of nst on the nodes"
	exit 1
fi
exec %[2]s work %[3]s "$run" --threads %[4]d
`, quote(list), quote(l.Program), quote(dir), l.CPUs)
}

// quote is a word for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Cancel cancels a task: nst receives SIGTERM, saves its work and ends.
func (l *Launcher) Cancel(j launch.Job) error {
	name, index := parts(j)
	number := l.numbers[name]
	if number == "" {
		all, err := queue([]string{name})
		if err != nil {
			return err
		}
		for _, t := range all {
			number = t.number
		}
	}
	if number == "" {
		return nil // Slurm has forgotten it
	}
	_, err := run("scancel", number+"_"+index)
	return err
}
