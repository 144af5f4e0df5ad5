package nst

import (
	"math"

	"golang.org/x/image/draw"
)

// Resampling of float32 planes. Values may be negative or above white; Image.Resize
// clamps them and rounds to 16 bits.

// kernelOf is the function that weights the old pixels of a new one. Both kernels widen
// when planes shrink.
type kernelOf *draw.Kernel

var (
	triangle kernelOf = draw.BiLinear   // no negative weights: a result is not negative if no value is
	cubic    kernelOf = draw.CatmullRom // sharper; may overshoot at edges
)

// tap is the old positions that one new position reads along one axis.
type tap struct {
	first   int
	weights []float32 // they sum to 1
}

func taps(to, from int, k kernelOf) []tap {
	scale := float64(from) / float64(to)
	reach := k.Support * max(1, scale)
	all := make([]tap, to)
	for i := range all {
		middle := (float64(i)+0.5)*scale - 0.5
		first, last := max(0, int(math.Ceil(middle-reach))), min(from-1, int(math.Floor(middle+reach)))
		weights, sum := make([]float64, last-first+1), 0.0
		for j := range weights {
			if d := math.Abs(float64(first+j)-middle) / max(1, scale); d < k.Support {
				weights[j] = k.At(d)
			}
			sum += weights[j]
		}
		all[i] = tap{first, make([]float32, len(weights))}
		for j, w := range weights {
			all[i].weights[j] = float32(w / sum)
		}
	}
	return all
}

// resample resizes three planes, first along rows, then along columns.
func resample(p Parallel, dst []float32, width, height int, src []float32, fromWidth, fromHeight int, k kernelOf) {
	across, down := taps(width, fromWidth, k), taps(height, fromHeight, k)
	between := make([]float32, 3*fromHeight*width)
	p.Each(3*fromHeight, func(y int) {
		row, out := src[y*fromWidth:][:fromWidth], between[y*width:][:width]
		for x, t := range across {
			var sum float32
			for j, w := range t.weights {
				sum += float32(w * row[t.first+j])
			}
			out[x] = sum
		}
	})
	p.Each(3*height, func(y int) {
		t, plane := down[y%height], between[y/height*fromHeight*width:]
		out := dst[y*width:][:width]
		clear(out)
		for j, w := range t.weights {
			row := plane[(t.first+j)*width:][:width]
			for x, v := range row {
				out[x] += float32(w * v)
			}
		}
	})
}
