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
	known    map[mapsOf]*gorgonia.Node
	weights  map[tileFill]*gorgonia.Node
}

// mapsOf is what a sum reads of a tile: a window of a layer's maps.
type mapsOf struct {
	layer    string
	pooled   int // times that the maps are halved
	window   window
	ones     bool // with one more map, of ones
	guided   *Guided
	seen     maskAt // the weights; without a mask all are 1
	root     bool   // the roots of the weights
	entirely bool   // the maps of the patch: there is no window
}

// window is a part of the maps of a patch.
type window struct{ rows, columns span }

func (w window) shape(channels int) kernel.Shape {
	return kernel.Shape{C: channels, H: w.rows.to - w.rows.from, W: w.columns.to - w.columns.from}
}

// moved returns the window dy rows down and dx columns to the right.
func (w window) moved(dy, dx int) window {
	return window{span{w.rows.from + dy, w.rows.to + dy}, span{w.columns.from + dx, w.columns.to + dx}}
}

// tileBuilder returns a builder with the network up to the layers of the sums.
func (t *tiling) tileBuilder(task tileTask, sums []*tileSum) (*tileBuilder, error) {
	down, across := task.down.patch, task.across.patch
	x := imageNode(gorgonia.NewGraph(), across.to-across.from, down.to-down.from)
	features, err := t.network.forward(x, (&tileSums{all: sums}).layers())
	if err != nil {
		return nil, err
	}
	return &tileBuilder{task: task, bound: &bound{image: x}, program: &tileProgram{}, inputs: []graph.Input{{Node: x, Rate: graph.PerEvaluation}},
		features: features, known: map[mapsOf]*gorgonia.Node{}, weights: map[tileFill]*gorgonia.Node{}}, nil
}

// patch returns the shape of a layer's maps of the patch.
func (b *tileBuilder) patch(layer string, pooled int) kernel.Shape {
	s := b.features[layer].shape()
	s.H, s.W = s.H>>pooled, s.W>>pooled
	return s
}

// core returns the window of the tile's own positions.
func (b *tileBuilder) core(layer string, pooled int) window {
	r, s := b.features[layer].Reduction<<pooled, b.patch(layer, pooled)
	return window{b.task.down.rows(r, s.H), b.task.across.rows(r, s.W)}
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

// weight returns the weights of a mask at the positions of a window, or their roots.
func (b *tileBuilder) weight(k mapsOf, at maskAt, root bool) *gorgonia.Node {
	f := tileFill{at: at, root: root, reduction: b.features[k.layer].Reduction << k.pooled, window: k.window}
	if b.weights[f] == nil {
		s := k.window.shape(0)
		b.weights[f] = b.fill(tensor.Shape{s.H, s.W}, f)
	}
	return b.weights[f]
}

// maps returns maps that a sum reads. regions are the masks of guided maps.
func (b *tileBuilder) maps(k mapsOf, regions []maskAt) (n *gorgonia.Node, err error) {
	if n = b.known[k]; n != nil {
		return n, nil
	}
	of, from := k, b.patch(k.layer, k.pooled)
	switch {
	case k.entirely && k.pooled == 0:
		return b.features[k.layer].node, nil
	case k.entirely:
		of.pooled--
		if n, err = b.maps(of, nil); err == nil {
			n, err = op.Apply(op.Pool{Kind: kernel.PoolAverage, Scale: 1, In: b.patch(k.layer, of.pooled)}, n)
		}
	case k.seen.mask != nil:
		of.seen, of.root = maskAt{}, false
		if n, err = b.maps(of, regions); err == nil {
			n, err = op.Apply(op.Weigh{Of: k.window.shape(from.C + k.more(regions))}, n, b.weight(k, k.seen, k.root))
		}
	case k.ones || k.guided != nil:
		of.ones, of.guided = false, nil
		if n, err = b.maps(of, nil); err == nil {
			n, err = b.stack(k, n, regions)
		}
	default:
		if n, err = b.maps(mapsOf{layer: k.layer, pooled: k.pooled, entirely: true}, nil); err == nil {
			if to := k.window.shape(from.C); to != from {
				n, err = op.Apply(crop(from, to, k.window.rows.from, k.window.columns.from), n)
			}
		}
	}
	b.known[k] = n
	return n, err
}

// more returns the number of maps that are added to those of the network.
func (k mapsOf) more(regions []maskAt) int {
	if k.ones {
		return 1
	}
	return len(regions)
}

// stack adds maps of regions, which are weights of masks: guides.scaled multiplies the sums by
// the factors. A map of ones is that of a region without a mask.
func (b *tileBuilder) stack(k mapsOf, maps *gorgonia.Node, regions []maskAt) (*gorgonia.Node, error) {
	in := []*gorgonia.Node{maps}
	c := b.features[k.layer].Channels
	s := stacking{from: k.window.shape(c), to: k.window.shape(c + k.more(regions)), input: make([]int, k.more(regions))}
	for i, at := range regions {
		if at.mask != nil {
			s.input[i] = len(in)
			in = append(in, b.weight(k, at, false))
		}
	}
	return op.Apply(s.op(in), in...)
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
