package nst

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
)

// FeatureMap is the response of one layer to one image: Channels maps of
// Height x Width positions.
type FeatureMap struct {
	Layer                   string
	Channels, Height, Width int
	Data                    []float32 // map by map and row by row; nil where only Gram was asked for
	Gram                    []float32 // F F^T, raw, Channels x Channels; nil unless asked for
}

// Features are an image's feature maps by the layer names that were asked for.
type Features map[string]*FeatureMap

// Extractor gives the feature maps of images at some of a network's layers. It
// is safe for concurrent use, one extraction at a time.
type Extractor struct {
	network *Network
	layers  []string // every one that is read, once
	options ExtractorOptions

	mu            sync.Mutex
	width, height int // of the compiled program
	program       *graph.Program
	features      map[string]*Feature
}

// ExtractorOptions are what an extractor gives.
type ExtractorOptions struct {
	Maps    []string // the layers whose feature maps are wanted
	Grams   []string // the layers whose Gram matrices are wanted, which may be the same
	Threads int      // 0: as many as there are processors; they change no bit
}

// Extractor makes an extractor for the layers, by name or alias; for all of
// the network's layers when none is named.
func (n *Network) Extractor(layers ...string) (*Extractor, error) {
	if len(layers) == 0 {
		for _, l := range n.Layers() {
			layers = append(layers, l.Name)
		}
	}
	return n.ExtractorWith(ExtractorOptions{Maps: layers})
}

// ExtractorWith makes an extractor of feature maps and Gram matrices, in one pass
// through the network.
func (n *Network) ExtractorWith(o ExtractorOptions) (*Extractor, error) {
	if o.Threads < 1 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	e := &Extractor{network: n, options: o}
	for _, name := range append(slices.Clone(o.Maps), o.Grams...) {
		if err := n.CheckLayer(name); err != nil {
			return nil, err
		}
		if !slices.Contains(e.layers, name) {
			e.layers = append(e.layers, name)
		}
	}
	if len(e.layers) == 0 {
		return nil, fmt.Errorf("nst: an extractor from %s without a layer: name some in Maps or Grams", n.Name())
	}
	return e, nil
}

// Extract returns the features of each image. Images of one size go through
// one after the other in the same buffers; they need not all have one size,
// but it is faster.
func (e *Extractor) Extract(images ...*Image) ([]Features, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	batch := make([]Features, len(images))
	for i, m := range images {
		if err := m.Validate(); err != nil {
			return nil, fmt.Errorf("extract features: %w", err)
		}
		if err := e.compile(m.Width, m.Height); err != nil {
			return nil, err
		}
		copy(e.program.Input(), m.Pix)
		if err := e.program.Run(context.Background()); err != nil {
			return nil, err
		}
		batch[i] = Features{}
		for _, name := range e.layers {
			f := e.features[name]
			batch[i][name] = &FeatureMap{Layer: name, Channels: f.Channels, Height: f.Height, Width: f.Width}
		}
		for k, name := range e.options.Maps {
			batch[i][name].Data = slices.Clone(e.program.Output(k))
		}
		for k, name := range e.options.Grams {
			batch[i][name].Gram = slices.Clone(e.program.Output(len(e.options.Maps) + k))
		}
	}
	return batch, nil
}

// compile makes the program for a size unless the last one was for it.
func (e *Extractor) compile(width, height int) error {
	if e.program != nil && e.width == width && e.height == height {
		return nil
	}
	graph.Building.Lock()
	defer graph.Building.Unlock()
	w := kernel.Workers(e.options.Threads)
	x := imageNode(gorgonia.NewGraph(), width, height)
	features, err := e.network.forward(w, x, e.layers)
	if err != nil {
		return fmt.Errorf("extract features: %w", err)
	}
	var outputs []*gorgonia.Node
	for _, name := range e.options.Maps {
		outputs = append(outputs, features[name].Maps())
	}
	for _, name := range e.options.Grams {
		outputs = append(outputs, features[name].Gram())
	}
	e.program, e.features = nil, features // nothing of another size, should this fail
	if e.program, err = graph.Compile(w, x, outputs...); err != nil {
		return err
	}
	e.width, e.height = width, height
	return nil
}

// imageNode is the leaf for an image that is to come.
func imageNode(g *gorgonia.ExprGraph, width, height int) *gorgonia.Node {
	return gorgonia.NewTensor(g, tensor.Float32, 3, gorgonia.WithShape(3, height, width), gorgonia.WithName("image"))
}

// target is one layer's features of an image that is compared with, held
// blocked as the kernels have them.
type target struct {
	feature Feature // without a node
	data    []float32
}

// targets computes an image's features at the layers.
func (n *Network) targets(ctx context.Context, w kernel.Workers, m *Image, layers []string) (map[string]target, error) {
	graph.Building.Lock()
	x := imageNode(gorgonia.NewGraph(), m.Width, m.Height)
	features, err := n.forward(w, x, layers)
	if err != nil {
		graph.Building.Unlock()
		return nil, err
	}
	var outputs []*gorgonia.Node
	for _, name := range layers {
		outputs = append(outputs, features[name].node)
	}
	program, err := graph.Compile(w, x, outputs...)
	graph.Building.Unlock()
	if err != nil {
		return nil, err
	}
	copy(program.Input(), m.Pix)
	if err := program.Run(ctx); err != nil {
		return nil, err
	}
	all := map[string]target{}
	for i, name := range layers {
		f := *features[name]
		f.node = nil
		all[name] = target{f, program.Output(i)}
	}
	return all, nil
}
