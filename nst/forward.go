package nst

import (
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
	"github.com/gonst/workbench/nst/internal/topology"
)

// ErrTooSmall is wrapped if an image is too small for a layer.
var ErrTooSmall = errors.New("nst: image too small for the layer")

// forward adds the network up to the layers to the graph of x, an image of shape (3,
// height, width), and returns the layers by the given names. It fuses a ReLU with its
// convolution unless the convolution is one of the layers.
func (n *Network) forward(x *gorgonia.Node, names []string) (map[string]*Feature, error) {
	height, width := x.Shape()[1], x.Shape()[2]
	wanted := map[string]bool{}
	for _, name := range names {
		l, err := n.layer(name)
		if err != nil {
			return nil, err
		}
		if h, w := n.table.Output(l, height, width); h < 1 || w < 1 {
			r := n.table.Reduction(l)
			return nil, fmt.Errorf("%w: %s of %s needs at least %d x %d pixels, the image has %d x %d",
				ErrTooSmall, name, n.table.Name, r, r, width, height)
		}
		wanted[l.Name] = true
	}
	p := n.table.Preprocess
	var scale, shift [3]float32
	for c := range 3 {
		scale[c] = float32(p.Range / p.Std[c])
		shift[c] = float32(-p.Mean[c] / p.Std[c])
	}
	image, err := op.Apply(op.Affine{Order: p.Order, Scale: scale, Shift: shift, H: height, W: width}, x)
	if err != nil {
		return nil, err
	}
	b := &builder{net: n, height: height, width: width, wanted: wanted,
		nodes: map[string]*gorgonia.Node{topology.Input: image}}
	for _, l := range n.table.Path(names...) {
		if err := b.add(l); err != nil {
			return nil, err
		}
	}
	features, beyond := map[string]*Feature{}, sight(n.table, names)
	for _, name := range names {
		l, _ := n.layer(name)
		s, node := b.shape(l), b.nodes[l.Name]
		if l.Kind.Planar() {
			if node, err = op.Apply(op.Blocked{Of: s}, node); err != nil {
				return nil, err
			}
		}
		features[name] = &Feature{Layer: name, Channels: s.C, Height: s.H, Width: s.W, node: node,
			precision: n.precision, Reduction: n.table.Reduction(l), sight: beyond[l.Name]}
	}
	return features, nil
}

// builder adds the layers one after the other.
type builder struct {
	net           *Network
	height, width int
	wanted        map[string]bool
	nodes         map[string]*gorgonia.Node // by layer
}

func (b *builder) shape(l topology.Layer) kernel.Shape {
	h, w := b.net.table.Output(l, b.height, b.width)
	return kernel.Shape{C: l.Channels, H: h, W: w}
}

func (b *builder) add(l topology.Layer) (err error) {
	n := b.net
	from := b.nodes[l.From]
	switch l.Kind {
	case topology.Image: // it is there
	case topology.Convolution:
		if !b.wanted[l.Name] && b.fused(l) {
			return nil // its ReLU computes both
		}
		b.nodes[l.Name], err = b.convolve(l, false)
	case topology.ReLU:
		if from == nil {
			conv, _ := n.table.Find(l.From)
			b.nodes[l.Name], err = b.convolve(conv, true)
		} else {
			b.nodes[l.Name], err = op.Apply(op.ReLU{Of: b.shape(l)}, from)
		}
	case topology.Signs:
		in, _ := n.table.Find(l.From)
		b.nodes[l.Name], err = op.Apply(op.Signs{In: b.shape(in)}, from)
	case topology.Energy:
		in, _ := n.table.Find(l.From)
		b.nodes[l.Name], err = op.Apply(op.Energy{Planes: l.Channels, In: b.shape(in)}, from)
	case topology.Pool:
		in, _ := n.table.Find(l.From)
		b.nodes[l.Name], err = op.Apply(op.Pool{Kind: n.pooling, Scale: n.poolScale, In: b.shape(in)}, from)
	case topology.Downsample:
		b.nodes[l.Name], err = op.Apply(op.Downsample{In: kernel.Shape{C: 3, H: from.Shape()[1], W: from.Shape()[2]}, Padding: n.replicated()}, from)
	}
	return err
}

// fused reports whether the reader of a convolution is a ReLU, which computes both.
func (b *builder) fused(conv topology.Layer) bool {
	for _, l := range b.net.table.Layers {
		if l.From == conv.Name {
			return l.Kind == topology.ReLU
		}
	}
	return false
}

func (b *builder) convolve(l topology.Layer, relu bool) (*gorgonia.Node, error) {
	filters, from, s := b.net.filtersOf(l), b.nodes[l.From], b.shape(l)
	if b.net.table.OnImage(l) {
		if need := b.least(l); from.Shape()[1] < need || from.Shape()[2] < need {
			return nil, fmt.Errorf("%w: %s pads by reflection or repetition and needs %d x %d pixels there",
				ErrTooSmall, l.Name, need, need)
		}
		return op.Apply(op.ImageConv{Filters: filters, H: s.H, W: s.W, ReLU: relu}, from)
	}
	if need := b.least(l); s.H < need || s.W < need {
		return nil, fmt.Errorf("%w: %s pads by reflection and needs %d x %d positions, finds %d x %d",
			ErrTooSmall, l.Name, need, need, s.W, s.H)
	}
	return op.Apply(op.Conv{Filters: filters, H: s.H, W: s.W, ReLU: relu}, from)
}

// least returns the smallest side that a layer's padding allows: reflection mirrors
// positions beside the edge, so they must exist.
func (b *builder) least(l topology.Layer) int {
	if b.net.padding == kernel.PadReflect && !l.Replicate {
		return l.Size/2 + 1
	}
	return 1
}
