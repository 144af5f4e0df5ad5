package nst

import (
	"context"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// tileProgram is the program of the tiles of one shape. The programs of all shapes run in
// turn in the same memory.
type tileProgram struct {
	*graph.Program
	shapes []kernel.Shape // of the core, by sum
	dots   int            // inputs of the gradients with respect to the sums
}

// tileTask is what a program computes of a tile.
type tileTask struct {
	down, across cut    // the shape
	image        *Image // nil: the image being optimised
	kind         tileKind
}

type tileKind int

const (
	tileSumming tileKind = iota // the sums
	tileMaps                    // the maps that are compared position by position
	tilePull                    // the gradient of the image
)

// tileOf returns the program of a tile, compiled once for each shape.
func (t *tiled) tileOf(task tileTask, sums []*tileSum) (*tileProgram, error) {
	if p := t.programs[task]; p != nil {
		return p, nil
	}
	graph.Building.Lock()
	defer graph.Building.Unlock()
	p, err := t.compileTile(task, sums)
	if err == nil {
		t.programs[task] = p
	}
	return p, err
}

func (t *tiled) compileTile(task tileTask, sums []*tileSum) (*tileProgram, error) {
	down, across := task.down, task.across
	height, width := down.patch.to-down.patch.from, across.patch.to-across.patch.from
	x := imageNode(gorgonia.NewGraph(), width, height)
	var layers []string
	for _, s := range sums {
		if !slices.Contains(layers, s.layer) {
			layers = append(layers, s.layer)
		}
	}
	features, err := t.network.forward(x, layers)
	if err != nil {
		return nil, err
	}
	b := &bound{image: x}
	p := &tileProgram{}
	inputs := []graph.Input{{Node: x, Rate: graph.PerEvaluation}}
	input := func(shape tensor.Shape) *gorgonia.Node {
		n := b.leaf(shape)
		if len(shape) == 0 {
			n = gorgonia.NewScalar(x.Graph(), tensor.Float32, gorgonia.WithName(n.Name()+" scalar"))
		}
		inputs = append(inputs, graph.Input{Node: n, Rate: graph.PerEvaluation})
		return n
	}
	cores := map[string]*gorgonia.Node{}
	var parts []*gorgonia.Node
	for _, s := range sums {
		f := features[s.layer]
		rows, columns := down.rows(f.Reduction, f.Height), across.rows(f.Reduction, f.Width)
		shape := kernel.Shape{C: f.Channels, H: rows.to - rows.from, W: columns.to - columns.from}
		p.shapes = append(p.shapes, shape)
		if cores[s.layer] == nil {
			cores[s.layer] = f.node
			if shape != f.shape() {
				if cores[s.layer], err = op.Apply(crop(f.shape(), shape, rows.from, columns.from), f.node); err != nil {
					return nil, err
				}
			}
		}
		core := cores[s.layer]
		if task.kind == tileMaps {
			parts = append(parts, core)
			continue
		}
		var others *gorgonia.Node
		if s.kind == distanceSum {
			others = input(core.Shape())
		}
		part, err := s.part(shape, core, others)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if task.kind == tilePull {
		p.dots = len(inputs)
		var products []*gorgonia.Node
		for i, part := range parts {
			n, err := op.Apply(product(sums[i].leaf.Shape()), input(sums[i].leaf.Shape()), part)
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
		gradient, err := differentiate(total, x)
		if err != nil {
			return nil, err
		}
		parts = []*gorgonia.Node{gradient}
	}
	o := graph.Options{Device: t.device, LowMemory: t.device.LowMemory && task.kind == tilePull, Shared: &t.shared}
	p.Program, err = graph.Compile(o, inputs, parts...)
	return p, err
}

// each runs the program of every tile of an image. fill writes the inputs after the image;
// done reads the outputs.
func (t *tiled) each(ctx context.Context, pix []float32, width, height int, kind tileKind, image *Image, sums []*tileSum, fill, done func(q *tileProgram, p patch)) error {
	for _, p := range t.patches(width, height) {
		q, err := t.tileOf(tileTask{p.down.shape(), p.across.shape(), image, kind}, sums)
		if err != nil {
			return err
		}
		if err := q.Hold(); err != nil {
			return err
		}
		overPatch(p, width, height, func(inside, whole, n int) { copy(q.Input(0)[inside:][:n], pix[whole:][:n]) })
		fill(q, p)
		if err := q.Run(ctx); err != nil {
			return err
		}
		done(q, p)
	}
	return nil
}

// overPatch calls do with the index of each row of the patch, in it and in the image.
func overPatch(p patch, width, height int, do func(inside, whole, n int)) {
	n := p.across.patch.to - p.across.patch.from
	inside := 0
	for c := range 3 {
		for y := p.down.patch.from; y < p.down.patch.to; y++ {
			do(inside, (c*height+y)*width+p.across.patch.from, n)
			inside += n
		}
	}
}
