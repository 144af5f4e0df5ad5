package nst

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/op"
)

// bind builds the losses, with their gradient, and compiles the whole. Weights are
// read only after all losses could be built. What depends on the targets only, their
// features above all, is part of the program and computed once, by Program.Prepare.
func (o Objective) bind(net *Network, width, height int, d cpu.Device, targets resized) (*problem, error) {
	b, err := o.build(net, width, height, targets)
	if err != nil {
		return nil, err
	}
	p := &problem{terms: b.terms, parts: len(b.nodes)}
	p.program, err = b.compile(d, net, b.total, b.nodes...)
	return p, err
}

// bound is an objective in the graph of one image.
type bound struct {
	image    *gorgonia.Node
	targets  []*Image      // as they are shown to the network
	inputs   []graph.Input // the image and the targets
	terms    []boundTerm
	nodes    []*gorgonia.Node // of the terms' parts, in order
	total    *gorgonia.Node
	supplied map[*gorgonia.Node]*gorgonia.Node
	layers   []string
}

// compile makes a program of the nodes and, as its last output, the gradient of of.
func (b *bound) compile(d cpu.Device, net *Network, of *gorgonia.Node, nodes ...*gorgonia.Node) (*graph.Program, error) {
	if err := net.prepareFilters(d, b.layers...); err != nil {
		return nil, err
	}
	graph.Building.Lock()
	defer graph.Building.Unlock()
	gradient, err := differentiate(of, b.image)
	if err != nil {
		return nil, err
	}
	options := graph.Options{Device: d, LowMemory: d.LowMemory, Supplied: b.supplied}
	p, err := graph.Compile(options, b.inputs, append(nodes, gradient)...)
	if err != nil {
		return nil, err
	}
	for i, m := range b.targets {
		if err := p.Bind(1+i, m.Pix); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// build builds the losses.
func (o Objective) build(net *Network, width, height int, targets resized) (*bound, error) {
	if err := o.checkLayers(net); err != nil {
		return nil, err
	}
	graph.Building.Lock()
	defer graph.Building.Unlock()
	c := &Context{targets: map[*Image]map[string]*Feature{}, supplied: map[*gorgonia.Node]*gorgonia.Node{}}
	c.image = imageNode(gorgonia.NewGraph(), width, height)
	all := &bound{image: c.image, supplied: c.supplied, layers: o.allLayers(),
		inputs: []graph.Input{{Node: c.image, Rate: graph.PerEvaluation}}}
	for _, m := range o.targets() {
		shown, err := targets.image(m)
		if err != nil {
			return nil, err
		}
		all.targets = append(all.targets, shown)
		x := imageNode(gorgonia.NewGraph(), shown.Width, shown.Height)
		features, err := net.forward(x, o.layers(m))
		if err != nil {
			return nil, fmt.Errorf("features of a target image: %w", err)
		}
		c.targets[m] = features
		all.inputs = append(all.inputs, graph.Input{Node: x, Rate: graph.PerBinding})
	}
	var err error
	if c.features, err = net.forward(c.image, o.layers(nil)); err != nil {
		return nil, err
	}
	var weights []float64
	for _, t := range o {
		parts, err := buildLoss(c, t)
		if err != nil {
			return nil, err
		}
		b := boundTerm{name: t.Name, weight: t.Weight, silent: t.GradientOnly}
		if t.Maximize {
			b.weight = -b.weight
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

// buildLoss calls a loss's Build, a user's code, and checks what comes back.
func buildLoss(c *Context, t Term) (parts []Part, err error) {
	defer func() {
		if r := recover(); r != nil {
			if e, ok := r.(error); ok {
				err = fmt.Errorf("term %q: %w", t.Name, e)
			} else {
				err = fmt.Errorf("term %q: %v", t.Name, r)
			}
		}
	}()
	if parts, err = t.Loss.Build(c); err != nil {
		return nil, fmt.Errorf("term %q: %w", t.Name, err)
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("nst: term %q: the loss has no parts: does it name its layers?", t.Name)
	}
	for _, part := range parts {
		switch {
		case part.Node == nil:
			return nil, fmt.Errorf("nst: term %q: part %q has no node", t.Name, part.Layer)
		case !part.Node.IsScalar():
			return nil, fmt.Errorf("nst: term %q: part %q has shape %v: a loss is a scalar, sum it", t.Name, part.Layer, part.Node.Shape())
		case math.IsNaN(part.Weight) || math.IsInf(part.Weight, 0):
			return nil, fmt.Errorf("nst: term %q: layer %q has weight %v", t.Name, part.Layer, part.Weight)
		}
	}
	return parts, nil
}

func differentiate(total, x *gorgonia.Node) (gradient *gorgonia.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("nst: the objective cannot be differentiated: %v", r)
		}
	}()
	gradients, err := gorgonia.Grad(total, x)
	if err != nil {
		return nil, fmt.Errorf("nst: the objective cannot be differentiated: %w", err)
	}
	return gradients[0], nil
}
