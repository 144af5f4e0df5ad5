package nst

import (
	"math"

	"github.com/gonst/workbench/nst/internal/topology"
)

// The fixed filters of the oriented pyramid. Widths and frequencies were chosen on
// photographs and paintings: elongated envelopes give longer strokes than round ones.

// opponent are the colour axes of the filters: luminance, red against green, and yellow
// against blue.
var opponent = [3][3]float64{
	{1. / 3, 1. / 3, 1. / 3},
	{0.5, -0.5, 0},
	{0.25, 0.25, -0.5},
}

// orientedFilters returns the filters of a layer of the oriented pyramid,
// [out][in][size][size].
//
// The layers that read the image have 27: for each angle an even and an odd Gabor filter
// of the luminance, which follow each other; for each angle an even one of each of the two
// other axes; and a Gaussian of each axis.
//
// The layers that read energies have, for the energy of each angle, an even filter for
// each angle.
func orientedFilters(l topology.Layer) []float32 {
	var all []float32
	if l.Channels == topology.Angles*topology.Angles {
		for t := range topology.Angles {
			for u := range topology.Angles {
				f := gabor(l.Size, u, 1.3, 1.5, 0.6, 0)
				for in := range topology.Angles {
					weight := 0.0
					if in == t {
						weight = 1
					}
					all = appendScaled(all, f, weight)
				}
			}
		}
		return all
	}
	add := func(axis int, f []float64) {
		for _, weight := range opponent[axis] {
			all = appendScaled(all, f, weight)
		}
	}
	first := func(t int, phase float64) []float64 { return gabor(l.Size, t, 1.2, 1.9, 0.4, phase) }
	for t := range topology.Angles {
		add(0, first(t, 0))
		add(0, first(t, math.Pi/2))
	}
	for axis := 1; axis < 3; axis++ {
		for t := range topology.Angles {
			add(axis, first(t, 0))
		}
	}
	for axis := range opponent {
		add(axis, gaussian(l.Size, 1.2))
	}
	return all
}

func appendScaled(all []float32, f []float64, weight float64) []float32 {
	for _, v := range f {
		all = append(all, float32(weight*v))
	}
	return all
}

// gabor returns a Gabor filter of angle t*pi/6 with sum 0 and norm 1: an envelope of
// deviation sigma across and sigma/slant along the stripes, times a cosine of the
// frequency in radians per pixel. Phase 0 is even, pi/2 is odd.
func gabor(size, t int, sigma, frequency, slant, phase float64) []float64 {
	sin, cos := math.Sincos(math.Pi * float64(t) / topology.Angles)
	f, envelope := make([]float64, size*size), make([]float64, size*size)
	sum, weight := 0.0, 0.0
	for i := range f {
		x, y := float64(i%size-size/2), float64(i/size-size/2)
		u, v := x*cos+y*sin, slant*(y*cos-x*sin)
		envelope[i] = math.Exp(-(u*u + v*v) / (2 * sigma * sigma))
		f[i] = envelope[i] * math.Cos(frequency*u-phase)
		sum += f[i]
		weight += envelope[i]
	}
	for i := range f {
		f[i] -= envelope[i] * sum / weight
	}
	return normed(f)
}

func gaussian(size int, sigma float64) []float64 {
	f := make([]float64, size*size)
	for i := range f {
		x, y := float64(i%size-size/2), float64(i/size-size/2)
		f[i] = math.Exp(-(x*x + y*y) / (2 * sigma * sigma))
	}
	return normed(f)
}

// normed scales f to norm 1.
func normed(f []float64) []float64 {
	norm := 0.0
	for _, v := range f {
		norm += v * v
	}
	for i := range f {
		f[i] /= math.Sqrt(norm)
	}
	return f
}
