package search

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gonst/workbench/experiments/result"
)

// Pruning is a rule that stops trials early; the zero value is none.
type Pruning struct {
	Rule  string // one of Rules; empty: none
	Rungs []int  // steps after which a trial is judged, ascending, all below the run's steps
	Keep  int    // "halving": one of so many goes on from a rung
	After int    // "median": trials that a rung must have before it judges
}

// Rules are the rules of pruning.
var Rules = []string{"halving", "median"}

// Rung is what the trials had at one rung, in the order in which they reached it.
type Rung struct {
	Trials   []int // their indices
	Outcomes []Trial
}

// Until returns the number of steps to which a trial goes that has passed so many rungs; 0
// is the end.
func (p Pruning) Until(passed int) int {
	if passed < len(p.Rungs) {
		return p.Rungs[passed]
	}
	return 0
}

// Ladder sorts the entries of a journal by rung. index returns the trial of an identity,
// or -1.
func (s Settings) Ladder(entries []result.Rung, index func(id string) int) []Rung {
	ladder := make([]Rung, len(s.Pruning.Rungs))
	for _, e := range entries {
		i, k := index(e.ID), slices.Index(s.Pruning.Rungs, e.Step)
		if i < 0 || k < 0 || slices.Contains(ladder[k].Trials, i) || len(e.Values) != len(s.Objective.Goals) {
			continue
		}
		t := Trial{State: Pruned, Excess: float64(e.Excess)}
		for _, v := range e.Values {
			t.Values = append(t.Values, float64(v))
		}
		ladder[k].Trials, ladder[k].Outcomes = append(ladder[k].Trials, i), append(ladder[k].Outcomes, t)
	}
	return ladder
}

// rank returns the place of a trial at a rung, from 1.
func (s Settings) rank(r Rung, trial int) int {
	own := r.Outcomes[slices.Index(r.Trials, trial)]
	rank := 1
	for _, t := range r.Outcomes {
		if s.Objective.Better(t, own) {
			rank++
		}
	}
	return rank
}

// Promote chooses a waiting trial that goes on, by asynchronous successive halving (Li et
// al. 2020, algorithm 2): one that is among the best of its rung, one of Keep, the highest
// rung first. waits reports whether a trial waits at that rung.
func (s Settings) Promote(ladder []Rung, waits func(trial, rung int) bool) (trial int, ok bool) {
	for k := len(ladder) - 1; k >= 0; k-- {
		best := -1
		for _, i := range ladder[k].Trials {
			if waits(i, k) && (best < 0 || s.rank(ladder[k], i) < s.rank(ladder[k], best)) {
				best = i
			}
		}
		if best >= 0 && s.rank(ladder[k], best) <= len(ladder[k].Trials)/s.Pruning.Keep {
			return best, true
		}
	}
	return 0, false
}

// Stops judges a trial at a rung by the rule "median" (Golovin et al. 2017, section 3.2):
// it stops if it is worse than the median of those that reached the rung before it.
func (s Settings) Stops(r Rung, trial int) bool {
	at := slices.Index(r.Trials, trial)
	if at < s.Pruning.After {
		return false
	}
	worse := 0 // of those before, worse than the trial
	for _, t := range r.Outcomes[:at] {
		if s.Objective.Better(r.Outcomes[at], t) {
			worse++
		}
	}
	return 2*worse < at
}

// Why says why a trial stopped at a rung: "after 15 of 45 steps: gram_cosine 0.81 is
// number 5 of 12, and one of 3 goes on".
func (s Settings) Why(ladder []Rung, rung, trial, steps int) string {
	r := ladder[rung]
	own := r.Outcomes[slices.Index(r.Trials, trial)]
	text := fmt.Sprintf("after %d of %d steps: %s %s", s.Pruning.Rungs[rung], steps, s.Objective.Goals[0].Measure, strconv.FormatFloat(own.Values[0], 'g', 4, 64))
	if own.Excess > 0 {
		text += ", outside of the bounds,"
	}
	text += fmt.Sprintf(" is number %d of %d", s.rank(r, trial), len(r.Trials))
	if s.Pruning.Rule == "median" {
		return text + ", worse than the median of those before it"
	}
	return text + fmt.Sprintf(", and one of %d goes on", s.Pruning.Keep)
}
