package sweep

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/search"
)

const searchTable = `[sweep]
method = "tpe"
startup = 4
budget = 10
maximize = "gram_cosine"
subject = {content_cosine = ">= 0.2"}
[sweep.axes]
"loss.style.weight" = {min = 1, max = 1000, distribution = "log"}
"schedule.rate" = [0.01, 0.03, 0.1]
`

// small is a configuration of runs of a few milliseconds.
const small = `name = "exp"
[images]
content = "c.png"
style = "s.png"
size = 24
[network]
levels = 2
filters = 8
[loss.content]
layers = ["scale2"]
[loss.style]
layers = ["scale1"]
[optimizer]
kind = "adam"
[run]
steps = 9
[log]
yardstick = 0
checkpoint_seconds = 0
`

// searchIn writes a search and returns its file.
func searchIn(t *testing.T, text string) string {
	t.Helper()
	dir := fixture.Files(t, map[string]string{"exp.toml": small + text, "c.png": fixture.PNG(t, 24, 20, 0.2), "s.png": fixture.PNG(t, 24, 24, 0.9)})
	return filepath.Join(dir, "exp.toml")
}

func readPlan(t *testing.T, file string, settings ...string) *plan.Plan {
	t.Helper()
	p, err := plan.Read(file, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// trials lists the trials of a directory.
func trials(t *testing.T, dir string) string {
	t.Helper()
	p, err := result.ReadPlan(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range p.Runs {
		all = append(all, r.Name+" "+r.Origin)
	}
	return strings.Join(all, "\n")
}

// A search that is interrupted at random moments makes the same trials, with the same
// files, as one that is not; and so does one with another method.
func TestSearchResumes(t *testing.T) {
	for method, budget := range map[string]int{"tpe": 8, "cmaes": 5, "sobol": 3} {
		file := searchIn(t, searchTable)
		settings := []string{"sweep.method=" + method, fmt.Sprintf("sweep.budget=%d", budget)}
		if method != "tpe" {
			text := strings.Replace(fixture.ContentOf(t, file), "startup = 4\n", "", 1)
			fixture.PutFile(t, file, text)
		}
		whole, parts := filepath.Join(filepath.Dir(file), "whole"), filepath.Join(filepath.Dir(file), "parts")
		sum, err := Run(t.Context(), readPlan(t, file, settings...), Options{Results: whole})
		if err != nil || sum.Count(Done) != budget || !strings.HasPrefix(sum.Standing, "best gram_cosine ") {
			t.Fatalf("%s: %+v %v", method, sum, err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		stops := 0
		for {
			ctx, cancel := context.WithCancel(t.Context())
			first, more, wait := -1, r.IntN(3), time.Duration(r.IntN(60))*time.Millisecond
			sum, err := Run(ctx, readPlan(t, file, settings...), Options{Results: parts, Watch: func(p Progress) {
				if done := p.Count(Done); first < 0 {
					first = done
				} else if p.Count(Running, Waiting) > 0 && done-first >= more {
					time.AfterFunc(wait, cancel) // between two trials, or within one
				}
			}})
			cancel()
			if err != nil {
				t.Fatal(err)
			}
			if sum.Count(Done) == budget {
				break
			}
			if stops++; stops > 60 {
				t.Fatal("it does not end")
			}
		}
		if got, want := trials(t, filepath.Join(parts, "exp")), trials(t, filepath.Join(whole, "exp")); got != want {
			t.Errorf("%s: after %d interruptions\n%s\nwithout\n%s", method, stops, got, want)
		}
		fixture.Alike(t, fixture.Products(t, parts), fixture.Products(t, whole))
		if method != "tpe" {
			continue
		}
		if stops < 2 {
			t.Errorf("it was interrupted %d times", stops)
		}
		// A larger budget goes on; nothing of before is touched.
		sum, err = Run(t.Context(), readPlan(t, file), Options{Results: parts, Budget: search.Budget{Trials: 10}})
		if err != nil || sum.Count(Done) != 10 || sum.Made != 2 {
			t.Errorf("%+v %v", sum, err)
		}
	}
}

// What is wrong with a directory or an objective ends a search with a clear error, and
// nothing that is there is lost.
func TestSearchRefuses(t *testing.T) {
	file := searchIn(t, searchTable)
	results := filepath.Join(filepath.Dir(file), "results")
	o := Options{Results: results, Budget: search.Budget{Trials: 2}}
	if _, err := Run(t.Context(), readPlan(t, file), o); err != nil {
		t.Fatal(err)
	}
	before := fixture.Products(t, results)
	kept := fixture.ContentOf(t, results, "exp", "plan.toml")
	refused := func(what, want string, p *plan.Plan, o Options) {
		t.Helper()
		o.Results = results
		_, err := Run(t.Context(), p, o)
		if err == nil || !strings.Contains(err.Error(), want) || !mistake.Is(err) {
			t.Errorf("%s: %v, expected %s", what, err, want)
		}
		if fixture.ContentOf(t, results, "exp", "plan.toml") != kept {
			t.Errorf("%s: plan.toml has changed", what)
		}
	}
	refused("another objective", `holds another search: subject was map[content_cosine:>= 0.2] and is map[content_cosine:>= 0.3]`, readPlan(t, file, `sweep.subject={content_cosine = ">= 0.3"}`), Options{})
	refused("another seed", "holds another search: seed was 1 and is 2", readPlan(t, file, "sweep.seed=2"), Options{})
	refused("another configuration", "trial 1 was made with another configuration", readPlan(t, file, "run.steps=4"), Options{})
	refused("a shard", "a part of a search", readPlan(t, file), Options{Shard: Shard{1, 2}})
	refused("a budget for a grid", "which is no search", readPlan(t, file, "sweep=false"), Options{Budget: search.Budget{Trials: 3}})

	// Two at once.
	p := readPlan(t, file)
	q, err := openSearch(p, &Options{Results: results})
	if err != nil {
		t.Fatal(err)
	}
	refused("two searches", "a search goes on there, by ", readPlan(t, file), Options{})
	q.close()
	fixture.Alike(t, fixture.Products(t, results), before)

	// Runs without the measure of the objective.
	other := filepath.Join(filepath.Dir(file), "other")
	sum, err := Run(t.Context(), readPlan(t, file, "log.measures=false"), Options{Results: other})
	if err == nil || !strings.Contains(err.Error(), "the objective's measure gram_cosine is missing: the run has no measures (log.measures is false)") {
		t.Errorf("no measures: %v", err)
	}
	if sum == nil || sum.Count(Done) != 1 {
		t.Errorf("after the first trial: %+v", sum)
	}

	// Bounds that nothing meets.
	sum, err = Run(t.Context(), readPlan(t, file, `sweep.subject={content_cosine = ">= 1.5"}`), Options{Results: filepath.Join(filepath.Dir(file), "none"), Budget: search.Budget{Trials: 5}})
	if err != nil || !strings.HasPrefix(sum.Standing, "no trial meets content_cosine >= 1.5; trial ") {
		t.Errorf("%+v %v", sum, err)
	}
	// A damaged plan of a search is an error, not a new search.
	if err := os.WriteFile(filepath.Join(results, "exp", "plan.toml"), []byte("format = 1\nexp"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), readPlan(t, file), o); err == nil {
		t.Error("a damaged plan was replaced")
	}
}

// A search whose space is used up ends before its budget and says so.
func TestSearchEnds(t *testing.T) {
	file := searchIn(t, strings.Replace(searchTable, `{min = 1, max = 1000, distribution = "log"}`, `[1, 10]`, 1))
	sum, err := Run(t.Context(), readPlan(t, file), Options{Results: t.TempDir()})
	if err != nil || sum.Count(Done) != 6 || sum.Ended == "" {
		t.Errorf("%+v %v", sum, err)
	}
	// Several at a time never repeat one.
	sum, err = Run(t.Context(), readPlan(t, file), Options{Results: t.TempDir(), Jobs: 3})
	if err != nil || sum.Count(Done) != 6 {
		t.Errorf("%+v %v", sum, err)
	}
}

// A budget of time ends a search after the trial within which it is used up. It counts the
// time of all trials, also of those before an interruption. A longer one continues.
func TestSearchOfTime(t *testing.T) {
	file := searchIn(t, searchTable)
	results := t.TempDir()
	within := func(d time.Duration) *Summary {
		t.Helper()
		sum, err := Run(t.Context(), readPlan(t, file), Options{Results: results, Budget: search.Budget{Time: d}})
		if err != nil || sum.Count(Done) != len(sum.Runs) {
			t.Fatalf("%+v %v", sum, err)
		}
		return sum
	}
	one := within(time.Nanosecond)
	if len(one.Runs) != 1 {
		t.Fatalf("%d trials in a nanosecond; expected the first alone", len(one.Runs))
	}
	budget := 4 * time.Duration(one.Runs[0].Seconds*float64(time.Second))
	sum := within(budget)
	before, all := 0.0, 0.0
	for _, r := range sum.Runs {
		before, all = all, all+r.Seconds
	}
	if before >= budget.Seconds() || all < budget.Seconds() || sum.Made != len(sum.Runs)-1 {
		t.Errorf("%v: %d trials of %.3g s, the last one began after %.3g s", budget, len(sum.Runs), all, before)
	}
	if again := within(budget); again.Made != 0 {
		t.Errorf("%d trials after the budget", again.Made)
	}
	if p, err := result.ReadPlan(filepath.Join(results, "exp")); err != nil || p.Search.Budget != budget.String() {
		t.Errorf("%+v %v", p, err)
	}
}
