package nst

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// GradientNorm says how the gradient of a term is scaled before it is added to the others.
// The values of the term stay, so the gradient is not that of the total: an optimiser that
// searches along a line cannot be used, and neither can tiles.
type GradientNorm string

const (
	// ByLayer divides the gradient of a term with respect to the maps of each layer by the
	// sum of its absolute values plus 1e-8, and multiplies it by the weights of the term and
	// of the layer, as -normalize_gradients of jcjohnson/neural-style does. A layer that the
	// loss reads besides those of its parts has the weight 1.
	ByLayer GradientNorm = "layer"
	// ByTerm divides the gradient of a term with respect to the image, with white = 1, by
	// the sum of its absolute values, and multiplies it by the weight of the term. Each such
	// term takes a pass through the network of its own.
	ByTerm GradientNorm = "term"
	// Unscaled is the default.
	Unscaled GradientNorm = "none"
)

var gradientNorms = choices[GradientNorm, GradientNorm]{{Unscaled, ""}, {ByLayer, ByLayer}, {ByTerm, ByTerm}}

// normalized returns the name of the first term whose gradient is scaled; "" if there is none.
func (o Objective) normalized() string {
	for _, t := range o {
		if norm, _ := gradientNorms.of("", t.Normalize); norm != "" {
			return t.Name
		}
	}
	return ""
}

// gradientGroup is terms whose gradient is computed together, from one pass through the
// network: all terms that are not scaled as a whole, or one that is.
type gradientGroup struct {
	terms    Objective
	image    *gorgonia.Node
	features map[string]*Feature
	weight   float64 // of the scaled gradient; 0: the gradient is not scaled
}

// groups returns the groups, those of several terms first, and the group of each term.
func (o Objective) groups() (all []*gradientGroup, of []*gradientGroup) {
	together := &gradientGroup{}
	for _, t := range o {
		g := together
		if t.Normalize == ByTerm {
			g = &gradientGroup{weight: t.Weight}
		}
		g.terms = append(g.terms, t)
		of = append(of, g)
	}
	if len(together.terms) > 0 {
		all = append(all, together)
	}
	for _, g := range of {
		if g != together {
			all = append(all, g)
		}
	}
	return all, of
}

// forward adds the network up to the group's layers.
func (g *gradientGroup) forward(net *Network, image *gorgonia.Node) (err error) {
	g.image = image
	g.features, err = net.forward(image, g.terms.layers(nil))
	return err
}

// images returns the inputs of the groups besides the first, which is the program's first input.
func (b *bound) images() (more []graph.Input) {
	for _, g := range b.groups[1:] {
		more = append(more, graph.Input{Node: g.image, Rate: graph.PerEvaluation})
	}
	return more
}

// gather adds the scaled gradients of the groups, which are the outputs of the program after
// the parts.
func (p *problem) gather(gradient []float32) {
	if p.weights[0] == 0 {
		copy(gradient, p.program.Output(p.parts))
	} else {
		clear(gradient)
	}
	for i, weight := range p.weights {
		g := p.program.Output(p.parts + i)
		if norm := absoluteSum(g); weight != 0 && norm != 0 {
			factor := float32(weight / norm)
			for j, v := range g {
				gradient[j] += float32(factor * v)
			}
		}
	}
}

func absoluteSum(a []float32) (sum float64) {
	for _, v := range a {
		sum += math.Abs(float64(v))
	}
	return sum
}

// normalized returns the features with an operation that scales their gradient.
func (t *boundTerm) normalized(f *Feature) *Feature {
	if t.normalize != ByLayer {
		return f
	}
	s := f.shape()
	scaled := *f
	scaled.node = apply(op.Custom{Name: "scaled gradient", In: []tensor.Shape{f.node.Shape()}, Out: f.node.Shape(),
		Run: func(_ kernel.Workers, y []float32, in [][]float32) { copy(y, in[0]) },
		Back: func(w kernel.Workers, _ int, dx, dy []float32, _ [][]float32) {
			scaleMaps(w, dx, dy, s, t.layerWeight(f.Layer))
		}}, f.node)
	return &scaled
}

// layerWeight returns the weight of a layer's gradient.
func (t *boundTerm) layerWeight(layer string) float64 {
	sum, found := 0.0, false
	for _, part := range t.parts {
		if part.Layer == layer {
			sum, found = sum+math.Abs(part.Weight), true
		}
	}
	if !found {
		sum = 1
	}
	return math.Abs(t.weight) * sum
}

// scaleMaps scales maps dy, which have the factor weight, to weight times an L1 norm of 1.
func scaleMaps(w kernel.Workers, dx, dy []float32, s kernel.Shape, weight float64) {
	sums := make([]float64, s.Blocks()*s.H)
	row := func(a []float32, i int) []float32 {
		return a[s.Index(i/s.H*kernel.Lanes, i%s.H, 0):][:s.W*kernel.Lanes]
	}
	w.Each(len(sums), func(i int) { sums[i] = absoluteSum(row(dy, i)) })
	norm := 1e-8 * weight
	for _, v := range sums {
		norm += v
	}
	factor := float32(0)
	if norm > 0 {
		factor = float32(weight / norm)
	}
	w.Each(len(sums), func(i int) {
		to := row(dx, i)
		for j, v := range row(dy, i) {
			to[j] = factor * v
		}
	})
}

// checkNormalized returns an error if the optimiser or tiles do not allow the objective to
// scale gradients.
func (t *Transfer) checkNormalized(o Objective, optimizer Optimizer) error {
	name := o.normalized()
	if name == "" {
		return nil
	}
	if l, ok := optimizer.(*LBFGS); ok && l.LineSearch != FixedStep {
		return errorf("term %q has a scaled gradient, which a line search would compare with values that do not belong to it: use Adam, or L-BFGS with fixed steps", name)
	}
	if t.Tile > 0 {
		return fmt.Errorf("%w: term %q has a scaled gradient, whose norm is that of the whole image", ErrTiles, name)
	}
	return nil
}
