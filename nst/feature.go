package nst

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Feature is one layer's feature maps in the graph: N = Channels maps of
// M = Height*Width positions each. Its methods add to the graph what a loss
// wants to see of them. They can be used inside a loss's Build only, and panic
// on misuse; the run returns that as an error. (FeatureMaps are the numbers.)
type Feature struct {
	Layer                   string // as it was asked for
	Channels, Height, Width int

	node      *gorgonia.Node // blocked, with its halo
	precision kernel.Precision
	context   *Context
	// With a mask, the positions' weights, of mean 1, and their roots, (Height, Width).
	weights, roots *gorgonia.Node
	root           *gorgonia.Node // the maps times the roots
}

// N is the number of maps, M the number of positions of each.
func (f *Feature) N() int { return f.Channels }
func (f *Feature) M() int { return f.Height * f.Width }

func (f *Feature) shape() kernel.Shape { return kernel.Shape{C: f.Channels, H: f.Height, W: f.Width} }

// Masked is the features with the mask's weights for the positions (see Mask); nil
// changes nothing. Means and sums of squares are then weighted ones, as if the part
// that counts were a whole image: Mean, Gram, Covariance, SquaredNorm and the distances
// of Context. Maps and Matrix are multiplied by the roots of the weights, so that
// their products are weighted. A mask of masked features replaces the first.
func (f *Feature) Masked(m *Mask) *Feature {
	if m == nil {
		return f
	}
	own := *f
	own.root = nil
	own.weights, own.roots = f.context.mask(m, f.Height, f.Width)
	return &own
}

// rooted is the maps times the roots of the weights.
func (f *Feature) rooted() *gorgonia.Node {
	if f.weights == nil {
		return f.node
	}
	if f.root == nil {
		f.root = apply(op.Weigh{Of: f.shape()}, f.node, f.roots)
	}
	return f.root
}

// Maps is the feature maps as a node of shape (Channels, Height, Width).
func (f *Feature) Maps() *gorgonia.Node {
	return apply(op.Plain{Of: f.shape(), As: tensor.Shape{f.Channels, f.Height, f.Width}}, f.rooted())
}

// Matrix is the feature maps as Gatys' matrix F, a node of shape (N, M).
func (f *Feature) Matrix() *gorgonia.Node {
	return apply(op.Plain{Of: f.shape(), As: tensor.Shape{f.N(), f.M()}}, f.rooted())
}

// Gram is F F^T, raw, a node of shape (N, N).
func (f *Feature) Gram() *gorgonia.Node {
	return apply(op.Gram{Of: f.shape(), Precision: f.precision}, f.rooted())
}

// Mean is each map's mean over its positions, a node of shape (N).
func (f *Feature) Mean() *gorgonia.Node {
	maps := f.node
	if f.weights != nil {
		maps = apply(op.Weigh{Of: f.shape()}, maps, f.weights)
	}
	return apply(op.Mean{Of: f.shape()}, maps)
}

// Centred is the features less each map's mean.
func (f *Feature) Centred() *Feature {
	own := *f
	own.root = nil
	if f.weights == nil {
		own.node = apply(op.Center{Of: f.shape()}, f.node)
	} else {
		own.node = apply(op.WeightedCenter{Of: f.shape()}, f.node, f.weights)
	}
	return &own
}

// Covariance is the mean over the positions of (F - mu) (F - mu)^T, a node of shape
// (N, N). It is computed from centred maps, so that maps which do not vary have a
// variance of exactly 0.
func (f *Feature) Covariance() *gorgonia.Node {
	return f.context.WeightedSum([]float64{1 / float64(f.M())}, f.Centred().Gram())
}

// SquaredNorm is the sum of the squares of all maps, a scalar.
func (f *Feature) SquaredNorm() *gorgonia.Node {
	zero := *f
	zero.weights, zero.node = nil, f.context.WeightedSum([]float64{0}, f.node)
	return f.context.FeatureDistance(f, &zero, 1)
}

// apply adds an operation.
func apply(s op.Spec, in ...*gorgonia.Node) *gorgonia.Node { return must(op.Apply(s, in...)) }

// must is for building inside a loss, where errors travel as panics.
func must(n *gorgonia.Node, err error) *gorgonia.Node {
	if err != nil {
		panic(err)
	}
	return n
}
