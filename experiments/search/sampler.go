package search

import (
	"math/rand/v2"
	"slices"
)

// Methods are the samplers. "ask" has none: its trials come from outside.
var Methods = []string{"tpe", "cmaes", "sobol", "ask"}

// Next returns the point of the next trial. It depends only on the space, the settings and
// the history, so a search continues from its recorded trials. ok is false if the sampler
// has no further point: each point of a finite space was tried, or CMA-ES has converged.
func Next(space []Axis, s Settings, history []Trial) (p Point, ok bool) {
	if n := size(space); n > 0 && n < 1<<20 && distinct(history) >= n {
		return nil, false
	}
	switch s.Method {
	case "tpe":
		return s.tpe(space, history)
	case "cmaes":
		return s.cmaes(space, history)
	case "sobol":
		return sobolPoint(space, s.Seed, history)
	}
	return nil, false
}

// distinct counts the different points of the history.
func distinct(history []Trial) int {
	n := 0
	for i, t := range history {
		if !tried(history[:i], t.Point) {
			n++
		}
	}
	return n
}

// random returns the random numbers of one trial.
func (s Settings) random(trial int) *rand.Rand {
	return rand.New(rand.NewPCG(s.Seed, 0x7365617263680000+uint64(trial))) // "search"
}

// ranked returns the trials that have an outcome, the best first. Trials that are done
// come before pruned ones; ties keep the order of the history. For two goals the order
// is that of a weighted sum with random weights, which differ from trial to trial.
func (s Settings) ranked(history []Trial, r *rand.Rand) []Trial {
	var all []Trial
	for _, t := range history {
		if t.State != Pending {
			all = append(all, t)
		}
	}
	scores := make(map[int]score, len(all))
	for i, t := range all {
		scores[i] = s.Objective.score(t)
	}
	if len(s.Objective.Goals) > 1 {
		s.scalarise(all, scores, r.Float64())
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := scores[i], scores[j]
		switch {
		case a.class == b.class && (all[i].State == Pruned) != (all[j].State == Pruned):
			if all[i].State == Pruned {
				return 1
			}
			return -1
		case a.less(b):
			return -1
		case b.less(a):
			return 1
		}
		return 0
	})
	sorted := make([]Trial, len(all))
	for i, k := range order {
		sorted[i] = all[k]
	}
	return sorted
}

// scalarise replaces the values of feasible trials by an augmented Chebyshev distance to
// the best of each goal, as ParEGO does (Knowles 2006, section III). Each goal is scaled to
// its range in the history.
func (s Settings) scalarise(all []Trial, scores map[int]score, weight float64) {
	weights := []float64{weight, 1 - weight}
	var low, high [2]float64
	first := true
	for i, t := range all {
		if scores[i].class != 0 {
			continue
		}
		for g, v := range s.Objective.signed(t) {
			if first {
				low[g], high[g] = v, v
			}
			low[g], high[g] = min(low[g], v), max(high[g], v)
		}
		first = false
	}
	for i, t := range all {
		if scores[i].class != 0 {
			continue
		}
		most, sum := 0.0, 0.0
		for g, v := range s.Objective.signed(t) {
			d := 0.0
			if high[g] > low[g] {
				d = weights[g] * (v - low[g]) / (high[g] - low[g])
			}
			most, sum = max(most, d), sum+d
		}
		scores[i] = score{value: most + 0.05*sum}
	}
}
