package nst

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// bind builds the losses and their gradient, and compiles them. It reads weights only after
// all losses are built. What depends only on the targets, such as their features, is
// part of the program and is computed once, by Program.Prepare.
func (o Objective) bind(ctx context.Context, net *Network, width, height int, d cpu.Device, targets resized) (*problem, error) {
	b, err := o.build(net, width, height, targets)
	if err != nil {
		return nil, err
	}
	p := &problem{terms: b.terms, parts: len(b.nodes)}
	for i, g := range b.groups {
		p.weights = append(p.weights, g.weight)
		if i > 0 {
			p.images = append(p.images, len(b.values)+i)
		}
	}
	for _, v := range b.values {
		p.keys = append(p.keys, v.key)
	}
	p.member = &kernel.Member{}
	d.Member = p.member
	if p.program, err = b.compile(ctx, d, net, b.total, b.nodes...); err != nil {
		return nil, err
	}
	p.member.Join(net.meeting(p.program.Operations()))
	return p, nil
}

// bound is an objective in the graph of one image: what its losses share.
type bound struct {
	image    *gorgonia.Node // of the first group
	groups   []*gradientGroup
	targets  map[*Image]map[string]*Feature // each in a graph of its own
	supplied map[*gorgonia.Node]*gorgonia.Node
	inputs   []graph.Input // the image, then one for each of values
	values   []boundValue
	weights  map[maskAt][2]*gorgonia.Node // by mask and layer, and their square roots
	leaves   int
	tiles    *tileSums // nil: the losses read whole maps

	terms  []*boundTerm
	nodes  []*gorgonia.Node // of the terms' parts, in order
	total  *gorgonia.Node
	layers []string
}

// boundValue holds the values of an input: those of an image, of a mask or of a loss's
// own input. key identifies it.
type boundValue struct {
	key  any // *Image, *Mask or inputName
	data []float32
}

// bind adds an input.
func (b *bound) bind(n *gorgonia.Node, key any, data []float32) {
	b.inputs = append(b.inputs, graph.Input{Node: n, Rate: graph.PerBinding})
	b.values = append(b.values, boundValue{key, data})
}

// value returns the node of the input with the key; nil if there is none.
func (b *bound) value(key any) *gorgonia.Node {
	for i, v := range b.values {
		if v.key == key {
			return b.inputs[1+i].Node
		}
	}
	return nil
}

// leaf adds a leaf. Each needs its own name: Gorgonia merges leaves of the same shape and name.
func (b *bound) leaf(shape tensor.Shape, o ...gorgonia.NodeConsOpt) *gorgonia.Node {
	b.leaves++
	o = append([]gorgonia.NodeConsOpt{gorgonia.WithShape(shape...), gorgonia.WithName(fmt.Sprintf("leaf %d", b.leaves))}, o...)
	return gorgonia.NewTensor(b.image.Graph(), tensor.Float32, shape.Dims(), o...)
}

// maskAt is a mask and how a layer sees it.
type maskAt struct {
	mask *Mask
	seen op.MaskWeights
}

// mask returns a mask's weights at a layer, and their square roots.
func (c *Context) mask(m *Mask, f *Feature) (weights, roots *gorgonia.Node) {
	b := c.bound
	at := c.seen(m, f)
	n := b.value(m)
	if n == nil {
		n = b.leaf(tensor.Shape{m.Height, m.Width})
		b.bind(n, m, m.Weights)
	}
	if b.weights[at][0] == nil {
		s := at.seen
		weights := apply(s, n)
		s.Root = true
		b.weights[at] = [2]*gorgonia.Node{weights, apply(s, n)}
	}
	return b.weights[at][0], b.weights[at][1]
}

// seen returns a mask as a layer sees it. The term has the mask from then on.
func (c *Context) seen(m *Mask, f *Feature) maskAt {
	if !slices.Contains(c.term.masks, m) {
		if err := m.Validate(); err != nil {
			panic(err)
		}
		c.term.masks = append(c.term.masks, m)
	}
	at := maskAt{m, m.at(f.Height, f.Width, f.Reduction, f.sight)}
	if _, known := c.bound.weights[at]; !known {
		if m.Rule == Inside && m.empty(at.seen) {
			panic(fmt.Errorf("%w: layer %s of %d x %d positions, each of which sees %d pixels of a side", ErrMaskEmpty, f.Layer, f.Width, f.Height, f.Reduction+2*f.sight))
		}
		c.bound.weights[at] = [2]*gorgonia.Node{}
	}
	return at
}

