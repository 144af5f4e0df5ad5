// Package graph runs a Gorgonia expression graph: it takes the exact part of
// the graph that the wanted nodes need, computes once what does not depend on
// inputs of every evaluation, and runs the rest over buffers that are reused
// within an iteration and between iterations.
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
	Device op.Device
	// Supplied gives leaves without a value the value of a node of another
	// graph, which is computed with all that it takes.
	Supplied map[*gorgonia.Node]*gorgonia.Node
	// LowMemory computes maps of the forward pass again when the gradient, the
	// last output, reads them, where that makes the program smaller. The results
	// are the same bits.
	LowMemory bool
}

// Rate is how often an input gets another value. Leaves with a value never do.
type Rate int

const (
	PerBinding    Rate = iota // by Bind: what depends on nothing faster is computed once
	PerEvaluation             // before every Run
)

// Input is a leaf without a value.
type Input struct {
	Node *gorgonia.Node
	Rate Rate
}

// cell is a value that the program is given or computes: a node of the graph,
// or, where memory is spared, a node computed once more.
type cell struct {
	node    *gorgonia.Node
	in      []*cell      // in the order of the operation's arguments
	notes   uint         // the inputs, a bit each, of which only the note is read
	dynamic bool         // depends on an input of every evaluation
	ours    *op.Compiled // nil for leaves and for others' operations
	sum     bool         // of two inputs of one shape
	size    int          // in float32
	noting  int          // length of the note that its operation can make
	depth   int          // operations on the longest way here
	slot
}

// slot is where a value lives while the program runs.
type slot struct {
	data  []float32
	note  []float32      // nil where nobody reads it
	value gorgonia.Value // the same numbers for operations that are not ours; nil where none reads them
}

// reads tells whether the k-th input's value is read, and not only its note.
func (c *cell) reads(k int) bool { return c.notes>>k&1 == 0 }

// leaf tells whether the cell is given and not computed.
func (c *cell) leaf() bool { return c.node.Op() == nil }

// foreign tells whether the cell is computed by an operation that takes no buffer
// from us: Gorgonia's own.
func (c *cell) foreign() bool { return !c.leaf() && c.ours == nil }

// Compile plans a program that computes the outputs from the inputs, leaves of the
// same graph or of those that supply it. Every other leaf must have a value, which is
// read now, or be supplied.
func Compile(o Options, inputs []Input, outputs ...*gorgonia.Node) (*Program, error) {
	c := &compiler{options: o, rates: map[*gorgonia.Node]Rate{}, cells: map[*gorgonia.Node]*cell{}}
	for _, in := range inputs {
		c.rates[in.Node] = in.Rate
	}
	p := &Program{fresh: true}
	for _, in := range inputs {
		i := &input{cell: c.visit(in.Node), rate: in.Rate}
		if in.Rate == PerEvaluation {
			i.set(kernel.Alloc(i.cell.size))
			p.bytes += 4 * int64(i.cell.size)
		}
		p.inputs = append(p.inputs, i)
	}
	var wanted []*cell
	for _, n := range outputs {
		wanted = append(wanted, c.visit(n))
	}
	if c.err != nil {
		return nil, c.err
	}
	fuseSums(wanted)
	p.steady = plan(wanted, true)
	if o.LowMemory {
		wanted, p.steady = spare(wanted, p.steady)
	}
	for _, w := range wanted {
		p.outputs = append(p.outputs, &w.slot)
	}
	p.kept = frontier(p.steady, wanted)
	p.binding = plan(p.kept, false)
	for _, ph := range []*phase{p.binding, p.steady} {
		for _, c := range ph.heap {
			p.bytes += 4 * int64(c.size)
		}
	}
	p.bytes += 4 * int64(max(p.binding.slab, p.steady.slab))
	return p, nil
}

// frontier lists what the steady phase or the caller reads of what it does not compute.
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
	rates   map[*gorgonia.Node]Rate
	cells   map[*gorgonia.Node]*cell
	err     error // the first
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
	rate, given := c.rates[n]
	k := &cell{node: n, dynamic: given && rate == PerEvaluation, size: max(1, n.Shape().TotalSize())}
	it := n.Graph().From(n.ID())
	for it != nil && it.Next() {
		in := c.visit(it.Node().(*gorgonia.Node))
		k.in = append(k.in, in)
		k.dynamic = k.dynamic || in.dynamic
		k.depth = max(k.depth, in.depth+1)
	}
	switch {
	case n.Op() != nil:
		c.compile(k)
	case !given:
		k.value = n.Value()
		if k.value == nil {
			c.fail(fmt.Errorf("nst: node %s has no value: give it one when it is made, or use Context.Constant", n.Name()))
		}
		// What is no float32 can still serve an operation of Gorgonia's.
		k.data, _ = floats(k.value)
	}
	c.cells[n] = k
	return k
}

// compile has the device compile the cell's operation, if it is one of ours.
func (c *compiler) compile(k *cell) {
	var spec op.Spec
	if n, ok := k.node.Op().(*op.Node); ok {
		spec = n.Spec
		for i := range k.in {
			if n.ReadsNote(i) {
				k.notes |= 1 << i
			}
		}
	} else if add, ok := op.AddOf(k.node); ok {
		spec, k.sum = add, true
	} else {
		return
	}
	if n, ok := spec.(op.Noter); ok {
		k.noting = n.Note()
	}
	var err error
	if k.ours, err = c.options.Device.Compile(spec); err != nil {
		c.fail(err)
	}
}

func (c *compiler) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func floats(v gorgonia.Value) ([]float32, error) {
	if v == nil {
		return nil, nil
	}
	return op.Floats(v)
}

func asValue(n *gorgonia.Node, data []float32) gorgonia.Value {
	if n.IsScalar() {
		v := gorgonia.F32(data[0])
		return &v
	}
	return tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))
}
