package nst

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
)

// FeatureMap is the response of one layer to one image: Channels maps of
// Height x Width positions, map by map and row by row.
type FeatureMap struct {
	Layer                   string
	Channels, Height, Width int
	Data                    []float32
}

// Features are an image's feature maps by the layer names that were asked for.
type Features map[string]*FeatureMap

// Extractor gives the feature maps of images at some of a network's layers. It
// is safe for concurrent use, one extraction at a time.
type Extractor struct {
	network *Network
	layers  []string
	threads int

	mu            sync.Mutex
	width, height int // of the compiled program
	program       *graph.Program
	maps          []*Feature
}

// Extractor makes an extractor for the layers, by name or alias; for all of
// the network's layers when none is named.
func (n *Network) Extractor(layers ...string) (*Extractor, error) {
	if len(layers) == 0 {
		for _, l := range n.Layers() {
			layers = append(layers, l.Name)
		}
	}
	for _, name := range layers {
		if err := n.CheckLayer(name); err != nil {
			return nil, err
		}
	}
	return &Extractor{network: n, layers: layers, threads: runtime.GOMAXPROCS(0)}, nil
}

// Extract returns the features of each image. Images of one size go through
// one after the other in the same buffers; they need not all have one size,
// but it is faster.
func (e *Extractor) Extract(images ...*Image) ([]Features, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	batch := make([]Features, len(images))
	for i, m := range images {
		if err := e.compile(m.Width, m.Height); err != nil {
			return nil, err
		}
		copy(e.program.Input(), m.Pix)
		if err := e.program.Run(context.Background()); err != nil {
			return nil, err
		}
		batch[i] = Features{}
		for k, f := range e.maps {
			batch[i][f.Layer] = &FeatureMap{Layer: f.Layer, Channels: f.Channels, Height: f.Height, Width: f.Width,
				Data: append([]float32(nil), e.program.Output(k)...)}
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
	w := kernel.Workers(e.threads)
	x := imageNode(gorgonia.NewGraph(), width, height)
	features, err := e.network.forward(w, x, e.layers)
	if err != nil {
		return fmt.Errorf("extract features: %w", err)
	}
	e.maps = e.maps[:0]
	var outputs []*gorgonia.Node
	for _, name := range e.layers {
		e.maps = append(e.maps, features[name])
		outputs = append(outputs, features[name].Maps())
	}
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
