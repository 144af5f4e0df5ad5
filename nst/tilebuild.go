package nst

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// tileBuilder builds the program of a tile.
type tileBuilder struct {
	task     tileTask
	bound    *bound
	program  *tileProgram
	inputs   []graph.Input
	features map[string]*Feature // of the patch
	cores    map[string]tileCore
	known    map[mapsOf]*gorgonia.Node
	weights  map[tileFill]*gorgonia.Node
}

// tileCore is the part of a layer's maps that belongs to the tile.
type tileCore struct {
	node  *gorgonia.Node
	shape kernel.Shape
}

// mapsOf is what a sum reads of a tile.
type mapsOf struct {
	layer  string
	guided *Guided
	mask   *Mask
	root   bool
}

// tileBuilder returns a builder with the network up to the layers of the sums.
func (t *tiling) tileBuilder(task tileTask, sums []*tileSum) (*tileBuilder, error) {
	down, across := task.down.patch, task.across.patch
	x := imageNode(gorgonia.NewGraph(), across.to-across.from, down.to-down.from)
	layers := (&tileSums{all: sums}).layers()
	features, err := t.network.forward(x, layers)
	if err != nil {
		return nil, err
	}
	b := &tileBuilder{task: task, bound: &bound{image: x}, program: &tileProgram{}, inputs: []graph.Input{{Node: x, Rate: graph.PerEvaluation}},
		features: features, cores: map[string]tileCore{}, known: map[mapsOf]*gorgonia.Node{}, weights: map[tileFill]*gorgonia.Node{}}
	for _, layer := range layers {
		f := features[layer]
		rows, columns := task.down.rows(f.Reduction, f.Height), task.across.rows(f.Reduction, f.Width)
		c := tileCore{f.node, kernel.Shape{C: f.Channels, H: rows.to - rows.from, W: columns.to - columns.from}}
		if c.shape != f.shape() {
			if c.node, err = op.Apply(crop(f.shape(), c.shape, rows.from, columns.from), f.node); err != nil {
				return nil, err
			}
		}
		b.cores[layer] = c
	}
	return b, nil
}

// input adds an input that is written before every run.
func (b *tileBuilder) input(shape tensor.Shape) *gorgonia.Node {
	n := b.bound.leaf(shape)
	if len(shape) == 0 {
		n = gorgonia.NewScalar(b.bound.image.Graph(), tensor.Float32, gorgonia.WithName(n.Name()+" scalar"))
	}
	b.inputs = append(b.inputs, graph.Input{Node: n, Rate: graph.PerEvaluation})
	return n
}

// fill adds an input that tiled.fill writes.
func (b *tileBuilder) fill(shape tensor.Shape, f tileFill) *gorgonia.Node {
	f.input = len(b.inputs)
	b.program.fills = append(b.program.fills, f)
	return b.input(shape)
}

// weight returns the weights of a mask at the positions of the core, or their roots.
func (b *tileBuilder) weight(layer string, at maskAt, root bool) *gorgonia.Node {
	f := tileFill{at: at, root: root, reduction: b.features[layer].Reduction}
	if b.weights[f] == nil {
		s := b.cores[layer].shape
		b.weights[f] = b.fill(tensor.Shape{s.H, s.W}, f)
	}
	return b.weights[f]
}

// maps returns the maps that a sum reads of the core, with maps of regions and weights. A
// product of two maps is weighted by the roots of the weights of both.
func (b *tileBuilder) maps(s *tileSum) (*gorgonia.Node, error) {
	k := mapsOf{s.layer, s.guided, s.mask, s.mask != nil && s.kind != meanSum}
	if n := b.known[k]; n != nil {
		return n, nil
	}
	c := b.cores[s.layer]
	n, to := c.node, c.shape
	var err error
	if s.guided != nil {
		to.C += len(s.regions)
		if n, err = b.stack(s, c, to); err != nil {
			return nil, err
		}
	}
	if s.mask != nil {
		if n, err = op.Apply(op.Weigh{Of: to}, n, b.weight(s.layer, s.seen, k.root)); err != nil {
			return nil, err
		}
	}
	b.known[k] = n
	return n, nil
}

// stack adds maps of regions, which are weights of masks: guides.scaled multiplies the sums by
// the factors.
func (b *tileBuilder) stack(s *tileSum, c tileCore, to kernel.Shape) (*gorgonia.Node, error) {
	k := mapsOf{layer: s.layer, guided: s.guided}
	if n := b.known[k]; n != nil {
		return n, nil
	}
	in := []*gorgonia.Node{c.node}
	stacked := stacking{from: c.shape, to: to, input: make([]int, len(s.regions))}
	for i, at := range s.regions {
		if at.mask != nil {
			stacked.input[i] = len(in)
			in = append(in, b.weight(s.layer, at, false))
		}
	}
	n, err := op.Apply(stacked.op(in), in...)
	b.known[k] = n
	return n, err
}

// pull returns the gradient of the image, from those with respect to the sums.
func (b *tileBuilder) pull(parts []*gorgonia.Node, sums []*tileSum) (*gorgonia.Node, error) {
	b.program.dots = len(b.inputs)
	var products []*gorgonia.Node
	for i, part := range parts {
		n, err := op.Apply(product(sums[i].leaf.Shape()), b.input(sums[i].leaf.Shape()), part)
		if err != nil {
			return nil, err
		}
		products = append(products, n)
	}
	ones := make([]float64, len(products))
	for i := range ones {
		ones[i] = 1
	}
	total, err := op.Apply(op.WeightedSum{Weights: ones}, products...)
	if err != nil {
		return nil, err
	}
	return differentiate(total, b.bound.image)
}
