package experiments

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// TestDivideTries: a sweep with enough to do measures how to share the cores out, says
// so, and makes the same bytes; told how, or short, it does not.
func TestDivideTries(t *testing.T) {
	defer func(old float64) { worthTrying = old }(worthTrying)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))))
	cores := runtime.GOMAXPROCS(0)
	sweep := func(worth float64, o SweepOptions) (Division, map[string]string) {
		worthTrying = worth
		p, results := smallPlan(t)
		var d Division
		o.Results = results
		o.Watch = func(p Progress) { d = p.Division }
		mustSweep(t, p, o)
		return d, products(t, results)
	}
	tried, got := sweep(0, SweepOptions{})
	if tried.Why == "" && runtime.GOOS != "windows" || tried.Jobs < 1 || tried.Threads < 1 || tried.Jobs*tried.Threads > cores {
		t.Errorf("%+v of %d cores", tried, cores)
	}
	short, want := sweep(1e18, SweepOptions{})
	if short.Why != "" || short.Jobs < 1 {
		t.Errorf("a short sweep: %+v", short)
	}
	alike(t, got, want)
	if told, _ := sweep(0, SweepOptions{Jobs: 1, Threads: 2}); told != (Division{Jobs: 1, Threads: 2}) {
		t.Errorf("told 1 and 2: %+v", told)
	}
}

// TestStepTime measures several runs at a time, and gives up where they cannot be built
// or are cancelled.
func TestStepTime(t *testing.T) {
	p, _ := smallPlan(t)
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
