// Package graph runs a Gorgonia expression graph: it takes the exact part of
// the graph that the wanted nodes need, computes once what does not depend on
// the input, and runs the rest over buffers that are reused within an
// iteration and between iterations.
//
// A program is planned whole before any memory is taken: the order of its
// operations (order.go), what is computed twice where memory is dear (spare.go),
// and the place of every value in one slab (place.go).
//
// Gorgonia's own machines are not used: the tape machine runs every node of
// the graph, dead gradients included, and reuses registers that Reshape has
// aliased; the Lisp machine's gradients are wrong where graphs share nodes.
package graph

import (
	"fmt"
	"slices"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Building is held by whoever builds, differentiates or compiles a graph:
// Gorgonia keeps package-level state while it does. Running needs no lock.
var Building sync.Mutex

// Options say how a graph is compiled.
type Options struct {
	Workers kernel.Workers
	// Supplied gives leaves without a value the value of a node of another
	// graph, which is computed once, with all that it takes.
	Supplied map[*gorgonia.Node]*gorgonia.Node
	// SpareMemory computes maps of the forward pass again when the gradient, the
	// last output, reads them, where that makes the program smaller. The results
	// are the same bits. Package nst then gives it convolutions that keep no
	// transformed filters.
	SpareMemory bool
}

// cell is a value that the program is given or computes: a node of the graph,
// or, where memory is spared, a node computed once more.
type cell struct {
	node    *gorgonia.Node
	in      []*cell // in the order of the operation's arguments
	dynamic bool    // depends on the input
	ours    runner  // of an operation of ours; nil for leaves and for others' operations
	size    int     // in float32
	depth   int     // operations on the longest way here
	slot
}

// slot is where a value lives while the program runs.
type slot struct {
	data  []float32
	value gorgonia.Value // the same numbers for operations that are not ours; nil where none reads them
}

// runner is what a step asks of an operation that writes into our buffers.
type runner interface {
	Run(out []float32, in [][]float32)
	Reads(input int) bool
}

// reads tells whether the k-th input is looked at, and not only computed before.
func (c *cell) reads(k int) bool { return c.ours == nil || c.ours.Reads(k) }

// leaf tells whether the cell is given and not computed.
func (c *cell) leaf() bool { return c.node.Op() == nil }

// foreign tells whether the cell is computed by an operation that takes no buffer
// from us: Gorgonia's own, or a user's.
func (c *cell) foreign() bool { return !c.leaf() && c.ours == nil }

// Compile plans a program that computes the outputs from the input, a leaf of
// the same graph. Every other leaf must have a value, which is read now, or be
// supplied.
func Compile(o Options, input *gorgonia.Node, outputs ...*gorgonia.Node) (*Program, error) {
	c := &compiler{options: o, input: input, cells: map[*gorgonia.Node]*cell{}}
	var wanted []*cell
	for _, n := range outputs {
		wanted = append(wanted, c.visit(n))
	}
	p := &Program{input: c.visit(input)}
	if c.err != nil {
		return nil, c.err
	}
	fuseSums(wanted)
	p.input.data = kernel.Alloc(p.input.size)
	p.input.value = asValue(input, p.input.data)
	p.bytes = 4 * int64(p.input.size)
	p.steady = plan(wanted, true)
	if o.SpareMemory {
		wanted, p.steady = spare(wanted, p.steady)
	}
	for _, w := range wanted {
		p.outputs = append(p.outputs, &w.slot)
	}
	p.once = plan(frontier(p.steady, wanted), false)
	for _, ph := range []*phase{p.once, p.steady} {
		for _, s := range ph.heap {
			p.bytes += 4 * int64(s.size)
		}
	}
	p.bytes += 4*int64(max(p.once.slab, p.steady.slab)) + bits(p.steady)
	return p, nil
}

// bits is the memory of what convolutions note for their gradients instead of
// keeping their maps: a bit a value.
func bits(p *phase) int64 {
	var noted []*cell
	var n int64
	for _, c := range p.order {
		for k, in := range c.in {
			if !c.reads(k) && !slices.Contains(noted, in) {
				noted = append(noted, in)
				n += int64(in.size) / 8
			}
		}
	}
	return n
}

// frontier lists the constants that the steady phase or the caller reads.
func frontier(steady *phase, outputs []*cell) []*cell {
	var kept []*cell
	keep := func(c *cell) {
		if !c.dynamic && !slices.Contains(kept, c) {
			kept = append(kept, c)
		}
	}
	for _, c := range steady.order {
		for _, in := range c.in {
			keep(in)
		}
	}
	for _, c := range outputs {
		keep(c)
	}
	return kept
}

type compiler struct {
	options Options
	input   *gorgonia.Node
	cells   map[*gorgonia.Node]*cell
	err     error
}

// visit makes the cell of a node, after those that it reads.
func (c *compiler) visit(n *gorgonia.Node) *cell {
	if known := c.cells[n]; known != nil {
		return known
	}
	if from := c.options.Supplied[n]; from != nil {
		c.cells[n] = c.visit(from)
		return c.cells[n]
	}
	k := &cell{node: n, dynamic: n == c.input, size: max(1, n.Shape().TotalSize())}
	it := n.Graph().From(n.ID())
	for it != nil && it.Next() {
		in := c.visit(it.Node().(*gorgonia.Node))
		k.in = append(k.in, in)
		k.dynamic = k.dynamic || in.dynamic
		k.depth = max(k.depth, in.depth+1)
	}
	switch {
	case isSum(k):
		k.ours = addition{c.options.Workers}
	case n.Op() != nil:
		k.ours, _ = n.Op().(op.Runner)
	case n != c.input:
		k.value = n.Value()
		if k.value == nil && c.err == nil {
			c.err = fmt.Errorf("nst: node %s has no value: give it one when it is made, or use Context.Constant", n.Name())
		}
		// What is no float32 can still serve an operation of Gorgonia's.
		k.data, _ = floats(k.value)
	}
	c.cells[n] = k
	return k
}

func floats(v gorgonia.Value) ([]float32, error) {
	if v == nil {
		return nil, nil
	}
	return op.Floats(v)
}

func asValue(n *gorgonia.Node, data []float32) gorgonia.Value {
	if n.IsScalar() {
		return gorgonia.NewF32(0)
	}
	return tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))
}
