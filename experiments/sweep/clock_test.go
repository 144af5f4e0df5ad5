package sweep_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/sweep"
)

// elsewhere is a launcher whose jobs begin on a machine whose clock differs, and fail.
type elsewhere struct {
	host  string
	ahead time.Duration
	tasks []launch.Task
	polls int
}

func (e *elsewhere) Submit(tasks []launch.Task) (jobs []launch.Job, err error) {
	for _, t := range tasks {
		e.tasks, jobs = append(e.tasks, t), append(jobs, launch.Job(t.Run))
		dir := result.Attempts(t.Dir, t.Run)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
		if err := (result.Holder{PID: 2, Host: e.host, At: time.Now().Add(e.ahead)}).Write(dir); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

func (e *elsewhere) Poll(jobs []launch.Job) ([]launch.Status, error) {
	all := make([]launch.Status, len(jobs))
	for i := range all {
		all[i].State = launch.Running
		if e.polls > 0 {
			all[i] = launch.Status{State: launch.Ended, Err: os.ErrDeadlineExceeded}
		}
	}
	e.polls++
	return all, nil
}

func (e *elsewhere) Cancel(launch.Job) error { return nil }

// Results do not depend on clocks, but times that are shown do: each machine whose clock
// differs is named once.
func TestClocks(t *testing.T) {
	plan, dir := planned.Small(t)
	for ahead, want := range map[time.Duration]string{
		10 * time.Minute:  "the clock of node7 is 10m0s ahead of the clock of this machine",
		-10 * time.Minute: "the clock of node7 is at least 10m",
		-5 * time.Second:  "",
		5 * time.Second:   "",
	} {
		o := sweep.Options{Results: filepath.Join(dir, ahead.String()), Launcher: &elsewhere{host: "node7", ahead: ahead}, Pace: time.Millisecond}
		sum, err := sweep.Run(t.Context(), plan, o)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(sum.Warnings, "\n")
		// The clock moves while the runs are submitted; a holder's file has whole seconds.
		said = strings.NewReplacer("9m59s", "10m0s", "9m58s", "10m0s").Replace(said)
		if want == "" && said != "" || !strings.Contains(said, want) || len(sum.Warnings) > 1 {
			t.Errorf("%v ahead: said %q, want %q", ahead, said, want)
		}
	}
}
