package nst

import (
	"math"

	"golang.org/x/image/draw"
)

// Resampling of float32 planes. Values may be negative or above white; Image.Resize
// clamps them and rounds to 16 bits.

// planeFilter weights the old pixels of a new one. Kernels widen when planes shrink.
type planeFilter struct {
	draw.Kernel
	// repeat gives the weight of positions beyond an edge to the edge. Otherwise the
	// other weights are scaled to sum to one.
	repeat bool
}

var (
	triangle = planeFilter{Kernel: *draw.BiLinear}   // no negative weights: a result is not negative if no value is
	cubic    = planeFilter{Kernel: *draw.CatmullRom} // sharper; may overshoot at edges
)

// Bicubic is the cubic convolution with a = -0.75 that repeats the edges, as PyTorch's
// interpolate in the mode "bicubic". It overshoots more than CatmullRom, whose a is
// -0.5. Only Between has it.
const Bicubic Interpolation = "bicubic"

// planeFilters are the filters between stages.
var planeFilters = choices[Interpolation, planeFilter]{
	{CatmullRom, cubic},
	{Bicubic, planeFilter{draw.Kernel{Support: 2, At: keys}, true}},
	{Bilinear, triangle},
}

// keys is Keys' cubic convolution (1981, equation 15) with a = -0.75.
func keys(t float64) float64 {
	const a = -0.75
	if t <= 1 {
		return ((a+2)*t-(a+3))*t*t + 1
	}
	return ((a*t-5*a)*t+8*a)*t - 4*a
}

// tap is the old positions that one new position reads along one axis.
type tap struct {
	first   int
	weights []float32 // they sum to 1
}

func taps(to, from int, k planeFilter) []tap {
	scale := float64(from) / float64(to)
	reach := k.Support * max(1, scale)
	all := make([]tap, to)
	for i := range all {
		middle := (float64(i)+0.5)*scale - 0.5
		low, high := int(math.Ceil(middle-reach)), int(math.Floor(middle+reach))
		first, last := max(0, low), min(from-1, high)
		weights, sum := make([]float64, last-first+1), 0.0
		for j := low; j <= high; j++ {
			d := math.Abs(float64(j)-middle) / max(1, scale)
			if d < k.Support && (k.repeat || j >= first && j <= last) {
				w := k.At(d)
				weights[min(max(j, first), last)-first] += w
				sum += w
			}
		}
		all[i] = tap{first, make([]float32, len(weights))}
		for j, w := range weights {
			all[i].weights[j] = float32(w / sum)
		}
	}
	return all
}

// resample resizes three planes, first along rows, then along columns.
func resample(p Parallel, dst []float32, width, height int, src []float32, fromWidth, fromHeight int, k planeFilter) {
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
