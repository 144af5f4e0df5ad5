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
	shapes []kernel.Shape // of the positions of the tile, by sum
	fills  []tileFill
	dots   int // inputs of the gradients with respect to the sums
}

// tileFill is an input of a tile's program: weights of a mask, or maps of a target.
type tileFill struct {
	input     int
	at        maskAt
	root      bool
	reduction int // of the maps
	window    window
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
		if task.kind == tileMaps {
			s = &tileSum{sumOf: sumOf{layer: s.layer, pooled: s.pooled}, seen: s.withSeen}
		}
		var part *gorgonia.Node
		k := mapsOf{layer: s.layer, pooled: s.pooled, window: b.core(s.layer, s.pooled), guided: s.guided, seen: s.seen, root: s.seen.mask != nil && s.kind != meanSum}
		shape := k.window.shape(b.features[s.layer].Channels)
		if s.kind == crossSum {
			part, shape, err = b.cross(s, k)
		} else {
			part, err = b.maps(k, s.regions)
		}
		if err == nil && task.kind != tileMaps && s.kind != crossSum {
			var others *gorgonia.Node
			if s.kind == distanceSum {
				others = b.fill(part.Shape(), tileFill{with: s.with, index: kept[s.with]})
				kept[s.with]++
			}
			of := shape
			of.C += len(s.regions)
			part, err = s.part(of, t.network.precision, part, others)
		}
		if err != nil {
			return nil, err
		}
		p.shapes, parts = append(p.shapes, shape), append(parts, part)
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
