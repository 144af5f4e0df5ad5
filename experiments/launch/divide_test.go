package launch_test

import (
	"runtime"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/sweep"
)

// TestDivideTries: a sweep with enough to do measures how to share the cores out, says
// so, and makes the same bytes; told how, or short, it does not.
func TestDivideTries(t *testing.T) {
	defer launch.SetWorthTrying(launch.SetWorthTrying(0))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))))
	cores := runtime.GOMAXPROCS(0)
	s := func(worth float64, o sweep.Options) (launch.Division, map[string]string) {
		launch.SetWorthTrying(worth)
		p, results := planned.Small(t)
		var d launch.Division
		o.Results = results
		o.Watch = func(p sweep.Progress) { d = p.Division }
		if _, err := sweep.Run(t.Context(), p, o); err != nil {
			t.Fatal(err)
		}
		return d, fixture.Products(t, results)
	}
	tried, got := s(0, sweep.Options{})
	if tried.Why == "" && runtime.GOOS != "windows" || tried.Jobs < 1 || tried.Threads < 1 || tried.Jobs*tried.Threads > 2*cores {
		t.Errorf("%+v of %d cores", tried, cores)
	}
	short, want := s(1e18, sweep.Options{})
	if short.Why != "" || short.Jobs < 1 {
		t.Errorf("a short sweep: %+v", short)
	}
	fixture.Alike(t, got, want)
	if told, _ := s(0, sweep.Options{Jobs: 1, Threads: 2}); told != (launch.Division{Jobs: 1, Threads: 2}) {
		t.Errorf("told 1 and 2: %+v", told)
	}
}
