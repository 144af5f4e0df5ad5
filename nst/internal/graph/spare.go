package graph

import (
	"cmp"
	"slices"
)

// Sparing memory: of the maps that the forward pass makes and the way back reads,
// the large ones are not kept in between but computed once more, from the nearest
// that are kept (the output of a pooling, say), when the way back has come to them.

// tolerance is by how much larger a program may be than the smallest for fewer maps
// to be computed twice.
const tolerance = 1.03

// spare returns the outputs, the last of which is the gradient, as they are to be
// computed, and the plan.
func spare(outputs []*cell, plain *phase) ([]*cell, *phase) {
	if len(outputs) < 2 {
		return outputs, plain
	}
	forward := map[*cell]bool{}
	for _, c := range deepestFirst(outputs[:len(outputs)-1], true) {
		forward[c] = true
	}
	var sizes []int
	for c := range forward {
		if !slices.Contains(sizes, c.size) {
			sizes = append(sizes, c.size)
		}
	}
	slices.SortFunc(sizes, func(a, b int) int { return cmp.Compare(b, a) })
	type choice struct {
		outputs []*cell
		plan    *phase
	}
	choices := []choice{{outputs, plain}}
	for _, size := range sizes {
		r := &repeater{forward: forward, least: size, copies: map[*cell]*cell{}}
		again := slices.Clone(outputs)
		again[len(again)-1] = r.backward(again[len(again)-1])
		choices = append(choices, choice{again, plan(again, true)})
	}
	smallest := plain.slab
	for _, c := range choices {
		smallest = min(smallest, c.plan.slab)
	}
	for _, c := range choices {
		if float64(c.plan.slab) <= tolerance*float64(smallest) {
			return c.outputs, c.plan
		}
	}
	return outputs, plain
}

// repeater copies the way back, so that it reads copies of the large cells of the
// forward pass.
type repeater struct {
	forward map[*cell]bool
	least   int
	copies  map[*cell]*cell
}

// backward is the cell as the way back is to see it.
func (r *repeater) backward(c *cell) *cell {
	if !c.dynamic || c.leaf() || r.forward[c] && (c.size < r.least || c.foreign()) {
		return c
	}
	if known := r.copies[c]; known != nil {
		return known
	}
	again := &cell{node: c.node, dynamic: true, ours: c.ours, size: c.size, depth: c.depth, in: make([]*cell, len(c.in))}
	for i, in := range c.in {
		again.in[i] = in
		if c.reads(i) || !r.forward[in] { // what is not read need not be there again
			again.in[i] = r.backward(in)
		}
	}
	r.copies[c] = again
	return again
}
