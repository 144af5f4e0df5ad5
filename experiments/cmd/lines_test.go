package cmd

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/sweep"
)

// aSweep is three runs at three moments.
func aSweep() []sweep.Progress {
	began := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	moment := func(after time.Duration, runs ...sweep.RunProgress) sweep.Progress {
		return sweep.Progress{Began: began, Now: began.Add(after), Runs: runs, Planned: len(runs)}
	}
	run := func(name string, phase sweep.Phase, step int, loss float64) sweep.RunProgress {
		r := sweep.RunProgress{Name: name, Phase: phase, Step: step, Steps: 100, Work: 1, Loss: loss}
		if phase != sweep.Waiting {
			r.Began = began
		}
		if phase == sweep.Done || phase == sweep.Blocked {
			r.Ended = began.Add(5 * time.Second)
		}
		return r
	}
	before := run("a", sweep.Done, 100, 1)
	before.Before = true
	broken := run("c", sweep.Blocked, 10, 7)
	broken.Note = "sky.png: no such file"
	nan := math.NaN()
	return []sweep.Progress{
		moment(0, before, run("b", sweep.Waiting, 0, nan), run("c", sweep.Running, 0, nan)),
		moment(time.Second, before, run("b", sweep.Running, 0, nan), run("c", sweep.Running, 10, 7.25)),
		moment(5*time.Second, before, run("b", sweep.Running, 20, 3.5), broken),
		moment(20*time.Second, before, run("b", sweep.Running, 80, 1.5), broken),
		moment(31*time.Second, before, run("b", sweep.Running, 100, 1.25), broken),
		moment(35*time.Second, before, run("b", sweep.Done, 100, 1.25), broken),
	}
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	l := newLines(&out)
	for _, p := range aSweep() {
		l.show(p)
		l.show(p) // says nothing twice
	}
	want := `[1/3] c started, 100 steps
[1/3] b started, 100 steps
[2/3] c failed in 5.0 s: sky.png: no such file
[2/3] 93%; about 2.2 s left; b 80/100, loss 1.5
[2/3] 100%; b 100/100, loss 1.25, measuring the picture
[3/3] b done in 5.0 s, loss 1.25
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBars(t *testing.T) {
	var out bytes.Buffer
	b := newBars(&out, func(sweep.Progress) []string { return []string{"a", "b", "c"} })
	for _, p := range aSweep() {
		b.show(p)
		time.Sleep(200 * time.Millisecond) // the bars draw themselves every 150 ms
	}
	b.close()
	for _, want := range []string{"c failed in 5.0 s: sky.png", "b done in 5.0 s", "1 of 3 runs", "20/100, loss 3.5", "[===", "[---"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the bars never showed %q; they showed\n%s", want, out.String())
		}
	}
}
