package nst

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/op"
)

// Loss is the one seam: whatever can be minimised over an image is a Loss. It
// says what it needs and builds itself, once, as a scalar of Gorgonia's
// expression graph; capturing targets, weighting, summing, logging every term
// and layer, and gradients are the library's. A Loss is immutable: one value
// may serve many runs at once.
type Loss interface {
	// Needs names the layers and the images that Build will ask for.
	Needs() Needs
	// Build returns the loss as parts, usually one for each layer, whose
	// weighted sum is the loss. It may panic instead of returning an error.
	Build(c *Context) ([]Part, error)
}

// ContentLoss is a Loss that knows the content image. The first one in an objective
// decides the size of the result, and where it starts, unless the transfer does.
type ContentLoss interface {
	Loss
	ContentImage() *Image // nil: there is none
}

// Needs is what a loss reads.
type Needs struct {
	Layers  []string // of the image being optimised, and of each target
	Targets []*Image // the images that it compares with
}

// Part is one summand of a loss.
type Part struct {
	Layer  string  // names the part in logs; may be empty where there is only one
	Weight float64 // its weight in the loss
	Node   *gorgonia.Node
}

// LayerWeight is a layer with its weight within a loss.
type LayerWeight struct {
	Layer  string
	Weight float64
}

// LayerWeights are a loss's layers in the order in which they are summed and logged.
type LayerWeights []LayerWeight

// Layers gives the layers equal weights that sum to one, as Gatys et al. weight
// their style layers (w_l = 1/5).
func Layers(names ...string) LayerWeights {
	var l LayerWeights
	for _, name := range names {
		l = append(l, LayerWeight{name, 1 / float64(len(names))})
	}
	return l
}

// Names are the layers' names.
func (l LayerWeights) Names() []string {
	var names []string
	for _, lw := range l {
		names = append(names, lw.Layer)
	}
	return names
}

// Context is what a loss builds itself from: the features of the image being
// optimised and those of its targets, as nodes of one graph. What depends on
// targets only is computed once, before the first step.
type Context struct {
	image    *gorgonia.Node
	features map[string]*Feature
	targets  map[*Image]map[string]*Feature // in graphs of their own
	supplied map[*gorgonia.Node]*gorgonia.Node
	unique   int
}

// Image is the image being optimised, a node of shape (3, height, width), RGB
// in [0,1] (beyond it where nothing projects the pixels back).
func (c *Context) Image() *gorgonia.Node { return c.image }

// Size is the width and height of the image being optimised.
func (c *Context) Size() (width, height int) { return c.image.Shape()[2], c.image.Shape()[1] }

// Feature is a layer's features of the image being optimised. The layer must
// be among the loss's Needs.
func (c *Context) Feature(layer string) *Feature {
	f := c.features[layer]
	if f == nil {
		panic(fmt.Errorf("nst: layer %q is read but not among the loss's Needs", layer))
	}
	return f
}

// Target is a layer's features of a target image, a constant. Image and layer
// must be among the loss's Needs.
func (c *Context) Target(m *Image, layer string) *Feature {
	t, ok := c.targets[m][layer]
	if !ok {
		panic(fmt.Errorf("nst: layer %q of a target image is read but not among the loss's Needs", layer))
	}
	// The leaf stands for a node of the target's own graph.
	f := *t
	f.node = c.leaf(t.node.Shape())
	c.supplied[f.node] = t.node
	return &f
}

// Constant makes a node of a float32 tensor.
func (c *Context) Constant(t *tensor.Dense) *gorgonia.Node {
	return c.leaf(t.Shape(), gorgonia.WithValue(t))
}

// leaf makes a leaf. Gorgonia takes two of one shape and name for the same node.
func (c *Context) leaf(shape tensor.Shape, o ...gorgonia.NodeConsOpt) *gorgonia.Node {
	c.unique++
	o = append([]gorgonia.NodeConsOpt{gorgonia.WithShape(shape...), gorgonia.WithName(fmt.Sprintf("constant %d", c.unique))}, o...)
	return gorgonia.NewTensor(c.image.Graph(), tensor.Float32, shape.Dims(), o...)
}

// SquaredDistance is scale * sum (a-b)^2 over two nodes of one shape, summed in
// float64.
func (c *Context) SquaredDistance(a, b *gorgonia.Node, scale float64) *gorgonia.Node {
	return apply(op.Distance{Scale: scale, Of: a.Shape()}, a, b)
}

// FeatureDistance is scale * sum (f-g)^2 over the maps of two layers of one shape.
func (c *Context) FeatureDistance(f, g *Feature, scale float64) *gorgonia.Node {
	if f.shape() != g.shape() {
		panic(fmt.Errorf("nst: layer %s: maps of %d x %d positions compared with maps of %d x %d: the images must have one size",
			f.Layer, f.Width, f.Height, g.Width, g.Height))
	}
	return apply(op.MapDistance{Scale: scale, Of: f.shape()}, f.node, g.node)
}

// zeros is a constant of a node's shape, to take norms with.
func (c *Context) zeros(n *gorgonia.Node) *gorgonia.Node {
	return c.Constant(tensor.New(tensor.WithShape(n.Shape()...), tensor.Of(tensor.Float32)))
}

// LossFunc makes a loss of a function that returns one scalar: the shortest way
// to a loss of one's own.
type LossFunc struct {
	Layers  []string
	Targets []*Image
	Func    func(c *Context) (*gorgonia.Node, error)
}

var _ Loss = LossFunc{}

func (l LossFunc) Needs() Needs { return Needs{l.Layers, l.Targets} }

func (l LossFunc) Build(c *Context) ([]Part, error) {
	n, err := l.Func(c)
	if err != nil {
		return nil, err
	}
	return []Part{{Weight: 1, Node: n}}, nil
}
