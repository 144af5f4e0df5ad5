package nst

import (
	"context"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/topology"
)

// Footprint is what evaluations of a transfer take.
type Footprint struct {
	Bytes int64 // of the feature maps, as Result.MapBytes
	// Work is the work of an evaluation in units of one of the whole image: in tiles, maps
	// are computed once more for the backward pass, and twice where tiles overlap.
	Work float64
}

// Footprint returns what evaluations take at most, over all stages. It reads no filters and
// computes nothing.
func (t *Transfer) Footprint(ctx context.Context) (Footprint, error) {
	plain := *t
	plain.Optimizer = &SGD{} // the transfer's own may be in use
	r, err := plain.checked()
	if err != nil {
		return Footprint{}, err
	}
	r.planning = true
	var f Footprint
	for _, s := range r.stages {
		e, _, err := r.problemOf(ctx, s)
		if err != nil {
			return Footprint{}, err
		}
		f.Bytes, f.Work = max(f.Bytes, e.Bytes()), 1
		if tiles, ok := e.(*tiled); ok {
			f.Work = tiles.work()
		}
		e.Close()
	}
	return f, nil
}

// device returns the device that runs the graphs.
func (r *running) device() cpu.Device {
	d := r.t.device()
	d.Planning = r.planning
	return d
}

// Footprint returns the memory of extracting the features of an image of this size, in
// bytes: that of the feature maps and that of the result. It reads no filters and computes
// nothing.
func (e *Extractor) Footprint(width, height int) (maps, result int64, err error) {
	if e.options.Tile > 0 {
		maps, err = e.footprintInTiles(width, height)
		return maps, 0, err
	}
	p, features, err := e.plan(cpu.Device{Planning: true}, width, height)
	if err != nil {
		return 0, 0, err
	}
	for _, name := range e.options.Maps {
		result += 4 * int64(features[name].shape().Plain())
	}
	for _, name := range e.options.Grams {
		c := int64(features[name].Channels)
		result += 4 * c * c
	}
	return p.Bytes(), result, nil
}

// plan compiles the program for a size.
func (e *Extractor) plan(d cpu.Device, width, height int) (*graph.Program, map[string]*Feature, error) {
	graph.Building.Lock()
	defer graph.Building.Unlock()
	x := imageNode(gorgonia.NewGraph(), width, height)
	features, err := e.network.forward(x, e.layers)
	if err != nil {
		return nil, nil, errorf("extract features: %w", err)
	}
	var outputs []*gorgonia.Node
	for _, name := range e.options.Maps {
		outputs = append(outputs, features[name].node)
	}
	for _, name := range e.options.Grams {
		outputs = append(outputs, features[name].Gram())
	}
	p, err := graph.Compile(graph.Options{Device: d}, []graph.Input{{Node: x, Rate: graph.PerEvaluation}}, outputs...)
	return p, features, err
}

// FilterBytes returns the memory of the filters, in bytes, that a run keeps if it reads
// these layers: with gradients for the layers in pulled, and without for those in read.
// Transformed filters of convolutions between feature maps take four times their own size,
// once for each direction. With LowMemory each convolution makes them anew, in working
// memory that all runs of the process share; the transformed maps of few positions take as
// much again, and the largest two sizes of both are kept.
func (n *Network) FilterBytes(memory Memory, pulled, read []string) (filters, working int64, err error) {
	kept := map[string]int64{} // copies by layer
	for i, names := range [][]string{append(pulled[:len(pulled):len(pulled)], read...), pulled} {
		var known []string
		for _, name := range names {
			l, err := n.layer(name)
			if err != nil {
				return 0, 0, err
			}
			known = append(known, l.Name)
		}
		for _, l := range n.table.Path(known...) {
			switch {
			case l.Kind != topology.Convolution:
			case memory == LowMemory || n.table.OnImage(l):
				kept[l.Name] = 1
			case i == 0:
				kept[l.Name] = 5
			default:
				kept[l.Name] = 9
			}
		}
	}
	for name, copies := range kept {
		l, _ := n.layer(name)
		size := 4 * int64(l.Channels*n.table.InChannels(l)*l.Size*l.Size)
		filters += copies * size
		if memory == LowMemory && !n.table.OnImage(l) {
			working = max(working, 4*4*size)
		}
	}
	return filters, working, nil
}
