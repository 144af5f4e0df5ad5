package search

import (
	"slices"
	"testing"
)

// With two goals, 40 trials of TPE cover nearly all that the front of the grid's 200 runs
// covers, and more than 40 even ones: the area that a front dominates, with both goals
// scaled to their ranges (Zitzler and Thiele 1999, "hypervolume").
func TestFrontOnGrid(t *testing.T) {
	g := readGrid(t)
	o := Objective{Goals: []Goal{{Measure: "gram_cosine"}, {Measure: "content_cosine"}}}
	trial := func(i int) Trial {
		return Trial{Point: g.points[i], State: Done, Values: []float64{g.gram[45][i], g.content[45][i]}}
	}
	area := func(trials []Trial) float64 {
		scaled := func(all []float64, v float64) float64 {
			low, high := slices.Min(all), slices.Max(all)
			return (v - low) / (high - low)
		}
		var front [][2]float64
		for _, i := range o.Front(trials) {
			front = append(front, [2]float64{scaled(g.gram[45], trials[i].Values[0]), scaled(g.content[45], trials[i].Values[1])})
		}
		slices.SortFunc(front, func(a, b [2]float64) int { return slices.Compare(b[:], a[:]) })
		sum, high := 0.0, 0.0
		for _, p := range front { // from the right
			sum += p[0] * max(p[1]-high, 0)
			high = max(high, p[1])
		}
		return sum
	}
	var all []Trial
	for i := range g.points {
		all = append(all, trial(i))
	}
	shares := map[string][]float64{}
	for _, method := range []string{"tpe", "sobol"} {
		for seed := range uint64(10) {
			s := Settings{Method: method, Seed: seed + 1, Startup: 10, Objective: o}
			var history []Trial
			for range 40 {
				p, ok := Next(g.space, s, history)
				if !ok {
					t.Fatal("no further trial")
				}
				history = append(history, trial(g.index(p)))
			}
			shares[method] = append(shares[method], area(history)/area(all))
		}
	}
	t.Logf("of the area of the whole front: tpe %.3f, sobol %.3f in the median", median(shares["tpe"]), median(shares["sobol"]))
	if median(shares["tpe"]) < 0.97 || median(shares["tpe"]) <= median(shares["sobol"]) {
		t.Errorf("%v", shares)
	}
}
