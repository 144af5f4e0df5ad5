package nst

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Context gives a loss the features that its Needs name, of the image being optimised and
// of its targets, as nodes of one graph. Nodes that depend only on targets, masks and
// constants are computed once, before the first step.
//
// Methods panic on misuse. The run returns the panic as an error with the name of the term.
type Context struct {
	bound  *bound
	term   *boundTerm
	needs  Needs
	guided *Guided // adds maps of regions to the features
}

// Image returns the image being optimised, a node of shape (3, height, width), RGB in
// [0,1]. Values may be outside [0,1] if the transfer does not set Project.
func (c *Context) Image() *gorgonia.Node {
	if c.bound.tiles != nil {
		c.bound.tiles.pixels = true
	}
	return c.term.group.image
}

// Size returns the width and height of the image being optimised, in pixels.
func (c *Context) Size() (width, height int) {
	s := c.bound.image.Shape()
	return s[2], s[1]
}

// Feature returns the features of the image being optimised at a layer. The layer must be
// among the loss's Needs.
func (c *Context) Feature(layer string) *Feature {
	c.check(layer)
	return c.stacked(c.term.normalized(c.feature(c.term.group.features[layer], nil)))
}

// Target returns the features of a target image at a layer, a constant. Image and layer
// must be among the loss's Needs.
func (c *Context) Target(m *Image, layer string) *Feature {
	c.check(layer)
	c.checkTarget(m)
	t := c.bound.targets[m][layer]
	// The leaf stands for a node of the target's own graph.
	leaf := c.bound.leaf(t.node.Shape())
	c.bound.supplied[leaf] = t.node
	f := c.feature(t, leaf)
	f.image = m
	return c.stacked(f)
}

// stacked returns the features with the maps of regions, if the loss is Guided.
func (c *Context) stacked(f *Feature) *Feature {
	if c.guided == nil {
		return f
	}
	return c.guided.stack(c, f)
}

// TargetImage returns a target image, a constant node of shape (3, height, width). The image
// must be among the loss's Needs.
func (c *Context) TargetImage(m *Image) *gorgonia.Node {
	c.checkTarget(m)
	x := c.bound.value(m)
	if c.bound.tiles != nil { // there the targets' own graphs have their tiles
		for _, v := range c.bound.values {
			if v.key == any(m) {
				return c.Constant(tensor.New(tensor.WithShape(x.Shape()...), tensor.WithBacking(v.data)))
			}
		}
	}
	leaf := c.bound.leaf(x.Shape())
	c.bound.supplied[leaf] = x
	return leaf
}

// PixelWeights returns the weights of a mask for the pixels of an image, of mean 1, a
// constant node of shape (height, width).
func (c *Context) PixelWeights(m *Mask, width, height int) *gorgonia.Node {
	weights, _ := c.mask(m, &Feature{Layer: "image", Height: height, Width: width, Reduction: 1})
	return weights
}

// feature returns a copy of f for this loss; a non-nil node replaces its node.
func (c *Context) feature(f *Feature, node *gorgonia.Node) *Feature {
	own := *f
	own.context = c
	if node != nil {
		own.node = node
	}
	return &own
}

func (c *Context) checkTarget(m *Image) {
	if !slices.Contains(c.needs.Targets, m) {
		panic(fmt.Errorf("an image is read that is not among the Targets of the loss's Needs"))
	}
}

func (c *Context) check(layer string) {
	if !slices.Contains(c.needs.Layers, layer) {
		named := "none"
		if len(c.needs.Layers) > 0 {
			named = strings.Join(c.needs.Layers, ", ")
		}
		panic(fmt.Errorf("layer %q is read, which the loss's Needs do not name: its Layers are %s", layer, named))
	}
}

// Constant returns a node with the values of a float32 tensor.
func (c *Context) Constant(t *tensor.Dense) *gorgonia.Node {
	return c.bound.leaf(t.Shape(), gorgonia.WithValue(t))
}

// Input returns a node with the values of a float32 tensor. Prepared.SetInput can replace
// the values between two runs, by the name of the term and this name.
func (c *Context) Input(name string, t *tensor.Dense) *gorgonia.Node {
	data, err := op.Floats(t)
	if err != nil {
		panic(prefix.Errorf("", "input %q: %w", name, err))
	}
	key := inputName{c.term.name, name}
	if c.bound.value(key) != nil {
		panic(fmt.Errorf("two inputs are named %q", name))
	}
	n := c.bound.leaf(t.Shape())
	c.bound.bind(n, key, data)
	return n
}

// inputName is the name of an input of a loss.
type inputName struct{ term, input string }

// WeightedSum returns the sum of weights[i] * nodes[i] over nodes of one shape, added in
// order in float64.
func (c *Context) WeightedSum(weights []float64, nodes ...*gorgonia.Node) *gorgonia.Node {
	return apply(op.Blend{Weights: weights, Of: nodes[0].Shape()}, nodes...)
}

// SquaredDistance returns scale * sum (a-b)^2, a scalar, over two nodes of one shape,
// summed in float64.
func (c *Context) SquaredDistance(a, b *gorgonia.Node, scale float64) *gorgonia.Node {
	if !a.Shape().Eq(b.Shape()) {
		panic(fmt.Errorf("a node of shape %v compared with one of shape %v", a.Shape(), b.Shape()))
	}
	return apply(op.Distance{Scale: scale, Of: a.Shape()}, a, b)
}

// SquaredNorm returns the sum of the squares of a node's values, a scalar, summed in float64.
func (c *Context) SquaredNorm(n *gorgonia.Node) *gorgonia.Node {
	return c.SquaredDistance(n, c.WeightedSum([]float64{0}, n), 1)
}

// FeatureDistance returns scale * sum (f-g)^2, a scalar, over the maps of two layers of one shape.
func (c *Context) FeatureDistance(f, g *Feature, scale float64) *gorgonia.Node {
	if f.shape() != g.shape() {
		panic(fmt.Errorf("layer %s: maps of %d x %d positions compared with maps of %d x %d: the images must have one size",
			f.Layer, f.Width, f.Height, g.Width, g.Height))
	}
	if f.sums() != nil {
		return f.tiledDistance(g, scale)
	}
	return apply(op.MapDistance{Scale: scale, Of: f.shape()}, f.rooted(), g.rooted())
}

// Ratio returns a / b of two scalars. b counts as a constant without gradient, and b = 0
// counts as 1. Use it to divide a distance by a target's norm.
func (c *Context) Ratio(a, b *gorgonia.Node) *gorgonia.Node { return apply(op.Ratio{}, a, b) }

// Variation returns wx * sum f(dx) + wy * sum f(dy), a scalar, over the differences of
// neighbouring pixels of the image. NinePoint has wx for all straight differences and wy
// for the diagonal ones.
func (c *Context) Variation(kind VariationKind, wx, wy float64) *gorgonia.Node {
	k, err := variations.of("variation", kind)
	if err != nil {
		panic(err)
	}
	width, height := c.Size()
	s := kernel.Shape{C: 3, H: height, W: width}
	return apply(op.Variation{Kind: k, WX: wx, WY: wy, Of: s}, c.Image())
}

var variations = choices[VariationKind, kernel.VariationKind]{
	{Squared, kernel.VariationSquared},
	{Absolute, kernel.VariationAbsolute},
	{Power, kernel.VariationPower},
	{Cropped, kernel.VariationCropped},
	{NinePoint, kernel.VariationNinePoint},
}
