package launch

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/planned"
)

// TestStepTime measures several runs at a time, and gives up where they cannot be built
// or are cancelled.
func TestStepTime(t *testing.T) {
	p, _ := planned.Small(t)
	c := p.Runs[0].Config
	if d, err := stepTime(t.Context(), c, 2, 1); runtime.GOOS == "windows" {
		t.Logf("the clock is coarse: %v, %v", d, err)
	} else if err != nil || d <= 0 || d > 10*time.Second {
		t.Errorf("%v, %v", d, err)
	}
	gone := *c
	gone.Images.Content = "gone.png"
	if _, err := stepTime(t.Context(), &gone, 2, 1); err == nil {
		t.Error("a picture that is not there was measured")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := stepTime(ctx, c, 2, 1); err == nil {
		t.Error("a cancelled trial gave a time")
	}
}

// TestFastest: the time counts that a step takes a run.
func TestFastest(t *testing.T) {
	choices := []Division{{Jobs: 1, Threads: 2}, {Jobs: 2, Threads: 1}, {Jobs: 4, Threads: 1}}
	steps := map[int]time.Duration{1: 28 * time.Millisecond, 2: 40 * time.Millisecond, 4: 68 * time.Millisecond}
	measure := func(d Division) (time.Duration, error) { return steps[d.Jobs], nil }
	got := fastest(choices, measure, Division{})
	want := "measured: a step takes 0.028 s with one run on 2 threads, 0.04 s with 2 runs on one thread each, 0.068 s with 4 runs on one thread each"
	if got.Jobs != 4 || got.Threads != 1 || got.Why != want {
		t.Errorf("%+v", got)
	}
	steps[4] = 90 * time.Millisecond
	if got := fastest(choices, measure, Division{}); got.Jobs != 2 {
		t.Errorf("%+v", got)
	}
	failing := func(d Division) (time.Duration, error) { return time.Second, errors.New("no weights") }
	if got := fastest(choices, failing, Division{Jobs: 3}); got != (Division{Jobs: 3}) {
		t.Errorf("%+v", got)
	}
}
