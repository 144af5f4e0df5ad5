package nst

import (
	"cmp"
	"math"

	"gorgonia.org/gorgonia"
)

// Normalization is the divisor of a raw Gram matrix before it is compared. With N maps
// of M positions:
type Normalization string

const (
	Raw          Normalization = "raw" // nothing
	ByPositions  Normalization = "m"   // M: the style does not depend on the size of the image
	ByEverything Normalization = "nm"  // N M
)

var divisors = choices[Normalization, func(n, m float64) float64]{
	{Raw, one},
	{ByPositions, func(_, m float64) float64 { return m }},
	{ByEverything, func(n, m float64) float64 { return n * m }},
}

// Gram compares the Gram matrices F F^T of feature maps (Gatys et al. 2015,
// equations 3 to 5). The style image may have any size.
type Gram struct {
	// Target is the style image.
	Target *Image
	// Targets are several style images, instead of Target or in addition to it. The
	// loss compares with the weighted mean of their Gram matrices, as jcjohnson's
	// style_blend_weights does.
	Targets []Target
	// Mask weights the positions of the optimised image; nil: all count equally.
	Mask   *Mask
	Layers LayerWeights
	// Normalize is Raw if empty. The reductions Gatys and Keras require raw matrices.
	Normalize Normalization
	// Reduce is Gatys if empty; or Keras, Sum, Mean or Relative. Gatys divides each
	// matrix by its own image's number of positions, 1/(4 N^2) sum (G/M - A/M_A)^2. If
	// both images have the same size, this is equation 4 of the paper; if not, the
	// result does not depend on the sizes.
	Reduce Reduction
	// Shift is added to the features: (F + Shift) (F + Shift)^T. Novak and Nikulin, "Improving
	// the Neural Algorithm of Artistic Style" (2016), shift activations to avoid sparse
	// matrices; titu1994's program has -1.
	Shift float64
	// Chain gives each of Layers the difference of its loss and that of the next one, as
	// titu1994's program does. The last layer counts in the difference only, and its weight
	// does not count. The loss can be negative.
	Chain bool
}

// Covariance compares covariance matrices F F^T/M - mu mu^T: the Gram matrices of
// feature maps from which their means are subtracted. Sun and Saenko, "Deep CORAL" (ECCV 2016
// Workshops, pages 443 to 450), compare them in the same way.
type Covariance struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Layers  LayerWeights
	Reduce  Reduction // empty: Mean; or Sum or Relative
	// Means compares the means mu, too: the loss is the sum of both distances, each with
	// its own reduction.
	Means bool
}

// Correlation compares Pearson's correlations of feature maps: the covariance divided by
// the standard deviations of both maps. It compares which features occur together, and
// does not depend on how strong a map is.
type Correlation struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Layers  LayerWeights
	Reduce  Reduction // empty: Mean; or Sum or Relative
}

var (
	_ Loss = Gram{}
	_ Loss = Covariance{}
	_ Loss = Correlation{}
)

func (l Gram) statistic() Statistic {
	return Statistic{
		Targets: TargetsOf(l.Target, l.Targets), Mask: l.Mask, Layers: l.Layers,
		Sums: l.sums, Compare: compareMatrices(gramReductions, cmp.Or(l.Reduce, Gatys)),
	}
}

// Needs implements Loss.
func (l Gram) Needs() Needs { return l.statistic().Needs() }

// Validate implements Validator.
func (l Gram) Validate() error {
	reduce := cmp.Or(l.Reduce, Gatys)
	if _, err := gramReductions.of("reduction", reduce); err != nil {
		return err
	}
	if _, err := divisors.of("normalization", l.Normalize); err != nil {
		return err
	}
	if (reduce == Gatys || reduce == Keras) && cmp.Or(l.Normalize, Raw) != Raw {
		return errorf("reduction %q is of raw Gram matrices, found normalize %q: leave it out", reduce, l.Normalize)
	}
	if math.IsNaN(l.Shift) || math.IsInf(l.Shift, 0) {
		return errorf("a shift of %v: must be a finite number", l.Shift)
	}
	if l.Chain && len(l.Layers) < 2 {
		return errorf("a chain of %d layers: must be at least 2", len(l.Layers))
	}
	return l.statistic().Validate()
}

// Build implements Loss.
func (l Gram) Build(c *Context) ([]Part, error) {
	parts, err := l.statistic().Build(c)
	if err != nil || !l.Chain {
		return parts, err
	}
	for i := range len(parts) - 1 {
		parts[i].Node = c.WeightedSum([]float64{1, -1}, parts[i].Node, parts[i+1].Node)
	}
	return parts[:len(parts)-1], nil
}

