package graph

import (
	"slices"

	"github.com/gonst/workbench/nst/internal/op"
)

// Where a map has two readers, Gorgonia's differentiation inserts a sum. Where the
// operation of one of the two can add to what is there, the sum goes.

// accumulate is the operation and the sum behind it: its last input is what it adds to.
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

// fuseSums makes accumulations of sums where one of the two is read by nothing else.
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
		// Of two that can add, that which is to be had sooner.
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
