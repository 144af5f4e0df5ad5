package run_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/experiments/store"
)

// TestOvertaken: a process whose lock was lost goes on while another one takes its attempt
// for dead and removes it. It publishes nothing, at whichever step that happens.
func TestOvertaken(t *testing.T) {
	p, dir := planned.Small(t)
	r := p.Runs[0]
	m := run.NewMaker("test", []*config.Config{r.Config})
	make := func(name string, report func(s store.Store, step int)) (string, error) {
		t.Helper()
		results := filepath.Join(dir, name)
		s, _, _, err := store.Open(results, p)
		if err != nil {
			t.Fatal(err)
		}
		return results, m.Make(t.Context(), s, r, 1, func(step int, loss float64) {
			if !math.IsNaN(loss) {
				report(s, step)
			}
		})
	}
	whole, err := make("whole", func(store.Store, int) {})
	if err != nil {
		t.Fatal(err)
	}
	want := fixture.Products(t, whole)
	for _, at := range []int{1, 5, 8, r.Config.Steps()} { // after step 4, a directory for frames is made
		overtaken := false
		results, err := make("overtaken", func(s store.Store, step int) {
			if step != at || overtaken {
				return
			}
			overtaken = true
			if err := os.Remove(filepath.Join(s.Attempts(r.Name), "lock")); err != nil {
				t.Fatal(err)
			}
			other, err := s.Begin(r.Name, r.Identity, false)
			if err != nil {
				t.Fatal(err)
			}
			s.Prune(r.Name, other)
		})
		if overtaken && !errors.Is(err, store.ErrElsewhere) {
			t.Errorf("step %d: %v", at, err)
		}
		if _, err := make("overtaken", func(store.Store, int) {}); err != nil {
			t.Fatal(err)
		}
		fixture.Alike(t, fixture.Products(t, results), want)
		if err := os.RemoveAll(results); err != nil {
			t.Fatal(err)
		}
	}
}
