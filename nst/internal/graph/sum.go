package graph

import (
	"slices"

	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Gorgonia's differentiation inserts a sum where a map has two readers. We add
// ourselves: on all cores, over one of the two, and without the other, where its
// operation can add to what is there.

// isSum tells whether the cell is Gorgonia's sum of two tensors of one shape.
func isSum(c *cell) bool {
	n := c.node
	if n.Op() == nil || n.Op().String() != "+ false" || n.IsScalar() || len(c.in) != 2 {
		return false
	}
	a, b := c.in[0].node, c.in[1].node
	return !a.IsScalar() && !b.IsScalar() && a.Shape().Eq(n.Shape()) && b.Shape().Eq(n.Shape()) && n.Dtype() == tensor.Float32
}

// addition is our sum of two tensors.
type addition struct{ workers kernel.Workers }

func (a addition) Run(out []float32, in [][]float32) { kernel.Add(a.workers, out, in[0], in[1]) }
func (a addition) Reads(int) bool                    { return true }
func (a addition) Overwrites(int) bool               { return true }

// adder is an operation that may be able to add its result to what is there.
type adder interface {
	Adder() func(out []float32, in [][]float32)
}

// accumulation is such an operation and the sum behind it: its last input is what
// it adds to.
type accumulation struct {
	of   runner
	add  func(out []float32, in [][]float32)
	last int
}

func (a accumulation) Run(out []float32, in [][]float32) {
	if &out[0] != &in[a.last][0] {
		copy(out, in[a.last])
	}
	a.add(out, in[:a.last])
}

func (a accumulation) Reads(k int) bool      { return k == a.last || a.of.Reads(k) }
func (a accumulation) Overwrites(k int) bool { return k == a.last }

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
		if _, ok := c.ours.(addition); !ok || c.in[0] == c.in[1] {
			continue
		}
		// Of two that can add, that which is to be had sooner.
		a, b := c.in[0], c.in[1]
		if adderOf(a) == nil || adderOf(b) != nil && b.depth < a.depth {
			a, b = b, a
		}
		if add := adderOf(a); add != nil && readers[a] == 1 && !slices.Contains(wanted, a) && b.dynamic {
			c.ours = accumulation{a.ours, add, len(a.in)}
			c.in = append(slices.Clone(a.in), b)
		}
	}
}

func adderOf(c *cell) func(out []float32, in [][]float32) {
	if a, ok := c.ours.(adder); ok && c.dynamic {
		return a.Adder()
	}
	return nil
}
