package status_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/status"
)

// experiment writes one done run, two at work (one by a process that is no more),
// an interrupted and a failed one, and one that has not begun.
func experiment(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "exp")
	plan := &result.Plan{Experiment: "exp"}
	for _, name := range []string{"done", "working", "killed", "stopped", "failed", "waiting"} {
		plan.Runs = append(plan.Runs, result.PlannedRun{Name: name, ID: name})
	}
	must(t, os.MkdirAll(dir, 0o777))
	must(t, result.WritePlan(dir, plan))
	host, err := os.Hostname()
	must(t, err)
	for _, r := range []struct {
		name   string
		status result.Status
		steps  int
		pid    int
	}{
		{"done", result.Done, 100, 0},
		{"working", result.Running, 50, os.Getpid()},
		{"killed", result.Running, 25, 1<<22 + 1}, // beyond the largest number that Linux gives
		{"stopped", result.Interrupted, 40, 0},
		{"failed", result.Failed, 3, 0},
	} {
		at := filepath.Join(dir, r.name)
		if r.status == result.Running || r.status == result.Interrupted {
			at = filepath.Join(result.Attempts(dir, r.name), "one")
		}
		must(t, os.MkdirAll(at, 0o777))
		metrics, times := "step,evaluations,rate,total\n", "step,seconds\n"
		for i := range r.steps {
			metrics += fmt.Sprintf("%d,1,1,%d\n", i, 1000-i)
			times += fmt.Sprintf("%d,%g\n", i, float64(i)/4) // 4 steps a second
		}
		must(t, os.WriteFile(filepath.Join(at, result.MetricsFile), []byte(metrics), 0o666))
		must(t, os.WriteFile(filepath.Join(at, result.TimesFile), []byte(times), 0o666))
		must(t, os.WriteFile(filepath.Join(at, result.ImageFile), nil, 0o666))
		run := &result.Run{Name: r.name, ID: r.name, Status: r.status, Planned: 100, Total: 7, Started: time.Now()}
		if r.status == result.Done || r.status == result.Failed {
			run.Steps, run.Seconds = r.steps, float64(r.steps)/4
		}
		if r.status == result.Failed {
			run.Failure = &result.Failure{Error: "not finite\nat step 3"}
		}
		must(t, result.WriteRun(at, run))
		if r.pid > 0 {
			must(t, os.WriteFile(filepath.Join(dir, result.AttemptsDir, r.name, "holder"), fmt.Appendf(nil, "process %d on %s\n", r.pid, host), 0o666))
		}
	}
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTable(t *testing.T) {
	dir := experiment(t)
	b, e, err := status.Read(dir, nil, time.Now())
	must(t, err)
	// 50 steps of one, 75 + 60 + 100 of those that nobody works on, at 4 steps a second, by one.
	if want := 285 * time.Second / 4; b.Left != want {
		t.Errorf("%v left, want %v", b.Left, want)
	}
	got := strings.Join(status.Table([]*status.Board{b}, 0, 0), "\n")
	want := `exp: 1 of 6 runs done, 1 running, 1 killed, 1 interrupted, 1 failed, 1 waiting, 52 %, about 71 s left
STATE        PROGRESS              STEP     LOSS  STEPS/S  LEFT  RUN
done         [============] 100 %  100/100  7     4              done
running      [======      ]  50 %  50/100   951   4        12 s  working
killed       [===         ]  25 %  25/100   976   4              killed   its process has ended; the same command continues it
interrupted  [====        ]  40 %  40/100   961   4              stopped
failed       [            ]   3 %  3/100    7     4              failed   not finite at step 3
waiting                                                          waiting`
	if got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
	// Where there is no room, those at work come first.
	lines := status.Table([]*status.Board{b}, 40, 6)
	if len(lines) > 6 || !strings.HasPrefix(lines[2], "running") || !strings.HasPrefix(lines[3], "failed") || lines[4] != "… and 1 killed, 1 interrupted, 1 done, …" {
		t.Errorf("the small table is\n%s", strings.Join(lines, "\n"))
	}
	for _, l := range lines {
		if n := len([]rune(l)); n > 40 {
			t.Errorf("a line of %d characters: %s", n, l)
		}
	}
	for height := range 5 { // nothing to read, but no panic
		status.Table([]*status.Board{b, b, b}, 1, height)
	}

	// Nothing written for a while is spoken of; the rest is as before.
	later, _, err := status.Read(dir, e, time.Now().Add(10*time.Minute))
	must(t, err)
	if text := strings.Join(status.Table([]*status.Board{later}, 0, 0), "\n"); !strings.Contains(text, "working  nothing written for 10 min") {
		t.Errorf("ten minutes later:\n%s", text)
	}
	if later.Over() {
		t.Error("all is over while a run waits")
	}
	if _, _, err := status.Read(t.TempDir(), nil, time.Now()); err == nil {
		t.Error("an empty directory has a status")
	}
}