// sums returns the normalised Gram matrix.
func (l Gram) sums(c *Context, f *Feature) []*gorgonia.Node {
	normalize := l.Normalize
	if cmp.Or(l.Reduce, Gatys) == Gatys {
		normalize = ByPositions
	}
	divisor, _ := divisors.of("normalization", normalize)
	gram := f.Gram()
	if l.Shift != 0 {
		gram = c.Op(shift(f.N(), f.M(), l.Shift), gram, f.Mean())
	}
	return []*gorgonia.Node{c.WeightedSum([]float64{1 / divisor(float64(f.N()), float64(f.M()))}, gram)}
}

// shift is the Gram matrix of n maps of m positions to which s is added, from that of the maps
// and their means: G + s m (mu 1^T + 1 mu^T) + s^2 m.
func shift(n, m int, s float64) Operation {
	a := s * float64(m)
	return Operation{Name: "shifted Gram matrix", Shape: []int{n, n},
		Run: func(_ Parallel, out []float32, in [][]float32) {
			for i, mu := range in[1] {
				for j, nu := range in[1] {
					out[i*n+j] = float32(float64(in[0][i*n+j]) + float64(a*(float64(mu)+float64(nu)+s)))
				}
			}
		},
		Gradient: func(_ Parallel, k int, din, dout []float32, _ [][]float32) {
			if k == 0 {
				copy(din, dout)
				return
			}
			for i := range n {
				sum := 0.0
				for j := range n {
					sum += float64(dout[i*n+j]) + float64(dout[j*n+i])
				}
				din[i] = float32(a * sum)
			}
		}}
}

func (l Covariance) statistic() Statistic {
	return Statistic{
		Targets: TargetsOf(l.Target, l.Targets), Mask: l.Mask, Layers: l.Layers,
		Sums: func(_ *Context, f *Feature) []*gorgonia.Node {
			mean, covariance := f.Moments()
			if l.Means {
				return []*gorgonia.Node{covariance, mean}
			}
			return []*gorgonia.Node{covariance}
		},
		Compare: func(c *Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
			compare := compareMatrices(matrixReductions, cmp.Or(l.Reduce, Mean))
			d, err := compare(c, image, aim)
			if err != nil || !l.Means {
				return d, err
			}
			means, err := compare(c, image[1:], aim[1:])
			if err != nil {
				return nil, err
			}
			return c.WeightedSum([]float64{1, 1}, d, means), nil
		},
	}
}

// Needs implements Loss.
func (l Covariance) Needs() Needs { return l.statistic().Needs() }

// Validate implements Validator.
func (l Covariance) Validate() error {
	if _, err := matrixReductions.of("reduction", l.Reduce); err != nil {
		return err
	}
	return l.statistic().Validate()
}

// Build implements Loss.
func (l Covariance) Build(c *Context) ([]Part, error) { return l.statistic().Build(c) }

func (l Correlation) statistic() Statistic {
	return Statistic{
		Targets: TargetsOf(l.Target, l.Targets), Mask: l.Mask, Layers: l.Layers,
		Sums: func(c *Context, f *Feature) []*gorgonia.Node {
			return []*gorgonia.Node{correlate(c, f.Covariance(), f.Mean(), correlationEpsilon)}
		},
		Compare: compareMatrices(matrixReductions, cmp.Or(l.Reduce, Mean)),
	}
}

// Needs implements Loss.
func (l Correlation) Needs() Needs { return l.statistic().Needs() }

// Validate implements Validator.
func (l Correlation) Validate() error {
	if _, err := matrixReductions.of("reduction", l.Reduce); err != nil {
		return err
	}
	return l.statistic().Validate()
}

// Build implements Loss.
func (l Correlation) Build(c *Context) ([]Part, error) { return l.statistic().Build(c) }

// compareMatrices returns a Compare function: the reduced squared distance of two matrices
// or vectors of one shape.
func compareMatrices(known reductions, reduce Reduction) func(c *Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
	return func(c *Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
		factor, err := known.of("reduction", reduce)
		if err != nil {
			return nil, err
		}
		width, height := c.Size()
		// The factors are those of N x N elements; with N x N' elements, N is their root.
		n, pixels := math.Sqrt(float64(image[0].Shape().TotalSize())), float64(width)*float64(height)
		d := c.SquaredDistance(image[0], aim[0], factor(n, pixels))
		if reduce == Relative {
			d = c.Ratio(d, c.SquaredNorm(aim[0]))
		}
		return d, nil
	}
}
