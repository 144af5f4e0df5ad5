// Package graph runs a Gorgonia expression graph. It takes only the part of the graph
// that the output nodes need, computes once what does not depend on inputs of every
// evaluation, and runs the rest over buffers that are reused within an iteration and
// between iterations.
//
// A program is planned completely before memory is allocated: the order of its
// operations (order.go), the values that are computed twice to save memory (spare.go),
// and the place of every value in one slab (place.go).
//
// The package does not use Gorgonia's own machines. The tape machine runs every node of
// the graph, unused gradients too, and reuses registers that Reshape has aliased. The
// gradients of the Lisp machine are wrong if graphs share nodes.
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

// Building must be locked to build, differentiate or compile a graph, because Gorgonia
// keeps package-level state. Running a program needs no lock.
var Building sync.Mutex

// Options are the options of Compile.
type Options struct {
	Device op.Device
	// Supplied maps leaves without a value to nodes of other graphs. The program
	// computes these nodes and gives the leaves their values.
	Supplied map[*gorgonia.Node]*gorgonia.Node
	// LowMemory computes maps of the forward pass again when the gradient, the last
	// output, reads them, if this makes the program smaller. The results are
	// bit-identical.
	LowMemory bool
	// Shared is the memory of programs that run in turn; nil: the program has its own.
	// With it, Hold must come before the inputs are written.
	Shared *Shared
}

// Rate says how often an input changes. Leaves with a value never change.
type Rate int

const (
	PerBinding    Rate = iota // set by Bind; what depends only on such inputs and constants is computed once
	PerEvaluation             // written before every Run
)

// Input is a leaf without a value.
type Input struct {
	Node *gorgonia.Node
	Rate Rate
}

// cell is an input of the program or a value that it computes: a node of the graph, or
// a second computation of a node to save memory.
type cell struct {
	node    *gorgonia.Node
	in      []*cell      // in the order of the operation's arguments
	notes   uint         // set of inputs, one bit each, of which only the note is read
	dynamic bool         // depends on an input of every evaluation
	ours    *op.Compiled // nil for leaves and for Gorgonia's operations
	sum     bool         // adds two inputs of one shape
	size    int          // in float32
	noting  int          // length of the note that the operation can make
	depth   int          // number of operations on the longest path to this cell
	slot
}

// slot holds the memory of a value while the program runs.
type slot struct {
	data  []float32
	note  []float32      // nil if no operation reads it
	value gorgonia.Value // the same values for Gorgonia's operations; nil if none reads them
}

// reads reports whether the value of input k is read, not only its note.
func (c *cell) reads(k int) bool { return c.notes>>k&1 == 0 }

// leaf reports whether the cell is an input or a constant.
func (c *cell) leaf() bool { return c.node.Op() == nil }

// foreign reports whether one of Gorgonia's operations computes the cell. These do not
// write into a buffer of the program.
func (c *cell) foreign() bool { return !c.leaf() && c.ours == nil }

// Compile plans a program that computes the outputs from the inputs. Inputs are leaves of
// the same graph or of graphs that supply it. Every other leaf must be supplied or have
// a value, which Compile reads now.
func Compile(o Options, inputs []Input, outputs ...*gorgonia.Node) (*Program, error) {
	c := &compiler{options: o, rates: map[*gorgonia.Node]Rate{}, cells: map[*gorgonia.Node]*cell{}}
	for _, in := range inputs {
		c.rates[in.Node] = in.Rate
	}
	p := &Program{fresh: true, shared: o.Shared}
	for _, in := range inputs {
		i := &input{cell: c.visit(in.Node), rate: in.Rate}
		if in.Rate == PerEvaluation {
			if p.shared == nil {
				i.set(kernel.Alloc(i.cell.size))
			}
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

// frontier lists the cells outside the steady phase that it, or the caller, reads.
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
	err     error // the first error
}

// visit adds the cell of a node after the cells that it reads.
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
		// A value that is not float32 can still be an input of Gorgonia's operations.
		k.data, _ = floats(k.value)
	}
	c.cells[n] = k
	return k
}

// compile compiles the cell's operation if it is an operation of package op.
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