// A run with stages says in which one it is, until it is over.
func TestStage(t *testing.T) {
	for state, want := range map[result.Status]string{result.Interrupted: "stage 2 of 3, 272 px", result.Done: ""} {
		dir := filepath.Join(t.TempDir(), "exp")
		must(t, os.MkdirAll(filepath.Join(dir, "a"), 0o777))
		must(t, result.WritePlan(dir, &result.Plan{Experiment: "exp", Runs: []result.PlannedRun{{Name: "a", ID: "1"}}}))
		must(t, result.WriteRun(filepath.Join(dir, "a"), &result.Run{Name: "a", ID: "1", Status: state, Steps: 70, Planned: 130,
			Stages: []result.Stage{{Size: 192, Steps: 60}, {Size: 272, Steps: 40}, {Size: 384, Steps: 30}}}))
		b, _, err := status.Read(dir, nil, time.Now())
		must(t, err)
		text := strings.Join(status.Table([]*status.Board{b}, 0, 0), "\n")
		if b.Runs[0].Stage != want || want != "" && !strings.Contains(text, want) || want == "" && strings.Contains(text, "stage") {
			t.Errorf("%s: %q\n%s", state, b.Runs[0].Stage, text)
		}
	}
}

// At 80 columns, runs whose names differ only at their ends can be told apart, with and
// without axes.
func TestNarrowTable(t *testing.T) {
	for _, axes := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "exp")
		plan := &result.Plan{Experiment: "exp"}
		if axes {
			plan.Axes = []result.Axis{{Key: "loss.style.weight", Values: []string{"10", "100"}}, {Key: "images.style", Values: []string{"swirls", "dusk"}}}
		}
		for i, weight := range []string{"10", "100", "10", "100"} {
			style := []string{"swirls", "dusk"}[i/2]
			r := result.PlannedRun{Name: fmt.Sprintf("a-name-that-fills-most-of-a-line_style.weight=%s_style=%s-0123456%d", weight, style, i), ID: fmt.Sprint(i)}
			if axes {
				r.Values = map[string]string{"loss.style.weight": weight, "images.style": style}
			}
			plan.Runs = append(plan.Runs, r)
		}
		must(t, os.MkdirAll(dir, 0o777))
		must(t, result.WritePlan(dir, plan))
		for _, r := range plan.Runs {
			must(t, os.MkdirAll(filepath.Join(dir, r.Name), 0o777))
			must(t, result.WriteRun(filepath.Join(dir, r.Name), &result.Run{Name: r.Name, ID: r.ID, Status: result.Done, Steps: 500, Planned: 500, Seconds: 10, Total: 1234567}))
		}
		b, _, err := status.Read(dir, nil, time.Now())
		must(t, err)
		seen := map[string]bool{}
		for _, line := range status.Table([]*status.Board{b}, 80, 0) {
			if n := len([]rune(line)); n > 80 {
				t.Errorf("a line of %d characters: %s", n, line)
			}
			if seen[line] {
				t.Errorf("two lines are %s", line)
			}
			seen[line] = true
		}
	}
}
