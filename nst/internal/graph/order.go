package graph

import (
	"cmp"
	"slices"
)

// The order of operations decides how long values live: all layers' Gram
// gradients, say, could be computed as soon as the forward pass is over, or each
// when the way back has come to its layer. Two orders are made and the one that
// takes less memory is used. No order changes a bit.

// deepestFirst computes what a cell reads just before it, that with the longest
// way from the input first: on the way back the gradient that comes through all
// deeper layers, and only then the layer's own.
func deepestFirst(wanted []*cell, dynamic bool) []*cell {
	var order []*cell
	seen := map[*cell]bool{}
	var visit func(c *cell)
	visit = func(c *cell) {
		if seen[c] || c.leaf() || c.dynamic != dynamic {
			return
		}
		seen[c] = true
		in := slices.Clone(c.in)
		slices.SortStableFunc(in, func(a, b *cell) int { return cmp.Compare(b.depth, a.depth) })
		for _, a := range in {
			visit(a)
		}
		order = append(order, c)
	}
	for _, c := range wanted {
		visit(c)
	}
	return order
}

// mostThrifty is how many cells thriftiest may take: its time grows with their square.
const mostThrifty = 4096

// thriftiest takes, of the cells that can be computed, always the one that leaves
// least memory in use, and of equals the one that comes first in the given order.
func thriftiest(order []*cell, kept map[*cell]bool) []*cell {
	if len(order) > mostThrifty {
		return order
	}
	readers, missing := map[*cell]int{}, map[*cell]int{}
	planned := map[*cell]bool{}
	for _, c := range order {
		planned[c] = true
	}
	for _, c := range order {
		for _, in := range distinct(c.in) {
			if planned[in] {
				missing[c]++
			}
		}
		for _, in := range read(c) {
			readers[in]++
		}
	}
	// growth is by how much more is in use once c is computed.
	growth := func(c *cell) int {
		more := c.size
		for _, in := range read(c) {
			if planned[in] && readers[in] == 1 && !kept[in] {
				more -= in.size
			}
		}
		return more
	}
	left := slices.Clone(order)
	var result []*cell
	for len(left) > 0 {
		best, least := -1, 0
		for i, c := range left {
			if missing[c] > 0 {
				continue
			}
			if g := growth(c); best < 0 || g < least {
				best, least = i, g
			}
		}
		c := left[best]
		left = slices.Delete(left, best, best+1)
		result = append(result, c)
		for _, in := range read(c) {
			readers[in]--
		}
		for _, r := range left {
			if slices.Contains(r.in, c) {
				missing[r]--
			}
		}
	}
	return result
}

// read lists the inputs that the cell looks at.
func read(c *cell) []*cell {
	var list []*cell
	for k, in := range c.in {
		if c.reads(k) {
			list = append(list, in)
		}
	}
	return distinct(list)
}

// distinct is a list without repetitions.
func distinct(cells []*cell) []*cell {
	var list []*cell
	for _, c := range cells {
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}
