package sweep

import (
	"context"
	"errors"
	"image/png"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
)

const prunedGrid = `[sweep]
maximize = "gram_cosine"
prune = "halving"
[sweep.axes]
"loss.style.weight" = [1, 10, 100]
"schedule.rate" = [0.01, 0.03, 0.1]
`

// productsOf are the files of the runs that are done, or of those that were stopped early.
func productsOf(t *testing.T, results string, early bool) map[string]string {
	t.Helper()
	all := fixture.Products(t, results)
	for _, r := range openResults(t, results).Runs {
		if (r.Run.Pruned != "") != early {
			maps.DeleteFunc(all, func(name, _ string) bool { return strings.Contains(name, r.Name) })
		}
	}
	return all
}

func openResults(t *testing.T, results string) *result.Experiment {
	t.Helper()
	e, err := result.Open(filepath.Join(results, "exp"))
	if err != nil || len(e.Warnings) > 0 {
		t.Fatal(err, e)
	}
	return e
}

// Halving makes few runs whole; these have the bits of an ordinary sweep. The others keep
// their pictures and say why they stopped. Interruptions change nothing, and a sweep
// without the rule continues what was stopped.
func TestHalving(t *testing.T) {
	file := searchIn(t, prunedGrid)
	at := func(name string) string { return filepath.Join(filepath.Dir(file), name) }
	sum, err := Run(t.Context(), readPlan(t, file), Options{Results: at("halved")})
	if err != nil || sum.Count(Done)+sum.Count(Pruned) != 9 || sum.Count(Done) < 1 || sum.Count(Done) > 3 {
		t.Fatalf("%+v %v", sum, err)
	}
	steps := 0
	for _, r := range openResults(t, at("halved")).Runs {
		steps += r.Run.Steps
		switch {
		case r.Status != map[bool]result.Status{false: result.Done, true: result.Stopped}[r.Run.Pruned != ""] || r.Image == "" || r.Own() == nil:
			t.Errorf("%s: %s, picture %q", r.Name, r.Status, r.Image)
		case r.Run.Pruned == "" && r.Run.Steps != 9:
			t.Errorf("%s: %d steps", r.Name, r.Run.Steps)
		case r.Run.Pruned != "" && (r.Run.Steps >= 9 || !strings.Contains(r.Run.Stop, "gram_cosine") || r.Own().Step != r.Run.Steps):
			t.Errorf("%s: %d steps, %s, measured at %d", r.Name, r.Run.Steps, r.Run.Stop, r.Own().Step)
		}
	}
	if steps > 45 {
		t.Errorf("%d steps; all runs have 81", steps)
	}
	if again, err := Run(t.Context(), readPlan(t, file), Options{Results: at("halved")}); err != nil || again.Made != 0 {
		t.Errorf("made again: %+v %v", again, err)
	}

	// A kill while stopped runs are published leaves them stopped, not to be continued.
	before := fixture.Products(t, at("halved"))
	s := store.Of(at("halved"), readPlan(t, file))
	for _, r := range openResults(t, at("halved")).Runs {
		if r.Status == result.Stopped {
			if err := errors.Join(s.Reopen(r.Name), s.Limit(r.Name, r.Run.Steps)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if sum, err := Run(t.Context(), readPlan(t, file), Options{Results: at("halved")}); err != nil || sum.Count(Done)+sum.Count(Pruned) != 9 {
		t.Errorf("%+v %v", sum, err)
	}
	if after := fixture.Products(t, at("halved")); !maps.Equal(after, before) {
		t.Error("runs that were stopped have other files after a kill")
	}

	mustSweep(t, readPlan(t, file, "sweep.prune=false"), Options{Results: at("whole")})
	want := fixture.Products(t, at("whole"))
	done := productsOf(t, at("halved"), false)
	for name, data := range done {
		if want[name] != data {
			t.Errorf("%s differs from that of a run that was not judged", name)
		}
	}
	if len(done) == 0 {
		t.Error("no files")
	}

	// Interrupted at random moments.
	r := rand.New(rand.NewPCG(3, 4))
	for stops := 0; ; stops++ {
		ctx, cancel := context.WithCancel(t.Context())
		wait, more, first := time.Duration(r.IntN(60))*time.Millisecond, 1+r.IntN(9), -1
		sum, err := Run(ctx, readPlan(t, file), Options{Results: at("parts"), Watch: func(p Progress) {
			steps := 0
			for _, r := range p.Runs {
				steps += r.Step
			}
			if first < 0 {
				first = steps
			} else if steps-first >= more {
				time.AfterFunc(wait, cancel)
			}
		}})
		cancel()
		if err != nil || stops > 100 {
			t.Fatalf("%d interruptions: %v", stops, err)
		}
		if sum.Count(Done)+sum.Count(Pruned) == 9 {
			break
		}
	}
	fixture.Alike(t, productsOf(t, at("parts"), false), done)
	fixture.Alike(t, productsOf(t, at("parts"), true), productsOf(t, at("halved"), true))

	// More steps continue the same runs.
	mustSweep(t, readPlan(t, file, "sweep.prune=false"), Options{Results: at("halved")})
	fixture.Alike(t, fixture.Products(t, at("halved")), want)
}

// The rule of the median stops what is worse than half of those before it.
func TestMedian(t *testing.T) {
	file := searchIn(t, strings.Replace(prunedGrid, `"halving"`, "\"median\"\nafter = 2\nrungs = [3]", 1))
	results := filepath.Join(filepath.Dir(file), "results")
	sum, err := Run(t.Context(), readPlan(t, file), Options{Results: results})
	if err != nil || sum.Count(Done) < 3 || sum.Count(Pruned) < 1 || sum.Count(Done)+sum.Count(Pruned) != 9 {
		t.Fatalf("%+v %v", sum, err)
	}
	for _, r := range sum.Runs {
		if r.Phase == Pruned && !strings.Contains(r.Note, "worse than the median") {
			t.Error(r.Note)
		}
	}
}

// Without rungs, the ends of the stages judge: all runs are made at the first size, and the
// survivors at the next. A run that was stopped has the picture of its stage.
func TestHalvingByStages(t *testing.T) {
	file := searchIn(t, prunedGrid)
	settings := []string{"stages.sizes=[12, 18, 24]", "run.steps=4"}
	p := readPlan(t, file, settings...)
	if got := p.Settings.Pruning.Rungs; !slices.Equal(got, []int{4, 8}) {
		t.Fatalf("rungs %v", got)
	}
	results := filepath.Join(filepath.Dir(file), "results")
	sum, err := Run(t.Context(), p, Options{Results: results})
	if err != nil || sum.Count(Done)+sum.Count(Pruned) != 9 {
		t.Fatalf("%v %v", sum.Runs[0].Note, err)
	}
	widths := map[int]int{}
	for _, r := range openResults(t, results).Runs {
		m, err := png.DecodeConfig(strings.NewReader(fixture.ContentOf(t, results, "exp", r.Dir, result.ImageFile)))
		if err != nil {
			t.Fatal(err)
		}
		widths[m.Width]++
		if want := map[int]int{4: 12, 8: 18, 12: 24}[r.Run.Steps]; m.Width != want || r.Run.Width != want {
			t.Errorf("%s: %d steps, a picture of %d pixels, recorded %d; expected %d", r.Name, r.Run.Steps, m.Width, r.Run.Width, want)
		}
		if (r.Run.Steps < 12) != (r.Status == result.Stopped) {
			t.Errorf("%s: %d steps, %s", r.Name, r.Run.Steps, r.Status)
		}
	}
	if widths[12] < 5 || widths[24] < 1 || widths[12]+widths[18]+widths[24] != 9 {
		t.Errorf("runs by width: %v", widths)
	}
	// Without the rule, all have the bits of runs that were never judged.
	mustSweep(t, readPlan(t, file, append(settings, "sweep.prune=false")...), Options{Results: results})
	whole := filepath.Join(filepath.Dir(file), "whole")
	mustSweep(t, readPlan(t, file, append(settings, "sweep.prune=false")...), Options{Results: whole})
	fixture.Alike(t, fixture.Products(t, results), fixture.Products(t, whole))
}

// Several jobs: which runs go on depends on which ends first, but each has the bits of an
// ordinary run or of a stopped one, none is left over, and few are made whole.
func TestHalvingWithJobs(t *testing.T) {
	file := searchIn(t, prunedGrid)
	at := func(name string) string { return filepath.Join(filepath.Dir(file), name) }
	sum, err := Run(t.Context(), readPlan(t, file), Options{Results: at("jobs"), Jobs: 3})
	if err != nil || sum.Count(Done)+sum.Count(Pruned) != 9 || sum.Count(Done) < 1 || sum.Count(Done) > 5 {
		t.Fatalf("%+v %v", sum, err)
	}
	mustSweep(t, readPlan(t, file, "sweep.prune=false"), Options{Results: at("whole")})
	want := fixture.Products(t, at("whole"))
	for name, data := range productsOf(t, at("jobs"), false) {
		if want[name] != data {
			t.Errorf("%s differs from that of a run that was not judged", name)
		}
	}
	mustSweep(t, readPlan(t, file, "sweep.prune=false"), Options{Results: at("jobs")})
	fixture.Alike(t, fixture.Products(t, at("jobs")), want)

	// So do a search and the median.
	file = searchIn(t, strings.Replace(searchTable, "subject = {content_cosine = \">= 0.2\"}", "prune = \"median\"\nafter = 2", 1))
	sum, err = Run(t.Context(), readPlan(t, file), Options{Results: t.TempDir(), Jobs: 3})
	if err != nil || sum.Count(Done)+sum.Count(Pruned) != 10 || sum.Count(Done) < 2 {
		t.Errorf("%+v %v", sum, err)
	}
}
