package nst

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Feature is the feature maps of one layer as a node of the graph: N = Channels maps of
// M = Height*Width positions each. Its methods add statistics of the maps to the graph.
// They can be called only inside a loss's Build. They panic on misuse, and the run
// returns the panic as an error. (FeatureMaps holds the maps as numbers.)
type Feature struct {
	Layer                   string // name of the layer as in the loss's Needs
	Channels, Height, Width int
	Reduction               int // factor by which the maps are smaller than the image, on each side

	node      *gorgonia.Node // blocked, with its halo
	precision kernel.Precision
	context   *Context
	image     *Image // the target; nil: the image being optimised
	mask      *Mask  // nil if there is none
	sight     int    // pixels beyond its own that a position sees, on each side
	// With a mask: the weights of the positions, of mean 1, and their square roots, (Height, Width).
	weights, roots *gorgonia.Node
	root           *gorgonia.Node // the maps times the square roots
	centred        bool           // in tiles: the maps have their means subtracted
	pooled         int            // in tiles: times that the maps are halved
	guides         *guides        // in tiles: the maps of regions that are added; nil: none
}

// N returns the number of maps; M returns the number of positions of each.
func (f *Feature) N() int { return f.Channels }
func (f *Feature) M() int { return f.Height * f.Width }

func (f *Feature) shape() kernel.Shape { return kernel.Shape{C: f.Channels, H: f.Height, W: f.Width} }

// Masked returns the features with the mask's weights for the positions (see Mask). A nil
// mask changes nothing. Mean, Gram, Covariance, SquaredNorm and the distances of Context
// are then weighted. Maps and Matrix return maps times the square roots of the weights,
// so that products of two maps are weighted. A mask of masked features replaces the
// first mask.
func (f *Feature) Masked(m *Mask) *Feature {
	if m == nil {
		return f
	}
	own := *f
	own.root, own.mask = nil, m
	if f.sums() != nil {
		f.context.seen(m, f)
		return &own
	}
	own.weights, own.roots = f.context.mask(m, f)
	return &own
}

// Weights returns the weights of the positions, of mean 1, a node of shape (Height, Width);
// nil if there is no mask.
func (f *Feature) Weights() *gorgonia.Node {
	if f.mask != nil {
		f.whole("the weights of the positions")
	}
	return f.weights
}

// At returns the features of the same image, with the same mask, at another layer, which
// must be among the loss's Needs.
func (f *Feature) At(layer string) *Feature {
	other := f.context.Feature(layer)
	if f.image != nil {
		other = f.context.Target(f.image, layer)
	}
	return other.Masked(f.mask)
}

// Pooled returns the features with half the height and width: means over 2x2 positions. It
// drops an odd row or column.
func (f *Feature) Pooled() *Feature {
	own := *f
	own.Height, own.Width, own.Reduction = f.Height/2, f.Width/2, 2*f.Reduction
	if own.Height < 1 || own.Width < 1 {
		panic(fmt.Errorf("%w: %s has %d x %d positions, which cannot be halved", ErrTooSmall, f.Layer, f.Width, f.Height))
	}
	own.root, own.weights, own.roots = nil, nil, nil
	if f.sums() != nil {
		if f.centred || f.guides != nil {
			f.whole("halved maps that are centred or guided")
		}
		own.pooled++
		return own.Masked(f.mask)
	}
	own.node = apply(op.Pool{Kind: kernel.PoolAverage, Scale: 1, In: f.shape()}, f.node)
	return own.Masked(f.mask)
}

// rooted returns the maps times the square roots of the weights.
func (f *Feature) rooted() *gorgonia.Node {
	if f.weights == nil {
		return f.node
	}
	if f.root == nil {
		f.root = apply(op.Weigh{Of: f.shape()}, f.node, f.roots)
	}
	return f.root
}

// Maps returns the feature maps as a node of shape (Channels, Height, Width).
func (f *Feature) Maps() *gorgonia.Node {
	f.whole("the maps")
	return apply(op.Plain{Of: f.shape(), As: tensor.Shape{f.Channels, f.Height, f.Width}}, f.rooted())
}

// Matrix returns the feature maps as the matrix F of Gatys et al., a node of shape (N, M).
func (f *Feature) Matrix() *gorgonia.Node {
	f.whole("the maps")
	return apply(op.Plain{Of: f.shape(), As: tensor.Shape{f.N(), f.M()}}, f.rooted())
}

// Gram returns F F^T, not normalised, a node of shape (N, N).
func (f *Feature) Gram() *gorgonia.Node {
	if f.sums() != nil {
		return f.tiledGram()
	}
	return apply(op.Gram{Of: f.shape(), Precision: f.precision}, f.rooted())
}

