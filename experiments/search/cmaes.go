package search

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// cmaes runs gonum's CMA-ES on the unit cube from its beginning, answers its evaluations
// from the history, and returns the first point that is not there. Each run of it is the
// same, so the history is all its state.
//
// CMA-ES knows no bounds: a place outside the cube is reflected at its sides. Only the
// order of the values counts for it.
func (s Settings) cmaes(space []Axis, history []Trial) (next Point, ok bool) {
	ranks := map[int]float64{}
	ranked := s.ranked(history, s.random(len(history)))
	for i, t := range history {
		ranks[i] = float64(len(history)) // at work: as bad as the worst
		if t.State != Pending {
			ranks[i] = float64(slices.IndexFunc(ranked, func(u Trial) bool { return slices.Equal(u.Point, t.Point) }))
		}
	}
	f := func(x []float64) float64 {
		p := make(Point, len(space))
		for i := range space {
			p[i] = space[i].at(reflected(x[i]))
		}
		if i := slices.IndexFunc(history, func(t Trial) bool { return slices.Equal(t.Point, p) }); i >= 0 {
			return ranks[i]
		}
		if next == nil {
			next = p
		}
		return math.Inf(1)
	}
	middle := make([]float64, len(space))
	for i := range middle {
		middle[i] = 0.5
	}
	method := &optimize.CmaEsChol{InitStepSize: 0.25, Src: rand.NewPCG(s.Seed, 0x636d6165730000)} // "cmaes"
	problem := optimize.Problem{Func: f, Status: func() (optimize.Status, error) {
		if next != nil {
			return optimize.Success, nil
		}
		return optimize.NotTerminated, nil
	}}
	_, _ = optimize.Minimize(problem, middle, &optimize.Settings{Converger: optimize.NeverTerminate{}, Concurrent: 1,
		FuncEvaluations: 100 * (len(history) + 10)}, method) // ends at the first unknown point
	return next, next != nil
}

// reflected maps a number to [0,1] by reflections at both ends.
func reflected(x float64) float64 {
	x = math.Mod(math.Abs(x), 2)
	if x > 1 {
		x = 2 - x
	}
	return x
}
