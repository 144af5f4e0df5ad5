package nst

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/op"
	"github.com/gonst/workbench/nst/internal/vec"
)

// Term is a loss in an objective: its name in logs, its weight and its sense.
type Term struct {
	Name     string
	Weight   float64 // 0 or more
	Maximize bool    // ascend instead of descend: the term counts negative in the total
	Loss     Loss
	// GradientOnly leaves the term's value out of the total, which its gradient
	// still pulls at: jcjohnson's variation. A line search would be misled.
	GradientOnly bool
}

// Objective is the weighted sum of losses that a transfer minimises. Its order
// is the order of summation.
type Objective []Term

// NotFiniteError says where the first NaN or infinity turned up. It is ErrNotFinite.
type NotFiniteError struct {
	Step  int     // the step in which it was computed
	Term  string  // the term's name, or "gradient"
	Layer string  // the part of the term, where it has parts
	Value float64 // NaN or an infinity
}

func (e *NotFiniteError) Error() string {
	where := e.Term
	if e.Layer != "" {
		where += " at layer " + e.Layer
	}
	return fmt.Sprintf("nst: step %d: %s is %v: the run diverged; a smaller rate or weight, or project, would help", e.Step, where, e.Value)
}

func (e *NotFiniteError) Is(target error) bool { return target == ErrNotFinite }

// problem is an objective bound to a network and a size of image: a program
// that computes every part and the gradient.
type problem struct {
	program *graph.Program
	terms   []boundTerm
	// outputs of the program are the parts in order, then the gradient.
	parts int
}

type boundTerm struct {
	name   string
	weight float64 // with its sign
	silent bool    // not in the total
	parts  []Part
}

// check refuses what no network could mend.
func (o Objective) check() error {
	if len(o) == 0 {
		return errors.New("nst: objective without terms: give it a content or a style loss")
	}
	names := map[string]bool{}
	for i, t := range o {
		switch {
		case t.Name == "":
			return fmt.Errorf("nst: objective: term %d has no name", i+1)
		case names[t.Name]:
			return fmt.Errorf("nst: objective: two terms are named %q", t.Name)
		case t.Loss == nil:
			return fmt.Errorf("nst: objective: term %q has no loss", t.Name)
		case !(t.Weight >= 0) || math.IsInf(t.Weight, 0):
			return fmt.Errorf("nst: objective: term %q has weight %v: must be 0 or more; to ascend set Maximize", t.Name, t.Weight)
		}
		for _, m := range t.Loss.Needs().Targets {
			if m == nil {
				return fmt.Errorf("nst: objective: term %q has no target image", t.Name)
			}
			if err := m.Validate(); err != nil {
				return fmt.Errorf("nst: objective: target of term %q: %w", t.Name, err)
			}
		}
		names[t.Name] = true
	}
	return nil
}

// targets are the images that the losses compare with, each once, in order.
func (o Objective) targets() []*Image {
	var all []*Image
	for _, t := range o {
		for _, m := range t.Loss.Needs().Targets {
			if !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all
}

// layers are the layers that the losses read of the optimised image (m nil) or
// of one target, each once, in order.
func (o Objective) layers(m *Image) []string {
	var all []string
	for _, t := range o {
		n := t.Loss.Needs()
		if m != nil && !slices.Contains(n.Targets, m) {
			continue
		}
		for _, l := range n.Layers {
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}

// bind builds the losses, with their gradient, and compiles the whole. Weights are
// read only after all losses could be built. What depends on the targets only, their
// features above all, is part of the program and computed once, by Program.Prepare.
func (o Objective) bind(net *Network, width, height int, d cpu.Device) (*problem, error) {
	b, err := o.build(net, width, height)
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
	targets  []*Image
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
func (o Objective) build(net *Network, width, height int) (*bound, error) {
	if err := o.checkLayers(net); err != nil {
		return nil, err
	}
	graph.Building.Lock()
	defer graph.Building.Unlock()
	c := &Context{targets: map[*Image]map[string]*Feature{}, supplied: map[*gorgonia.Node]*gorgonia.Node{}}
	c.image = imageNode(gorgonia.NewGraph(), width, height)
	all := &bound{image: c.image, targets: o.targets(), supplied: c.supplied, layers: o.allLayers(),
		inputs: []graph.Input{{Node: c.image, Rate: graph.PerEvaluation}}}
	for _, m := range all.targets {
		x := imageNode(gorgonia.NewGraph(), m.Width, m.Height)
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

// allLayers are the layers that the losses read of any image.
func (o Objective) allLayers() []string {
	var all []string
	for _, t := range o {
		all = append(all, t.Loss.Needs().Layers...)
	}
	return all
}

// checkLayers finds layers that the network does not have.
func (o Objective) checkLayers(net *Network) error {
	for _, t := range o {
		for _, name := range t.Loss.Needs().Layers {
			if err := net.CheckLayer(name); err != nil {
				return fmt.Errorf("nst: term %q: %w", t.Name, err)
			}
		}
	}
	return nil
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

// evaluate computes the parts and the gradient at x, and returns the parts'
// values and their weighted sum.
func (p *problem) evaluate(ctx context.Context, x, gradient []float32) ([]float64, float64, error) {
	copy(p.program.Input(0), x)
	if err := p.program.Run(ctx); err != nil {
		return nil, 0, err
	}
	values := make([]float64, p.parts)
	total, i := 0.0, 0
	for _, t := range p.terms {
		for _, part := range t.parts {
			v := float64(p.program.Output(i)[0])
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, 0, &NotFiniteError{Term: t.name, Layer: part.Layer, Value: v}
			}
			values[i] = v
			if !t.silent {
				total += t.weight * part.Weight * v
			}
			i++
		}
	}
	copy(gradient, p.program.Output(p.parts))
	if i := vec.NotFinite(gradient); i >= 0 {
		return nil, 0, &NotFiniteError{Term: "gradient", Value: float64(gradient[i])}
	}
	return values, total, nil
}

// record names the values of an evaluation.
func (p *problem) record(values []float64) []TermValue {
	var terms []TermValue
	i := 0
	for _, t := range p.terms {
		v := TermValue{Name: t.name, Weight: t.weight}
		for _, part := range t.parts {
			v.Value += part.Weight * values[i]
			v.Layers = append(v.Layers, LayerValue{part.Layer, part.Weight, values[i]})
			i++
		}
		terms = append(terms, v)
	}
	return terms
}
