package nst

import (
	"cmp"
	"math"

	"gorgonia.org/gorgonia"
)

// Wasserstein is the squared 2-Wasserstein distance of two normal distributions with the
// means and covariances of the feature maps (Dowson and Landau 1982, page 450), as
// crowsonkb's style-transfer-pytorch computes it. With the means mu and nu, the covariances
// S of the image and A of the target, both plus Epsilon on the diagonal, and N maps:
//
//	1/N |mu - nu|^2 + 1/N tr(S + A - 2 (A^1/2 S A^1/2)^1/2)
//
// It is 0 only if means and covariances are equal. Unlike a distance of Gram matrices, it
// grows with the square of a feature, not with its fourth power, so that strong features do
// not count for everything.
//
// Roots are computed by Iterations steps of Newton and Schulz' method. Variances that are
// below 2.25^-Iterations of the whole have not converged then and count less; with many
// maps, or few positions, these are most of them. The gradient is that of a converged root,
// as crowsonkb's is.
type Wasserstein struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Layers  LayerWeights
	// Reduce is Mean, as above, if empty; or Sum, N times as much; or Relative, divided by
	// the distance of the target from maps of zeros.
	Reduce Reduction
	// Epsilon is added to each variance, above 0; 0: 1e-4.
	Epsilon float64
	// Iterations is at most 40; 0: 12. With more than 16, variances below 1e-6 of the whole
	// count as that: float32 does not resolve them.
	Iterations int
}

var (
	_ Loss      = Wasserstein{}
	_ Validator = Wasserstein{}
)

// Validate returns an error for an invalid option.
func (l Wasserstein) Validate() error {
	switch {
	case !(l.Epsilon >= 0) || math.IsInf(l.Epsilon, 0):
		return errorf("an epsilon of %v: 0 (the default, 1e-4) or a finite number above is required", l.Epsilon)
	case l.Iterations < 0 || l.Iterations > 40:
		return errorf("%d iterations: 0 (the default, 12) to 40 are accepted", l.Iterations)
	}
	if _, err := matrixReductions.of("reduction", l.Reduce); err != nil {
		return err
	}
	return l.statistic().Validate()
}

func (l Wasserstein) statistic() Statistic {
	r := &Roots{}
	return Statistic{
		Targets: TargetsOf(l.Target, l.Targets), Mask: l.Mask, Layers: l.Layers,
		Sums: secondMoments,
		Compare: func(c *Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
			return l.compare(c, r, image, aim)
		},
	}
}

// secondMoments returns the means, the covariances and the products of two means. The sum of the
// last two is the second moment, whose mean over several targets is that of the targets
// together.
func secondMoments(c *Context, f *Feature) []*gorgonia.Node {
	mean, covariance := f.Moments()
	return []*gorgonia.Node{mean, covariance, outer(c, mean)}
}

// Needs implements Loss.
func (l Wasserstein) Needs() Needs { return l.statistic().Needs() }

// Build implements Loss.
func (l Wasserstein) Build(c *Context) ([]Part, error) { return l.statistic().Build(c) }

func (l Wasserstein) compare(c *Context, r *Roots, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
	mean, covariance, nu := image[0], image[1], aim[0]
	n := mean.Shape()[0]
	// The covariance of all targets together: the mean of their second secondMoments less nu nu^T.
	target := c.WeightedSum([]float64{1, 1, -1}, aim[1], aim[2], outer(c, nu))
	m := bures{roots: r, n: n, epsilon: cmp.Or(l.Epsilon, 1e-4), steps: cmp.Or(l.Iterations, 12), scale: 1}
	if cmp.Or(l.Reduce, Mean) == Mean {
		m.scale = 1 / float64(n)
	}
	d := c.WeightedSum([]float64{1, 1},
		c.SquaredDistance(mean, nu, m.scale),
		c.Op(m.distance(), covariance, c.Op(m.evaluated(), covariance, target, c.Op(m.root(), target))))
	if l.Reduce == Relative {
		d = c.Ratio(d, c.WeightedSum([]float64{1, 1}, c.SquaredNorm(nu), c.Op(traceOf, target)))
	}
	return d, nil
}

// bures makes the operations of the distance between two covariances, of n maps.
type bures struct {
	roots          *Roots
	n              int
	epsilon, scale float64
	steps          int
}

// root is the root of the target's covariance plus epsilon.
func (b bures) root() Operation {
	n := b.n
	return Operation{Name: "matrix root", Shape: []int{n, n},
		Run: func(p Parallel, y []float32, in [][]float32) {
			copy(y, in[0])
			b.add(y)
			b.roots.Root(p, y, y, n, b.steps)
		}}
}

// evaluated is tr(S + A - 2 (R S R)^1/2), of the covariances S and A plus epsilon and the root R of
// the latter, and after it R Q R, with Q the gradient of the trace of that root. It counts as a
// constant: distance has its gradient.
func (b bures) evaluated() Operation {
	n := b.n
	s := make([]float32, n*n)
	return Operation{Name: "matrix root and slope", Shape: []int{1 + n*n},
		Run: func(p Parallel, out []float32, in [][]float32) {
			copy(s, in[0])
			b.add(s)
			sum := trace(in[0], n) + trace(in[1], n) + 2*float64(n)*b.epsilon
			out[0] = float32(sum - 2*b.roots.TraceBetween(p, out[1:], s, in[2], n, b.steps))
		}}
}

// add adds epsilon to the diagonal.
func (b bures) add(a []float32) {
	for i := range b.n {
		a[i*b.n+i] += float32(b.epsilon)
	}
}

// distance is scale times the distance, which the second input begins with, as a function of the first, the
// covariance.
func (b bures) distance() Operation {
	n := b.n
	return Operation{Name: "distance of covariances",
		Run: func(_ Parallel, out []float32, in [][]float32) { out[0] = float32(b.scale * float64(in[1][0])) },
		Gradient: func(p Parallel, k int, din, dout []float32, in [][]float32) {
			if k == 1 {
				clear(din)
				return
			}
			d := b.scale * float64(dout[0])
			p.Each(n, func(i int) {
				row, slope := din[i*n:][:n], in[1][1+i*n:][:n]
				for j, v := range slope {
					row[j] = float32(-2 * d * float64(v))
				}
				row[i] += float32(d)
			})
		}}
}

// traceOf is the sum of the diagonal of a square matrix, a constant.
var traceOf = Operation{Name: "trace", Run: func(_ Parallel, out []float32, in [][]float32) {
	out[0] = float32(trace(in[0], int(math.Sqrt(float64(len(in[0]))))))
}}

// trace returns the sum of the diagonal of an n x n matrix.
func trace(a []float32, n int) float64 {
	sum := 0.0
	for i := range n {
		sum += float64(a[i*n+i])
	}
	return sum
}

// outer returns v v^T, a constant.
func outer(c *Context, v *gorgonia.Node) *gorgonia.Node {
	n := v.Shape()[0]
	return c.Op(Operation{Name: "outer product", Shape: []int{n, n}, Run: func(_ Parallel, out []float32, in [][]float32) {
		for i, a := range in[0] {
			for j, b := range in[0] {
				out[i*n+j] = a * b
			}
		}
	}}, v)
}
