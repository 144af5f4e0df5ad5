package nst

import (
	"cmp"
	"math"

	"gorgonia.org/gorgonia"
)

// MeanVariance compares each map's mean and standard deviation (Huang and Belongie 2017,
// "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", ICCV,
// pages 1501 to 1510, equation 13). With the means mu and nu and the deviations s and t of
// N maps:
//
//	1/N (|mu - nu|^2 + |s - t|^2)
//
// The paper has the norms without squares; the authors' program has the squares. It says
// how strong each feature is, and not which features occur together. s^2 is the variance
// plus 1e-5.
type MeanVariance struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Layers  LayerWeights
	// Reduce is Mean, as above, if empty; or Sum, N times as much; or Relative, divided by
	// |nu|^2 + |t|^2.
	Reduce Reduction
}

var (
	_ Loss      = MeanVariance{}
	_ Validator = MeanVariance{}
)

// Validate returns an error for an invalid option.
func (l MeanVariance) Validate() error {
	if _, err := matrixReductions.of("reduction", l.Reduce); err != nil {
		return err
	}
	return l.statistic().Validate()
}

func (l MeanVariance) statistic() Statistic {
	return Statistic{
		Targets: TargetsOf(l.Target, l.Targets), Mask: l.Mask, Layers: l.Layers,
		Sums: func(c *Context, f *Feature) []*gorgonia.Node {
			v := f.Variance()
			return []*gorgonia.Node{f.Mean(), c.Op(deviation(v.Shape()[0]), v)}
		},
		Compare: func(c *Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
			scale := 1.0
			if cmp.Or(l.Reduce, Mean) == Mean {
				scale = 1 / float64(aim[0].Shape()[0])
			}
			d := c.WeightedSum([]float64{1, 1},
				c.SquaredDistance(image[0], aim[0], scale), c.SquaredDistance(image[1], aim[1], scale))
			if l.Reduce == Relative {
				d = c.Ratio(d, c.WeightedSum([]float64{1, 1}, c.SquaredNorm(aim[0]), c.SquaredNorm(aim[1])))
			}
			return d, nil
		},
	}
}

// Needs implements Loss.
func (l MeanVariance) Needs() Needs { return l.statistic().Needs() }

// Build implements Loss.
func (l MeanVariance) Build(c *Context) ([]Part, error) { return l.statistic().Build(c) }

// deviation is the square root of n variances.
func deviation(n int) Operation {
	const epsilon = 1e-5
	return Operation{Name: "deviation", Shape: []int{n},
		Run: func(_ Parallel, s []float32, in [][]float32) {
			for i, v := range in[0] {
				s[i] = float32(math.Sqrt(float64(v) + epsilon))
			}
		},
		Gradient: func(_ Parallel, _ int, dv, ds []float32, in [][]float32) {
			for i, v := range in[0] {
				dv[i] = float32(float64(ds[i]) / (2 * math.Sqrt(float64(v)+epsilon)))
			}
		}}
}
