package search

import (
	"math"
	"math/rand/v2"
)

// The tree-structured Parzen estimator (Bergstra et al. 2011, section 4), with one kernel
// over all axes (Falkner et al. 2018, section 3.1): l is the density of the better trials,
// g that of the others, and the next point has the largest l/g of some candidates drawn
// from l. Deviations: the first trials are a Sobol' sequence, not random; a space of few
// points is searched as a whole; a point is never tried twice; trials at work count as bad
// ones.

const (
	candidates = 64
	wholeSpace = 4096 // points of a space up to which each is a candidate
)

func (s Settings) tpe(space []Axis, history []Trial) (Point, bool) {
	r := s.random(len(history))
	ranked := s.ranked(history, r)
	if len(ranked) < s.Startup {
		return sobolPoint(space, s.Seed, history)
	}
	good := min(int(math.Ceil(0.15*float64(len(ranked)))), 25)
	var low, high []Point
	for i, t := range ranked {
		if i < good && t.State == Done {
			low = append(low, t.Point)
		} else {
			high = append(high, t.Point)
		}
	}
	for _, t := range history {
		if t.State == Pending {
			high = append(high, t.Point)
		}
	}
	l, g := newParzen(space, low), newParzen(space, high)
	var best Point
	most := math.Inf(-1)
	consider := func(p Point) {
		if v := l.log(p) - g.log(p); (best == nil || v > most) && !tried(history, p) {
			best, most = p, v
		}
	}
	if n := size(space); n > 0 && n <= wholeSpace {
		for k := range n {
			p := make(Point, len(space))
			for i, a := range space {
				c := a.cells()
				p[i] = a.at((float64(k%c) + 0.5) / float64(c))
				k /= c
			}
			consider(p)
		}
		return best, best != nil
	}
	for range candidates {
		consider(l.draw(r))
	}
	if best == nil { // all were tried
		return sobolPoint(space, s.Seed, history)
	}
	return best, true
}

// A parzen is a mixture of kernels, one for each point and an even one, all of one weight.
type parzen struct {
	space  []Axis
	points []Point
	width  float64                  // of the kernels on an axis from 0 to 1
	known  []map[[2]float64]float64 // kernels of axes with cells, which repeat
}

func newParzen(space []Axis, points []Point) parzen {
	n := float64(len(points))
	z := parzen{space, points, max(0.2*math.Pow(max(n, 1), -1/float64(len(space)+4)), 0.02), make([]map[[2]float64]float64, len(space))}
	for i, a := range space {
		if a.cells() > 0 {
			z.known[i] = map[[2]float64]float64{}
		}
	}
	return z
}

// log returns the logarithm of the density at a point.
func (z parzen) log(p Point) float64 {
	sum := z.even()
	for _, c := range z.points {
		k := 1.0
		for i, a := range z.space {
			if z.known[i] == nil {
				k *= z.kernel(a, c[i], p[i])
				continue
			}
			both := [2]float64{c[i], p[i]}
			v, ok := z.known[i][both]
			if !ok {
				v = z.kernel(a, c[i], p[i])
				z.known[i][both] = v
			}
			k *= v
		}
		sum += k
	}
	return math.Log(sum / float64(len(z.points)+1))
}

// even is the density of the even kernel.
func (z parzen) even() float64 {
	k := 1.0
	for _, a := range z.space {
		if n := a.cells(); n > 0 {
			k /= float64(n)
		}
	}
	return k
}

// kernel is the density, or for cells the probability, of the value v of an axis under
// the kernel at c.
func (z parzen) kernel(a Axis, c, v float64) float64 {
	n := float64(a.cells())
	if a.Kind == Choice {
		if c == v {
			return (1 + 1/n) / 2
		}
		return 1 / n / 2
	}
	u, w, width := a.place(c), a.place(v), z.width
	if n > 0 {
		width = max(width, 0.5/n) // a cell has neighbours
	}
	within := normal((1-u)/width) - normal(-u/width)
	if n > 0 {
		return (normal((w+0.5/n-u)/width) - normal((w-0.5/n-u)/width)) / within
	}
	d := (w - u) / width
	return math.Exp(-d*d/2) / (width * math.Sqrt(2*math.Pi)) / within
}

// normal is the distribution function of the standard normal distribution.
func normal(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// draw draws a point.
func (z parzen) draw(r *rand.Rand) Point {
	p := make(Point, len(z.space))
	k := r.IntN(len(z.points) + 1)
	for i, a := range z.space {
		switch {
		case k == len(z.points), a.Kind == Choice && r.Float64() < 0.5:
			p[i] = a.at(r.Float64())
		case a.Kind == Choice:
			p[i] = z.points[k][i]
		default:
			u := -1.0
			for u < 0 || u > 1 {
				u = a.place(z.points[k][i]) + z.width*r.NormFloat64()
			}
			p[i] = a.at(u)
		}
	}
	return p
}