// compile compiles a program. Its outputs are nodes, then the gradient of of with respect to
// the image of each group. The images of the groups after the first are the last inputs.
func (b *bound) compile(ctx context.Context, d cpu.Device, net *Network, of *gorgonia.Node, nodes ...*gorgonia.Node) (*graph.Program, error) {
	if err := net.prepareFilters(ctx, d, b.layers...); err != nil {
		return nil, err
	}
	graph.Building.Lock()
	defer graph.Building.Unlock()
	var images gorgonia.Nodes
	for _, g := range b.groups {
		images = append(images, g.image)
	}
	gradients, err := differentiateBy(of, images...)
	if err != nil {
		return nil, err
	}
	options := graph.Options{Device: d, LowMemory: d.LowMemory, Supplied: b.supplied}
	p, err := graph.Compile(options, append(b.inputs, b.images()...), append(nodes, gradients...)...)
	if err != nil {
		return nil, err
	}
	for i, v := range b.values {
		if err := p.Bind(1+i, v.data); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// build builds the losses.
func (o Objective) build(net *Network, width, height int, targets resized) (*bound, error) {
	return o.buildWith(net, width, height, targets, nil)
}

// buildWith builds the losses from sums over tiles, which it lists in tiles; nil: from
// whole maps.
func (o Objective) buildWith(net *Network, width, height int, targets resized, tiles *tileSums) (*bound, error) {
	graph.Building.Lock()
	defer graph.Building.Unlock()
	all := &bound{
		image:   imageNode(gorgonia.NewGraph(), width, height),
		targets: map[*Image]map[string]*Feature{}, supplied: map[*gorgonia.Node]*gorgonia.Node{},
		weights: map[maskAt][2]*gorgonia.Node{}, layers: o.allLayers(),
	}
	if all.tiles = tiles; tiles != nil {
		tiles.bound = all
	}
	all.inputs = []graph.Input{{Node: all.image, Rate: graph.PerEvaluation}}
	for _, m := range o.targets() {
		shown, err := targets.image(m)
		if err != nil {
			return nil, err
		}
		x := imageNode(gorgonia.NewGraph(), shown.Width, shown.Height)
		features, err := net.forward(x, o.layers(m))
		if err != nil {
			return nil, errorf("features of a target image: %w", err)
		}
		all.targets[m] = features
		all.bind(x, m, shown.Pix)
	}
	var err error
	groups, groupOf := o.groups()
	for i, g := range groups {
		image := all.image
		if i > 0 {
			image = all.leaf(image.Shape())
		}
		if err := g.forward(net, image); err != nil {
			return nil, err
		}
	}
	all.groups = groups
	var weights []float64
	for i, t := range o {
		b := &boundTerm{name: t.Name, weight: t.Weight, silent: t.GradientOnly, images: t.Loss.Needs().Targets, group: groupOf[i], normalize: t.Normalize}
		if t.Maximize {
			b.weight = -b.weight
		}
		parts, err := buildLoss(&Context{bound: all, term: b, needs: t.Loss.Needs()}, t)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			all.nodes = append(all.nodes, part.Node)
			weights = append(weights, b.weight*part.Weight)
			part.Node = nil
			b.parts = append(b.parts, part)
		}
		all.terms = append(all.terms, b)
	}
	all.total, err = op.Apply(op.WeightedSum{Weights: weights}, all.nodes...)
	return all, err
}

// buildLoss calls Build, which may be a user's code, and checks its results.
func buildLoss(c *Context, t Term) (parts []Part, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok {
				e = fmt.Errorf("%v", r)
			}
			err = errorf("term %q: %w", t.Name, e)
		}
	}()
	if parts, err = t.Loss.Build(c); err != nil {
		return nil, errorf("term %q: %w", t.Name, err)
	}
	if len(parts) == 0 {
		return nil, errorf("term %q: the loss has no parts: does it name its layers?", t.Name)
	}
	for _, part := range parts {
		switch {
		case part.Node == nil:
			return nil, errorf("term %q: part %q has no node", t.Name, part.Layer)
		case !part.Node.IsScalar():
			return nil, errorf("term %q: part %q has shape %v: a loss is a scalar, sum it", t.Name, part.Layer, part.Node.Shape())
		case math.IsNaN(part.Weight) || math.IsInf(part.Weight, 0):
			return nil, errorf("term %q: layer %q has weight %v", t.Name, part.Layer, part.Weight)
		}
	}
	return parts, nil
}

func differentiate(total, x *gorgonia.Node) (gradient *gorgonia.Node, err error) {
	gradients, err := differentiateBy(total, x)
	if err != nil {
		return nil, err
	}
	return gradients[0], nil
}

func differentiateBy(total *gorgonia.Node, x ...*gorgonia.Node) (gradients gorgonia.Nodes, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errorf("the objective cannot be differentiated: %v", r)
		}
	}()
	gradients, err = gorgonia.Grad(total, x...)
	if err != nil {
		return nil, errorf("the objective cannot be differentiated: %w", err)
	}
	return gradients, nil
}
