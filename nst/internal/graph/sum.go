package graph

import (
	"slices"

	"github.com/gonst/workbench/nst/internal/op"
)

// If a map has two readers, Gorgonia's differentiation inserts a sum. If the operation of
// one of the two can add to existing values, this sum is removed.

// accumulate returns the operation fused with the sum: its last input is what it adds to.
func accumulate(of *op.Compiled, last int) *op.Compiled {
	return &op.Compiled{
		Run: func(out, _ []float32, in [][]float32) {
			if &out[0] != &in[last][0] {
				copy(out, in[last])
			}
			of.Add(out, in[:last])
		},
		Over: 1 << last,
	}
}

// fuseSums replaces sums by accumulations if nothing else reads one of the two summands.
func fuseSums(wanted []*cell) {
	readers := map[*cell]int{}
	all := deepestFirst(wanted, true)
	for _, c := range all {
		for _, in := range c.in {
			readers[in]++
		}
	}
	for _, c := range all {
		if !c.sum || c.in[0] == c.in[1] {
			continue
		}
		// If both can add, take the one that can be computed earlier.
		a, b := c.in[0], c.in[1]
		if !adds(a) || adds(b) && b.depth < a.depth {
			a, b = b, a
		}
		if adds(a) && readers[a] == 1 && !slices.Contains(wanted, a) && b.dynamic {
			c.ours, c.notes = accumulate(a.ours, len(a.in)), a.notes
			c.in = append(slices.Clone(a.in), b)
		}
	}
}

func adds(c *cell) bool { return c.dynamic && c.ours != nil && c.ours.Add != nil }
