package report

import (
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// The page says how far a search is.
func TestSearchedFact(t *testing.T) {
	e := &result.Experiment{Plan: &result.Plan{Search: &result.Search{Method: "tpe", Maximize: []string{"gram_cosine"}, Budget: "40 runs"}},
		Runs: []result.RunState{{Status: result.Waiting}, {Status: result.Failed}}}
	if got, want := searched(e), "tpe, maximize gram_cosine: trial 2 of 40"; got != want {
		t.Errorf("%q, expected %q", got, want)
	}
	if got := searched(&result.Experiment{Plan: &result.Plan{}}); got != "" {
		t.Error(got)
	}
}
