package graph

import (
	"cmp"
	"slices"
)

// The order of operations determines how long values live. For example, the Gram
// gradients of all layers can be computed right after the forward pass, or each when the
// backward pass reaches its layer. The package makes two orders and uses the one that
// takes less memory. The order does not change the results.

// deepestFirst computes the inputs of a cell just before the cell, the input with the
// longest path first: in the backward pass, this is the gradient from the deeper layers;
// the layer's own gradient follows.
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

// mostThrifty is the largest number of cells for thriftiest: its time is quadratic.
const mostThrifty = 4096

// thriftiest always takes the computable cell that leaves the least memory in use. If
// several are equal, it takes the first in the given order.
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
	// growth is the increase of memory in use after c is computed.
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

// read returns the inputs whose values the cell reads.
func read(c *cell) []*cell {
	var list []*cell
	for k, in := range c.in {
		if c.reads(k) {
			list = append(list, in)
		}
	}
	return distinct(list)
}

// distinct returns the cells without repetitions.
func distinct(cells []*cell) []*cell {
	var list []*cell
	for _, c := range cells {
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}
