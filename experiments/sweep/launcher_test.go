package sweep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/experiments/sweep"
)

const taskVariable = "NST_TEST_TASK"

// TestMain is a worker where a launcher of these tests has started the process.
func TestMain(m *testing.M) {
	if text := os.Getenv(taskVariable); text != "" {
		var task launch.Task
		err := json.Unmarshal([]byte(text), &task)
		if err == nil {
			err = run.Work(context.Background(), task.Dir, task.Run, 1, "test", nil)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// processes is a launcher that runs each task in a process of its own.
type processes struct {
	jobs  map[launch.Job]chan error
	most  int // jobs of a poll
	polls int
}

var _ launch.Launcher = (*processes)(nil)

func (p *processes) Submit(tasks []launch.Task) ([]launch.Job, error) {
	var jobs []launch.Job
	for _, t := range tasks {
		job, err := p.start(t)
		if err != nil {
			return jobs, err
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

func (p *processes) start(task launch.Task) (launch.Job, error) {
	text, err := json.Marshal(task)
	if err != nil {
		return "", err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text))
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return "", err
	}
	end := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if err != nil {
			err = errors.New(said.String())
		}
		end <- err
	}()
	job := launch.Job(fmt.Sprint(cmd.Process.Pid))
	p.jobs[job] = end
	return job, nil
}

func (p *processes) Poll(jobs []launch.Job) ([]launch.Status, error) {
	p.polls++
	p.most = max(p.most, len(jobs))
	all := make([]launch.Status, len(jobs))
	for i, j := range jobs {
		select {
		case err := <-p.jobs[j]:
			p.jobs[j] <- err
			all[i] = launch.Status{State: launch.Ended, Err: err}
		default:
			all[i] = launch.Status{State: launch.Running}
		}
	}
	return all, nil
}

func (p *processes) Cancel(launch.Job) error { return nil }

// A launcher that starts processes makes the same bytes as this process, has no more
// tasks than it may have, and is polled once for all of them.
func TestProcesses(t *testing.T) {
	plan, dir := planned.Small(t, `sweep.axes."loss.style.weight"=[10, 100, 1000]`)
	if _, err := sweep.Run(t.Context(), plan, sweep.Options{Results: filepath.Join(dir, "here")}); err != nil {
		t.Fatal(err)
	}
	p := &processes{jobs: map[launch.Job]chan error{}}
	began := time.Now()
	o := sweep.Options{Results: filepath.Join(dir, "there"), Launcher: p, Ahead: 2, Pace: 50 * time.Millisecond}
	sum, err := sweep.Run(t.Context(), plan, o)
	if err != nil {
		t.Fatal(err)
	}
	if n := sum.Count(sweep.Done); n != 3 || sum.Made != 3 {
		t.Fatalf("%d done, %d made: %+v", n, sum.Made, sum.Runs)
	}
	if most := int(time.Since(began)/o.Pace) + 1; p.polls > most {
		t.Errorf("polled %d times, want at most %d", p.polls, most)
	}
	if p.most != o.Ahead {
		t.Errorf("%d tasks at a time, want %d", p.most, o.Ahead)
	}
	fixture.Alike(t, fixture.Products(t, o.Results), fixture.Products(t, filepath.Join(dir, "here")))
	if left, _ := filepath.Glob(filepath.Join(o.Results, "exp", ".attempts", "*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// A worker that fails says why, and refuses what is not the plan's.
func TestProcessesFail(t *testing.T) {
	plan, dir := planned.Small(t)
	o := sweep.Options{Results: filepath.Join(dir, "results"), Launcher: &processes{jobs: map[launch.Job]chan error{}}, Pace: 20 * time.Millisecond}
	if err := os.Remove(filepath.Join(dir, "s.png")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "s.png"), []byte(fixture.PNG(t, 24, 24, 0.5)), 0o666); err != nil {
		t.Fatal(err)
	}
	sum, err := sweep.Run(t.Context(), plan, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range sum.Runs {
		if r.Phase != sweep.Blocked || !strings.Contains(r.Note, "has changed since") {
			t.Errorf("%s: %v, %q", r.Name, r.Phase, r.Note)
		}
	}
	if err := run.Work(t.Context(), filepath.Join(o.Results, "exp"), "nobody", 1, "test", nil); err == nil || !strings.Contains(err.Error(), `no run "nobody"`) {
		t.Errorf("a run that is not in the plan: %v", err)
	}
}
