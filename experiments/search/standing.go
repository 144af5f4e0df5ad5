package search

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Standing says how far a search is: "trial 12 of 40, best gram_cosine 0.93 (trial 7)".
// It is empty if the settings have no objective and no budget.
func (s Settings) Standing(trials []Trial) string {
	var parts []string
	if s.Budget.Trials > 0 {
		parts = append(parts, fmt.Sprintf("trial %d of %d", len(trials), s.Budget.Trials))
	} else if s.Budget.Time > 0 {
		parts = append(parts, fmt.Sprintf("trial %d within %s", len(trials), s.Budget))
	}
	if best := s.BestSoFar(trials); best != "" {
		parts = append(parts, best)
	}
	return strings.Join(parts, ", ")
}

// BestSoFar says which trials are the best: "best gram_cosine 0.93 (trial 7)". It is empty
// if there is no objective or no trial is done.
func (s Settings) BestSoFar(trials []Trial) string {
	o := s.Objective
	known, near := 0, -1
	for i, t := range trials {
		if t.State == Done && len(t.Values) > 0 {
			if known++; near < 0 || t.Excess < trials[near].Excess {
				near = i
			}
		}
	}
	if len(o.Goals) == 0 || known == 0 {
		return ""
	}
	if trials[near].Excess > 0 {
		var bounds []string
		for _, c := range o.Subject {
			bounds = append(bounds, c.String())
		}
		if math.IsInf(trials[near].Excess, 1) {
			return "no trial has the measures of the objective"
		}
		return fmt.Sprintf("no trial meets %s; trial %d is nearest", strings.Join(bounds, " and "), near+1)
	}
	if len(o.Goals) == 2 {
		front := o.Front(trials)
		numbers := make([]string, 0, 6)
		for i, k := range front {
			if i == 5 {
				numbers = append(numbers, "…")
				break
			}
			numbers = append(numbers, strconv.Itoa(k+1))
		}
		word := "trials"
		if len(front) == 1 {
			word = "trial"
		}
		return fmt.Sprintf("front of %d: %s %s", len(front), word, strings.Join(numbers, ", "))
	}
	best := o.Best(trials)
	return fmt.Sprintf("best %s %s (trial %d)", o.Goals[0].Measure, strconv.FormatFloat(trials[best].Values[0], 'g', 4, 64), best+1)
}
