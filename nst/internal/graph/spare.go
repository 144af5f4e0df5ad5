package graph

import (
	"cmp"
	"slices"
)

// Saving memory: the backward pass reads maps of the forward pass. With LowMemory, the
// large ones are not kept but computed again when the backward pass needs them, from the
// nearest maps that are kept, for example the output of a pooling.

// tolerance is the factor by which a program may exceed the smallest one in order to
// compute less twice.
const tolerance = 1.03

// spare returns the outputs that save memory, and their plan. The last output is the
// gradient.
func spare(outputs []*cell, plain *phase) ([]*cell, *phase) {
	if len(outputs) < 2 {
		return outputs, plain
	}
	forward := map[*cell]bool{}
	var sizes []int
	for _, c := range deepestFirst(outputs[:len(outputs)-1], true) {
		forward[c] = true
		if !slices.Contains(sizes, c.size) {
			sizes = append(sizes, c.size)
		}
	}
	type choice struct {
		outputs []*cell
		plan    *phase
		twice   int // number of values that are computed again
	}
	choices := []choice{{outputs, plain, 0}}
	smallest := plain.slab
	for _, size := range sizes {
		for _, shared := range []bool{true, false} {
			r := &repeater{forward: forward, least: size, shared: shared, copies: map[*cell]*cell{}, limit: 4 * len(forward)}
			again := slices.Clone(outputs)
			again[len(again)-1] = r.backward(again[len(again)-1])
			if r.limit < 0 {
				continue
			}
			c := choice{again, plan(again, true), r.twice}
			choices = append(choices, c)
			smallest = min(smallest, c.plan.slab)
		}
	}
	slices.SortStableFunc(choices, func(a, b choice) int { return cmp.Compare(a.twice, b.twice) })
	for _, c := range choices {
		if float64(c.plan.slab) <= tolerance*float64(smallest) {
			return c.outputs, c.plan
		}
	}
	return outputs, plain
}

// repeater copies the backward pass so that it reads copies of the large cells of the
// forward pass. All readers share one copy, or each reader has its own, which need not
// be kept from one reader to the next.
type repeater struct {
	forward map[*cell]bool
	least   int
	shared  bool
	copies  map[*cell]*cell
	twice   int
	limit   int // number of copies of the forward pass that are still allowed
}

// backward returns the cell as the backward pass reads it.
func (r *repeater) backward(c *cell) *cell {
	if !c.dynamic || c.leaf() || r.forward[c] && (c.size < r.least || c.foreign()) || r.limit < 0 {
		return c
	}
	if known := r.copies[c]; known != nil {
		return known
	}
	again := &cell{node: c.node, dynamic: true, notes: c.notes, ours: c.ours, size: c.size, noting: c.noting, depth: c.depth, in: make([]*cell, len(c.in))}
	for i, in := range c.in {
		again.in[i] = in
		if c.reads(i) || !r.forward[in] { // notes are kept
			again.in[i] = r.backward(in)
		}
	}
	if r.forward[c] {
		r.twice += c.size
		r.limit--
	}
	if r.shared || !r.forward[c] {
		r.copies[c] = again
	}
	return again
}
