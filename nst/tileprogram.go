package nst

import (
	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
)

// tileProgram is the program of the tiles of one shape. The programs of all shapes run in
// turn in the same memory.
type tileProgram struct {
	*graph.Program
	shapes []kernel.Shape // of the core, by sum
	fills  []tileFill
	dots   int // inputs of the gradients with respect to the sums
}

// tileFill is an input of a tile's program: weights of a mask, or maps of a target.
type tileFill struct {
	input     int
	at        maskAt
	root      bool
	reduction int    // of the layer
	with      *Image // the target; nil: a mask
	index     int    // of the maps among those that are kept of the target
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
func (t *tiling) tileOf(task tileTask, sums []*tileSum) (*tileProgram, error) {
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

func (t *tiling) compileTile(task tileTask, sums []*tileSum) (*tileProgram, error) {
	b, err := t.tileBuilder(task, sums)
	if err != nil {
		return nil, err
	}
	p := b.program
	var parts []*gorgonia.Node
	kept := map[*Image]int{}
	for _, s := range sums {
		shape := b.cores[s.layer].shape
		p.shapes = append(p.shapes, shape)
		if task.kind == tileMaps {
			s = &tileSum{sumOf: sumOf{layer: s.layer, mask: s.withMask}, seen: s.withSeen}
		}
		maps, err := b.maps(s)
		if err != nil {
			return nil, err
		}
		if task.kind == tileMaps {
			parts = append(parts, maps)
			continue
		}
		var others *gorgonia.Node
		if s.kind == distanceSum {
			others = b.fill(maps.Shape(), tileFill{with: s.with, index: kept[s.with]})
			kept[s.with]++
		}
		shape.C += len(s.regions)
		part, err := s.part(shape, t.network.precision, maps, others)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if task.kind == tilePull {
		gradient, err := b.pull(parts, sums)
		if err != nil {
			return nil, err
		}
		parts = []*gorgonia.Node{gradient}
	}
	o := graph.Options{Device: t.device, LowMemory: t.device.LowMemory && task.kind == tilePull, Shared: &t.shared}
	p.Program, err = graph.Compile(o, b.inputs, parts...)
	return p, err
}