// Mean returns each map's mean over its positions, a node of shape (N).
func (f *Feature) Mean() *gorgonia.Node {
	if f.sums() != nil && !f.centred {
		return f.sum(meanSum)
	} else if f.centred {
		f.whole("the mean of the centred maps")
	}
	maps := f.node
	if f.weights != nil {
		maps = apply(op.Weigh{Of: f.shape()}, maps, f.weights)
	}
	return apply(op.Mean{Of: f.shape()}, maps)
}

// Centred returns the features with each map's mean subtracted.
func (f *Feature) Centred() *Feature {
	own := *f
	own.root = nil
	if f.sums() != nil {
		own.centred = true
		return &own
	}
	if f.weights == nil {
		own.node = apply(op.Center{Of: f.shape()}, f.node)
	} else {
		own.node = apply(op.WeightedCenter{Of: f.shape()}, f.node, f.weights)
	}
	return &own
}

// Variance returns each map's variance over its positions, a node of shape (N).
func (f *Feature) Variance() *gorgonia.Node {
	if f.sums() != nil {
		return f.tiledVariance()
	}
	return apply(op.SquareMean{Of: f.shape()}, f.Centred().rooted())
}

// Covariance returns the mean of (F - mu) (F - mu)^T over the positions, a node of shape
// (N, N). It is computed from centred maps, so that the variance of a constant map is
// exactly 0, and its gradient has all digits where a map hardly varies.
func (f *Feature) Covariance() *gorgonia.Node {
	return f.context.WeightedSum([]float64{1 / float64(f.M())}, f.Centred().Gram())
}

// Moments returns Mean and Covariance. A loss takes less time with it than with each of
// them. The values are the same. The gradient subtracts the means after its product with the
// maps, so that its rounding is that of the means: use Covariance where a loss divides by
// variances.
func (f *Feature) Moments() (mean, covariance *gorgonia.Node) {
	if f.sums() != nil || f.weights != nil {
		return f.Mean(), f.Covariance()
	}
	n := f.N()
	moments := apply(op.Moments{Of: f.shape(), Precision: f.precision}, f.node)
	mean = f.context.Op(Operation{Name: "mean of moments", Shape: []int{n},
		Run: func(_ Parallel, out []float32, in [][]float32) { copy(out, in[0]) },
		Gradient: func(_ Parallel, _ int, din, dout []float32, _ [][]float32) {
			clear(din[copy(din, dout):])
		}}, moments)
	scale := 1 / float64(f.M())
	covariance = f.context.Op(Operation{Name: "covariance of moments", Shape: []int{n, n},
		Run: func(p Parallel, out []float32, in [][]float32) {
			p.Each(n, func(i int) {
				for j, v := range in[0][(1+i)*n:][:n] {
					out[i*n+j] = float32(scale * float64(v))
				}
			})
		},
		Gradient: func(p Parallel, _ int, din, dout []float32, _ [][]float32) {
			clear(din[:n])
			p.Each(n, func(i int) {
				for j, v := range dout[i*n:][:n] {
					din[(1+i)*n+j] = float32(scale * float64(v))
				}
			})
		}}, moments)
	return mean, covariance
}

// Cross returns the mean of F G^T over the positions, a node of shape (N of f, N of g). If
// the maps differ by a row or a column, this is not read.
func (f *Feature) Cross(g *Feature) *gorgonia.Node {
	s := op.NewCross(f.shape(), g.shape())
	if f.sums() != nil {
		return f.tiledCross(g, 0, 0, s.Rows, s.Cols)
	}
	return apply(s, f.rooted(), g.rooted())
}

// Shifted returns the mean of F(p) F(p+d)^T over the positions p for which p+d exists, a
// node of shape (N, N). d is dy rows down, 0 or more, and dx columns to the right.
func (f *Feature) Shifted(dy, dx int) *gorgonia.Node {
	s := op.Shifted{Of: f.shape(), DY: dy, DX: dx}
	rows, cols := s.Sides()
	if dy < 0 || rows < 1 || cols < 1 {
		panic(fmt.Errorf("layer %s: a shift by %d rows and %d columns of maps of %d x %d positions", f.Layer, dy, dx, f.Width, f.Height))
	}
	if f.sums() != nil {
		return f.tiledCross(f, dy, dx, rows, cols)
	}
	return apply(s, f.rooted())
}

// SquaredNorm returns the sum of the squares of all maps, a scalar.
func (f *Feature) SquaredNorm() *gorgonia.Node {
	if f.sums() != nil && !f.centred {
		return f.tiledNorm()
	}
	f.whole("the norm of the centred maps")
	zero := *f
	zero.weights, zero.node = nil, f.context.WeightedSum([]float64{0}, f.node)
	return f.context.FeatureDistance(f, &zero, 1)
}

// apply adds an operation to the graph.
func apply(s op.Spec, in ...*gorgonia.Node) *gorgonia.Node { return must(op.Apply(s, in...)) }

// must panics on an error. The run converts panics of a loss's Build to errors.
func must(n *gorgonia.Node, err error) *gorgonia.Node {
	if err != nil {
		panic(err)
	}
	return n
}
