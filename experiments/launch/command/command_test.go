package command

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/launch"
)

// finish polls until all jobs have ended.
func finish(t *testing.T, l *Launcher, jobs []launch.Job) []launch.Status {
	t.Helper()
	for {
		all, err := l.Poll(jobs)
		if err != nil {
			t.Fatal(err)
		}
		over := true
		for _, s := range all {
			over = over && s.State == launch.Ended
		}
		if over {
			return all
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func shell(t *testing.T, script string, jobs int) *Launcher {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no shell")
	}
	l, err := New([]string{"sh", "-c", script, "{dir}", "{run}"}, jobs)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Names reach the command as they are, whatever is in them; what it says is in a log.
func TestWords(t *testing.T) {
	dir := t.TempDir()
	l := shell(t, `printf '%s|%s\n' "$0" "$1"; exit 3`, 2)
	const odd = "a=1_b=$(x) 'y'"
	jobs, err := l.Submit([]launch.Task{{Dir: dir, Run: "one"}, {Dir: dir, Run: odd}, {Dir: dir, Run: "three"}})
	if err != nil || len(jobs) != 3 {
		t.Fatal(jobs, err)
	}
	for i, s := range finish(t, l, jobs) {
		if s.Err == nil || errors.Is(s.Err, launch.ErrLost) || !strings.Contains(s.Err.Error(), dir) || !strings.Contains(s.Err.Error(), "exit status 3") {
			t.Errorf("job %d: %v", i, s.Err)
		}
	}
	if said, err := os.ReadFile(Log(dir, odd)); err != nil || string(said) != dir+"|"+odd+"\n" {
		t.Errorf("%q, %v", said, err)
	}
}

// A killed command is lost, a lost connection too; a cancelled one is interrupted.
func TestEnds(t *testing.T) {
	dir := t.TempDir()
	for script, want := range map[string]bool{"kill -9 $$": true, "exit 255": true, "exit 75": true, "exit 1": false, "exit 0": false, "exit 130": true} {
		l := shell(t, script, 1)
		jobs, err := l.Submit([]launch.Task{{Dir: dir, Run: "r"}})
		if err != nil {
			t.Fatal(err)
		}
		if s := finish(t, l, jobs)[0]; errors.Is(s.Err, launch.ErrLost) != want {
			t.Errorf("%s: %v", script, s.Err)
		}
	}
	l := shell(t, `trap 'exit 7' INT; echo up; while :; do sleep 0.02; done`, 1)
	jobs, err := l.Submit([]launch.Task{{Dir: dir, Run: "first"}, {Dir: dir, Run: "second"}})
	if err != nil {
		t.Fatal(err)
	}
	for {
		if said, _ := os.ReadFile(Log(dir, "first")); len(said) > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	for _, j := range []launch.Job{jobs[1], jobs[0], jobs[0]} {
		if err := l.Cancel(j); err != nil {
			t.Fatal(err)
		}
	}
	all := finish(t, l, jobs)
	if !strings.Contains(all[0].Err.Error(), "exit status 7") || !errors.Is(all[1].Err, context.Canceled) {
		t.Errorf("%v, %v", all[0].Err, all[1].Err)
	}
	if err := l.Cancel(jobs[0]); err != nil {
		t.Errorf("to cancel what has ended: %v", err)
	}
	if _, err := l.Poll([]launch.Job{"9"}); err == nil {
		t.Error("a job that is none was polled")
	}
}

func TestMissingProgram(t *testing.T) {
	if _, err := New([]string{"no-such-program-here", "{dir}", "{run}"}, 0); err == nil || !strings.Contains(err.Error(), "no-such-program-here") {
		t.Errorf("%v", err)
	}
	if _, err := New(nil, 0); err == nil {
		t.Error("no command")
	}
}
