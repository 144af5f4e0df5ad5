package nst

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/op"
)

// Normalization is what a raw Gram matrix is divided by before two are
// compared. With N maps of M positions:
type Normalization string

const (
	Raw          Normalization = "raw" // nothing
	ByPositions  Normalization = "m"   // M: the style does not depend on the size of the image
	ByEverything Normalization = "nm"  // N M
)

// WeightedImage is an image with its share in a blend of styles.
type WeightedImage struct {
	Image  *Image
	Weight float64
}

// Gram compares the Gram matrices F F^T of feature maps: Gatys et al. 2015,
// equations 3 to 5. The style image may have any size.
type Gram struct {
	// Target is the style image.
	Target *Image
	// Targets are several style images instead; the representation aimed at is
	// the mean of theirs by weight, as jcjohnson's style_blend_weights has it.
	Targets []WeightedImage
	Layers  LayerWeights
	// Normalize is Raw unless said. Gatys' and Keras' reductions are of raw
	// matrices.
	Normalize Normalization
	// Reduce is Gatys' unless said; else Keras, Sum, Mean or Relative. Gatys'
	// counts each image's own positions, 1/(4 N^2) sum (G/M - A/M_A)^2, which
	// is the paper's number where both images have one size and stays sensible
	// where they do not.
	Reduce Reduction
}

// Covariance compares centred covariance matrices F F^T/M - mu mu^T: what is
// left of the Gram matrix when each map's mean is taken away. Normalize has no
// meaning here; Reduce is Mean unless said, or Sum or Relative.
type Covariance struct {
	Target  *Image
	Targets []WeightedImage
	Layers  LayerWeights
	Reduce  Reduction
}

// Correlation compares Pearson's correlations of feature maps, the style as
// lectures put it in words ("which features occur together") rather than as
// they compute it: the covariance divided by both maps' standard deviations,
// so that a map counts by what it goes with and not by how strong it is.
// Reduce is Mean unless said, or Sum or Relative.
type Correlation struct {
	Target  *Image
	Targets []WeightedImage
	Layers  LayerWeights
	Reduce  Reduction
}

var (
	_ Loss = Gram{}
	_ Loss = Covariance{}
	_ Loss = Correlation{}
)

// correlationEpsilon is the part of a layer's mean square that is added to each
// map's variance, so that maps that hardly vary do not drown the others. (A part
// of the mean variance would not do where no map varies.)
const correlationEpsilon = 1e-3

// style is what the three have in common: a representation of a layer by an
// N x N matrix, and a comparison.
type style struct {
	name    string
	targets []WeightedImage
	layers  LayerWeights
	matrix  func(f *Feature) *gorgonia.Node
	// scale of the squared distance for a reduction.
	scale func(c *Context, f *Feature) (float64, error)
	// relative divides by the target's own sum of squares.
	relative bool
}

func targetsOf(target *Image, targets []WeightedImage) []WeightedImage {
	if target != nil {
		return append([]WeightedImage{{target, 1}}, targets...)
	}
	return targets
}

func styleNeeds(layers LayerWeights, targets []WeightedImage) Needs {
	n := Needs{Layers: layers.Names()}
	for _, t := range targets {
		n.Targets = append(n.Targets, t.Image)
	}
	return n
}

func (l Gram) Needs() Needs { return styleNeeds(l.Layers, targetsOf(l.Target, l.Targets)) }

func (l Gram) Build(c *Context) ([]Part, error) {
	reduce, normalize := l.Reduce, l.Normalize
	setDefault(&reduce, Gatys)
	setDefault(&normalize, Raw)
	if (reduce == Gatys || reduce == Keras) && normalize != Raw {
		return nil, fmt.Errorf("nst: style loss reduced by %q is of raw Gram matrices, found normalize %q: leave it out", reduce, normalize)
	}
	divisor := func(f *Feature) float64 { return 1 }
	switch {
	case reduce == Gatys || normalize == ByPositions:
		divisor = func(f *Feature) float64 { return float64(f.M()) }
	case normalize == ByEverything:
		divisor = func(f *Feature) float64 { return float64(f.N()) * float64(f.M()) }
	case normalize != Raw:
		return nil, fmt.Errorf("nst: style loss normalised by %q: choose raw, m or nm", normalize)
	}
	return style{
		name: "style", targets: targetsOf(l.Target, l.Targets), layers: l.Layers, relative: reduce == Relative,
		matrix: func(f *Feature) *gorgonia.Node {
			return blend([]float64{1 / divisor(f)}, f.Gram())
		},
		scale: func(c *Context, f *Feature) (float64, error) {
			n := float64(f.N())
			switch reduce {
			case Gatys:
				return 1 / (4 * n * n), nil
			case Keras:
				width, height := c.Size()
				s := float64(width) * float64(height)
				return 1 / (4 * 9 * s * s), nil
			}
			return matrixScale("style", reduce, n)
		},
	}.build(c)
}

