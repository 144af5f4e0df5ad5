package search

import (
	"math"

	"github.com/c-bata/goptuna/sobol"
)

// sobolPoint returns the next point of a Sobol' sequence that was not tried. The sequence
// is shifted by a random vector of the seed, modulo 1 (Cranley and Patterson 1976), so
// that seeds differ; the shift keeps its evenness.
func sobolPoint(space []Axis, seed uint64, history []Trial) (Point, bool) {
	r := Settings{Seed: seed}.random(-1)
	shift := make([]float64, len(space))
	for i := range shift {
		shift[i] = r.Float64()
	}
	engine := sobol.NewEngine(uint32(len(space)))
	for range len(history) + 100000 {
		p := make(Point, len(space))
		for i, u := range engine.Draw() {
			_, u = math.Modf(u + shift[i])
			p[i] = space[i].at(u)
		}
		if !tried(history, p) {
			return p, true
		}
	}
	return nil, false
}
