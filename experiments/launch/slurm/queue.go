package slurm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/result"
)

// task is what Slurm says about a task of an array.
type task struct {
	name, index   string // the index is N/A for waiting tasks that were cancelled together
	state, reason string
	node, number  string
}

// queue asks Slurm about jobs. Ended jobs are listed for some minutes.
func queue(names []string) ([]task, error) {
	var all []task
	for chunk := range slices.Chunk(names, 100) {
		out, err := run("squeue", "-h", "-r", "-n", strings.Join(chunk, ","), "--states=all", "-o", "%j|%K|%T|%r|%N|%F")
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(out) {
			if f := strings.Split(strings.TrimSpace(line), "|"); len(f) == 6 {
				all = append(all, task{f[0], f[1], f[2], f[3], f[4], f[5]})
			}
		}
	}
	return all, nil
}

var (
	waitingStates = []string{"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT", "SUSPENDED"}
	runningStates = []string{"RUNNING", "COMPLETING", "SIGNALING", "STAGE_OUT", "STOPPED", "RESIZING"}
)

func (t task) over() bool {
	return !slices.Contains(waitingStates, t.state) && !slices.Contains(runningStates, t.state)
}

// words is the state for people.
func (t task) words() string {
	text := "Slurm: " + strings.ToLower(t.state)
	if t.node != "" && !t.over() {
		text += " on " + t.node
	}
	if t.reason != "" && t.reason != "None" {
		text += " (" + t.reason + ")"
	}
	return text
}

// Poll asks Slurm about the jobs. While the controller does not answer, for ten minutes, they
// are as they were: they go on without it.
func (l *Launcher) Poll(jobs []launch.Job) ([]launch.Status, error) {
	var names []string
	for _, j := range jobs {
		if name, _ := parts(j); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	all, err := queue(names)
	if err != nil && time.Since(l.answered) > away {
		return nil, err
	}
	statuses := make([]launch.Status, len(jobs))
	if err != nil {
		for i, j := range jobs {
			statuses[i] = l.known[j] // waiting, if nothing was known
			statuses[i].Note = "Slurm's controller does not answer"
		}
		return statuses, nil
	}
	l.answered = time.Now()
	tasks := map[launch.Job]task{}
	for _, t := range all {
		tasks[launch.Job(t.name+"/"+t.index)] = t
		l.numbers[t.name] = t.number
	}
	for i, j := range jobs {
		name, index := parts(j)
		t, listed := tasks[j]
		if !listed {
			t, listed = tasks[launch.Job(name+"/N/A")]
		}
		s := &statuses[i]
		switch {
		case listed && t.reason == "DependencyNeverSatisfied":
			if err := l.Cancel(j); err != nil {
				return nil, err
			}
			s.State, s.Err = launch.Ended, errors.New("Slurm would never start it, because a job that it depends on has failed (DependencyNeverSatisfied): change launch.options")
		case listed && slices.Contains(waitingStates, t.state):
			s.State, s.Note = launch.Waiting, t.words()
		case listed && slices.Contains(runningStates, t.state):
			s.State = launch.Running
		default:
			s.State, s.Err = launch.Ended, l.failure(t, listed, filepath.Join(l.dirs[name], result.LaunchDir, name+"-"+index+".log"))
		}
		l.known[j] = *s
	}
	return statuses, nil
}

// failure says why an ended task may have left no result. It is an error also for tasks that
// have left one; the sweep looks for the result first.
func (l *Launcher) failure(t task, listed bool, log string) error {
	said, err := tail(log)
	last := said[strings.LastIndexByte(said, '\n')+1:]
	switch {
	case !listed:
		return fmt.Errorf("%w: Slurm has no such job any more", launch.ErrLost)
	case t.state == "CANCELLED" && !strings.Contains(said, "TIME LIMIT") && !strings.Contains(said, "memory limit"):
		return errors.New("cancelled in Slurm; the same command submits it again")
	case t.state == "OUT_OF_MEMORY", strings.Contains(said, "memory limit"), strings.Contains(said, "oom_kill"):
		return fmt.Errorf("it took more than its %d MB of memory: raise launch.memory_mb; %s", l.MemoryMB, log)
	case strings.HasPrefix(last, "nst: "):
		return errors.New(strings.TrimPrefix(last, "nst: "))
	case (t.state == "FAILED" || t.state == "COMPLETED") && errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("it ended on %s without a log, %s: the node must see the directory of the results under the same path", t.node, log)
	}
	return fmt.Errorf("%w (Slurm: %s on %s)", launch.ErrLost, strings.ToLower(t.state), t.node)
}

// tail is the end of a log.
func tail(path string) (string, error) {
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b[max(0, len(b)-4096):])), err
}

// Find returns the jobs of an experiment that Slurm has and that have not ended.
func (l *Launcher) Find(dir string) (map[string]launch.Job, error) {
	found := map[string]launch.Job{}
	return found, l.each(dir, func(run string, j launch.Job, t task) {
		if !t.over() {
			found[run] = j
		}
	})
}

// Queue says of each run that Slurm has what its job waits for or does, for people. Without
// jobs or without Slurm it is empty.
func Queue(dir string) map[string]string {
	words := map[string]string{}
	_ = (&Launcher{}).each(dir, func(run string, _ launch.Job, t task) { // for people only: no answer, no words
		if !t.over() {
			words[run] = t.words()
		}
	})
	return words
}

// each calls f for each task of an experiment's jobs that Slurm still lists.
func (l *Launcher) each(dir string, f func(run string, j launch.Job, t task)) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	lists, err := filepath.Glob(filepath.Join(dir, result.LaunchDir, "*.runs"))
	if err != nil || len(lists) == 0 {
		return err
	}
	runs := map[launch.Job]string{}
	var names []string
	for _, list := range lists {
		b, err := os.ReadFile(list)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(list), ".runs")
		names = append(names, name)
		for i, run := range strings.Fields(string(b)) {
			runs[job(name, i+1)] = run
		}
		if l.dirs != nil {
			l.dirs[name] = dir
		}
	}
	all, err := queue(names)
	if err != nil {
		return err
	}
	for _, t := range all {
		j := launch.Job(t.name + "/" + t.index)
		if run, ok := runs[j]; ok {
			f(run, j, t)
		}
	}
	return nil
}