func (l Covariance) Needs() Needs { return styleNeeds(l.Layers, targetsOf(l.Target, l.Targets)) }

func (l Covariance) Build(c *Context) ([]Part, error) {
	return statistic("covariance", targetsOf(l.Target, l.Targets), l.Layers, l.Reduce, covariance).build(c)
}

func (l Correlation) Needs() Needs { return styleNeeds(l.Layers, targetsOf(l.Target, l.Targets)) }

func (l Correlation) Build(c *Context) ([]Part, error) {
	return statistic("correlation", targetsOf(l.Target, l.Targets), l.Layers, l.Reduce, func(f *Feature) *gorgonia.Node {
		return correlate(covariance(f), f.Mean(), correlationEpsilon)
	}).build(c)
}

func covariance(f *Feature) *gorgonia.Node {
	centred := *f
	centred.node = apply(op.Center{Of: f.shape()}, f.node)
	return blend([]float64{1 / float64(f.M())}, centred.Gram())
}

func statistic(name string, targets []WeightedImage, layers LayerWeights, reduce Reduction, matrix func(*Feature) *gorgonia.Node) style {
	setDefault(&reduce, Mean)
	return style{
		name: name, targets: targets, layers: layers, matrix: matrix, relative: reduce == Relative,
		scale: func(_ *Context, f *Feature) (float64, error) { return matrixScale(name, reduce, float64(f.N())) },
	}
}

// matrixScale is the factor of a reduction that every matrix has.
func matrixScale(name string, reduce Reduction, n float64) (float64, error) {
	switch reduce {
	case Sum, Relative:
		return 1, nil
	case Mean:
		return 1 / (n * n), nil
	}
	choices := "sum, mean or relative"
	if name == "style" {
		choices = "gatys, keras, " + choices
	}
	return 0, fmt.Errorf("nst: %s loss reduced by %q: choose %s", name, reduce, choices)
}

func (s style) build(c *Context) ([]Part, error) {
	weights, err := shares(s.name, s.targets)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, lw := range s.layers {
		f := c.Feature(lw.Layer)
		var matrices []*gorgonia.Node
		for _, t := range s.targets {
			matrices = append(matrices, s.matrix(c.Target(t.Image, lw.Layer)))
		}
		aim := blend(weights, matrices...)
		scale, err := s.scale(c, f)
		if err != nil {
			return nil, err
		}
		d := c.SquaredDistance(s.matrix(f), aim, scale)
		if s.relative {
			d = c.relative(d, c.SquaredDistance(aim, c.zeros(aim), 1))
		}
		parts = append(parts, Part{lw.Layer, lw.Weight, d})
	}
	return parts, nil
}

// shares are the targets' weights, scaled to sum to one.
func shares(name string, targets []WeightedImage) ([]float64, error) {
	sum := 0.0
	for _, t := range targets {
		if !(t.Weight >= 0) {
			return nil, fmt.Errorf("nst: %s image with weight %v: must be 0 or more", name, t.Weight)
		}
		sum += t.Weight
	}
	if len(targets) == 0 || sum == 0 {
		return nil, fmt.Errorf("nst: %s loss without an image to compare with: set Target, or Targets with weights above 0", name)
	}
	weights := make([]float64, len(targets))
	for i, t := range targets {
		weights[i] = t.Weight / sum
	}
	return weights, nil
}

// blend is the weighted sum of tensors of one shape.
func blend(weights []float64, tensors ...*gorgonia.Node) *gorgonia.Node {
	return apply(op.Blend{Weights: weights, Of: tensors[0].Shape()}, tensors...)
}

// relative divides a distance by the target's own sum of squares. A target of
// nothing has none: the distance itself is taken.
func (c *Context) relative(distance, norm *gorgonia.Node) *gorgonia.Node {
	return apply(op.Ratio{}, distance, norm)
}
