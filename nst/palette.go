package nst

import (
	"cmp"
	"math"

	"gorgonia.org/gorgonia"
)

// Palette compares which colours occur, whatever their places: soft histograms of the stored
// RGB values. A histogram has Bins knots along each axis of the colour cube. A pixel is
// shared between the eight knots around its colour, by trilinear weights, so that the
// histogram has a gradient. A gradient reaches as far as the distance of two knots:
// therefore histograms of Bins, Bins/2, … and 2 knots are compared together. With the
// shares h of the image and t of the target:
//
//	mean over the histograms of sum (h - t)^2 / sum t^2
//
// It is 0 for the palette of the target, and 1 or more for one that has no colour in common
// with it. It reads no layer.
type Palette struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Bins    int // a power of 2 from 2 to 16; 0: 8
}

var (
	_ Loss      = Palette{}
	_ Validator = Palette{}
)

// Needs implements Loss.
func (l Palette) Needs() Needs {
	return Statistic{Targets: TargetsOf(l.Target, l.Targets)}.Needs()
}

// Validate implements Validator.
func (l Palette) Validate() error {
	if b := l.Bins; b != 0 && b != 2 && b != 4 && b != 8 && b != 16 {
		return errorf("%d bins: 2, 4, 8 or 16 are accepted, or 0 for 8", b)
	}
	targets := TargetsOf(l.Target, l.Targets)
	if _, err := shares(targets); err != nil {
		return err
	}
	for _, t := range targets {
		if t.Image == nil {
			return errorf("a target without an image")
		}
		if err := cmp.Or(t.Image.Validate(), t.Mask.Validate()); err != nil {
			return err
		}
	}
	return l.Mask.Validate()
}

// Build implements Loss.
func (l Palette) Build(c *Context) ([]Part, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	targets := TargetsOf(l.Target, l.Targets)
	weights, err := shares(targets)
	if err != nil {
		return nil, err
	}
	histogram := func(pixels *gorgonia.Node, m *Mask, bins int) *gorgonia.Node {
		s := pixels.Shape()
		in := []*gorgonia.Node{pixels}
		if m != nil {
			in = append(in, c.PixelWeights(m, s[2], s[1]))
		}
		return c.Op(softHistogram(bins, s[1], s[2]), in...)
	}
	var each []*gorgonia.Node
	for bins := cmp.Or(l.Bins, 8); bins >= 2; bins /= 2 {
		var aims []*gorgonia.Node
		for _, t := range targets {
			aims = append(aims, histogram(c.TargetImage(t.Image), t.Mask, bins))
		}
		aim := c.WeightedSum(weights, aims...)
		each = append(each, c.Ratio(c.SquaredDistance(histogram(c.Image(), l.Mask, bins), aim, 1), c.SquaredNorm(aim)))
	}
	mean := make([]float64, len(each))
	for i := range mean {
		mean[i] = 1 / float64(len(each))
	}
	return []Part{{Weight: 1, Node: c.WeightedSum(mean, each...)}}, nil
}

// knots are the two knots around a value along one axis, and the share of the second.
type knots struct {
	low   int
	share float64
	slope float64 // of the share; 0 outside of [0,1]
}

func knotsOf(v float32, bins int) knots {
	u := float64(v) * float64(bins-1)
	low := min(max(int(math.Floor(u)), 0), bins-2)
	share := u - float64(low)
	if share < 0 || share > 1 {
		return knots{low, min(max(share, 0), 1), 0}
	}
	return knots{low, share, float64(bins - 1)}
}

// softHistogram is the histogram of bins^3 knots of an image of height x width pixels, which
// sums to 1. The second input, if there is one, are weights of mean 1.
func softHistogram(bins, height, width int) Operation {
	const pieces = 16 // a fixed number: sums do not depend on the number of threads
	plane, cells := height*width, bins*bins*bins
	// around calls f for each knot around a colour: its cell, and the share of each channel.
	around := func(k [3]knots, f func(cell int, share [3]float64, upper [3]bool)) {
		for n := range 8 {
			cell := 0
			var share [3]float64
			var upper [3]bool
			for c := range 3 {
				upper[c] = n>>c&1 == 1
				at, s := k[c].low, 1-k[c].share
				if upper[c] {
					at, s = at+1, k[c].share
				}
				cell, share[c] = cell*bins+at, s
			}
			f(cell, share, upper)
		}
	}
	at := func(pix []float32, i int) (k [3]knots) {
		for c := range 3 {
			k[c] = knotsOf(pix[c*plane+i], bins)
		}
		return k
	}
	weight := func(in [][]float32, i int) float64 {
		if len(in) > 1 {
			return float64(in[1][i]) / float64(plane)
		}
		return 1 / float64(plane)
	}
	sums := make([]float64, pieces*cells)
	return Operation{Name: "soft histogram", Shape: []int{cells},
		Run: func(p Parallel, out []float32, in [][]float32) {
			p.Each(pieces, func(n int) {
				own := sums[n*cells:][:cells]
				clear(own)
				for i := n * plane / pieces; i < (n+1)*plane/pieces; i++ {
					w := weight(in, i)
					around(at(in[0], i), func(cell int, s [3]float64, _ [3]bool) { own[cell] += float64(w * s[0] * s[1] * s[2]) })
				}
			})
			for cell := range out {
				sum := 0.0
				for n := range pieces {
					sum += sums[n*cells+cell]
				}
				out[cell] = float32(sum)
			}
		},
		Gradient: func(p Parallel, input int, din, dout []float32, in [][]float32) {
			if input > 0 {
				clear(din)
				return
			}
			p.Each(height, func(y int) {
				for i := y * width; i < (y+1)*width; i++ {
					k := at(in[0], i)
					var d [3]float64
					around(k, func(cell int, s [3]float64, upper [3]bool) {
						for c := range 3 {
							slope := k[c].slope
							if !upper[c] {
								slope = -slope
							}
							d[c] += float64(slope * s[(c+1)%3] * s[(c+2)%3] * float64(dout[cell]))
						}
					})
					w := weight(in, i)
					for c := range 3 {
						din[c*plane+i] = float32(w * d[c])
					}
				}
			})
		}}
}
