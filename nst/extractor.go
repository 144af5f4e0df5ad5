package nst

import (
	"context"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
)

// FeatureMaps is the response of one layer to one image: Channels maps of Height x Width
// positions.
type FeatureMaps struct {
	Layer                   string
	Channels, Height, Width int
	Data                    []float32 // [Channels][Height][Width]; nil if only Gram was requested
	Gram                    []float32 // F F^T, not normalised, [Channels][Channels]; nil if not requested
}

// Features maps the requested layer names to an image's feature maps.
type Features map[string]*FeatureMaps

// Extractor computes the feature maps of images at layers of a network. It is safe for
// concurrent use; it runs one extraction at a time.
type Extractor struct {
	network *Network
	layers  []string // all layers to read, without repetitions
	options ExtractorOptions

	turn          chan struct{} // holds a value while an extraction runs
	width, height int           // of the compiled program
	program       *graph.Program
	features      map[string]*Feature
	tiles         *tiling
	tiled         int // pixels of a side of the tiles
}

// ExtractorOptions are the options of ExtractorWith.
type ExtractorOptions struct {
	Maps    []string // layers whose feature maps are returned
	Grams   []string // layers whose Gram matrices are returned; they may also be in Maps
	Threads int      // 0: number of processors; the result never depends on it
	Memory  Memory   // LowMemory does not keep transformed filters; the result never depends on it
	// Tile, if above 0, bounds the memory of large images: they are read in tiles of about
	// Tile x Tile pixels. Extract then returns no Data: Compare compares the layers in Maps.
	Tile int
}

func (o ExtractorOptions) device() cpu.Device {
	return cpu.Device{Workers: workers(o.Threads), LowMemory: o.Memory == LowMemory}
}

// Extractor returns an extractor for the layers, by name or alias, or for all of the
// network's layers if there are no arguments. The error is an UnknownLayerError for a
// layer that the network does not have.
func (n *Network) Extractor(layers ...string) (*Extractor, error) {
	if len(layers) == 0 {
		for _, l := range n.Layers() {
			layers = append(layers, l.Name)
		}
	}
	return n.ExtractorWith(ExtractorOptions{Maps: layers})
}

// ExtractorWith returns an extractor of feature maps and Gram matrices, which it computes
// in one pass through the network.
func (n *Network) ExtractorWith(o ExtractorOptions) (*Extractor, error) {
	e := &Extractor{network: n, options: o, turn: make(chan struct{}, 1)}
	for _, name := range append(slices.Clone(o.Maps), o.Grams...) {
		if err := n.CheckLayer(name); err != nil {
			return nil, err
		}
		if !slices.Contains(e.layers, name) {
			e.layers = append(e.layers, name)
		}
	}
	if len(e.layers) == 0 {
		return nil, errorf("an extractor from %s without a layer: name some in Maps or Grams", n.Name())
	}
	return e, nil
}

// Extract returns the features of each image. It processes one image after the other and
// reuses the buffers for images of the same size. Images may differ in size, but a change
// of size takes time.
//
// The error is that of the context if it is cancelled. Otherwise it is about an image
// without pixels or too small for a layer (ErrImageTooSmall), or about weights that
// cannot be read or do not fit the network.
func (e *Extractor) Extract(ctx context.Context, images ...*Image) ([]map[string]*FeatureMaps, error) {
	batch := make([]map[string]*FeatureMaps, len(images))
	err := e.alone(ctx, func() error {
		for i, m := range images {
			err := m.Validate()
			if err != nil {
				return errorf("extract features: %w", err)
			}
			if e.options.Tile > 0 {
				batch[i], err = e.extractInTiles(ctx, m)
			} else {
				batch[i], err = e.extract(ctx, m)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return batch, nil
}

// alone calls do when no other call goes on.
func (e *Extractor) alone(ctx context.Context, do func() error) error {
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer kernel.Use()()
	return do()
}

// extract extracts the features of the whole image.
func (e *Extractor) extract(ctx context.Context, m *Image) (map[string]*FeatureMaps, error) {
	if err := e.compile(ctx, m.Width, m.Height); err != nil {
		return nil, err
	}
	copy(e.program.Input(0), m.Pix)
	if err := e.program.Run(ctx); err != nil {
		return nil, err
	}
	all := map[string]*FeatureMaps{}
	for _, name := range e.layers {
		f := e.features[name]
		all[name] = &FeatureMaps{Layer: name, Channels: f.Channels, Height: f.Height, Width: f.Width}
	}
	for k, name := range e.options.Maps {
		s := e.features[name].shape()
		all[name].Data = make([]float32, s.Plain())
		kernel.Unpack(workers(e.options.Threads), all[name].Data, e.program.Output(k), s)
	}
	for k, name := range e.options.Grams {
		all[name].Gram = slices.Clone(e.program.Output(len(e.options.Maps) + k))
	}
	return all, nil
}

// compile compiles the program for a size unless the last one has this size.
func (e *Extractor) compile(ctx context.Context, width, height int) error {
	if e.program != nil && e.width == width && e.height == height {
		return nil
	}
	d := e.options.device()
	if err := e.network.prepareFilters(ctx, d, e.layers...); err != nil {
		return errorf("extract features: %w", err)
	}
	e.close() // nothing of another size, should this fail
	var err error
	if e.program, e.features, err = e.plan(d, width, height); err != nil {
		e.program = nil
		return err
	}
	e.width, e.height = width, height
	return nil
}

// Release releases the memory of the feature maps. The next extraction takes it again.
func (e *Extractor) Release() {
	e.turn <- struct{}{}
	e.close()
	<-e.turn
}

// close releases the memory of the program.
func (e *Extractor) close() {
	if e.program != nil {
		e.program.Close()
		e.program = nil
	}
	if e.tiles != nil {
		e.tiles.shared.Close()
		e.tiles = nil
	}
}

// imageNode returns a leaf for an image that is set later.
func imageNode(g *gorgonia.ExprGraph, width, height int) *gorgonia.Node {
	return gorgonia.NewTensor(g, tensor.Float32, 3, gorgonia.WithShape(3, height, width), gorgonia.WithName("image"))
}
