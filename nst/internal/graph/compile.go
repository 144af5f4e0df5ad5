// Package graph runs a Gorgonia expression graph: it takes the exact part of
// the graph that the wanted nodes need, computes once what does not depend on
// the input, and runs the rest over buffers that are reused within an
// iteration and between iterations.
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

// Program is a compiled graph. It has one runner at a time.
type Program struct {
	input   *slot
	steps   []step
	outputs []*slot
	bytes   int64
}

// slot is where a node's value lives while the program runs.
type slot struct {
	data  []float32
	value gorgonia.Value // the same numbers for Gorgonia's own operations; nil where none reads them
}

// step is one operation: ours into a buffer, or anybody else's on values.
type step struct {
	ours runner
	op   gorgonia.Op
	in   []*slot
	args [][]float32
	out  *slot
}

// runner is what a step asks of an operation that writes into our buffers.
type runner interface {
	Run(out []float32, in [][]float32)
}

// Compile makes a program that computes the outputs from the input, a leaf of
// the same graph. Every other leaf must have a value, which is read now.
func Compile(w kernel.Workers, input *gorgonia.Node, outputs ...*gorgonia.Node) (*Program, error) {
	c := &compiler{
		workers: w, graph: input.Graph(), input: input,
		seen: map[*gorgonia.Node]bool{}, dynamic: map[*gorgonia.Node]bool{}, slots: map[*gorgonia.Node]*slot{},
	}
	for _, n := range outputs {
		c.visit(n)
	}
	c.visit(input)
	p := &Program{}
	if err := c.constants(); err != nil {
		return nil, err
	}
	c.place(p, outputs)
	for _, n := range outputs {
		p.outputs = append(p.outputs, c.slots[n])
	}
	p.input = c.slots[input]
	return p, nil
}

type compiler struct {
	workers kernel.Workers
	graph   *gorgonia.ExprGraph
	input   *gorgonia.Node
	seen    map[*gorgonia.Node]bool
	order   []*gorgonia.Node // children before parents
	dynamic map[*gorgonia.Node]bool
	slots   map[*gorgonia.Node]*slot
}

// children in the order of the operation's arguments.
func (c *compiler) children(n *gorgonia.Node) []*gorgonia.Node {
	var all []*gorgonia.Node
	it := c.graph.From(n.ID())
	for it != nil && it.Next() {
		all = append(all, it.Node().(*gorgonia.Node))
	}
	return all
}

func (c *compiler) visit(n *gorgonia.Node) {
	if c.seen[n] {
		return
	}
	c.seen[n] = true
	c.dynamic[n] = n == c.input
	for _, child := range c.children(n) {
		c.visit(child)
		c.dynamic[n] = c.dynamic[n] || c.dynamic[child]
	}
	c.order = append(c.order, n)
}

// constants computes what does not depend on the input: targets' Gram
// matrices, their norms and the like. Only what is read later stays.
func (c *compiler) constants() error {
	for _, n := range c.order {
		if c.dynamic[n] {
			continue
		}
		s := &slot{value: n.Value()}
		if children := c.children(n); len(children) > 0 {
			values := make([]gorgonia.Value, len(children))
			for i, child := range children {
				values[i] = c.slots[child].value
			}
			var err error
			if s.value, err = call(n.Op(), values); err != nil {
				return err
			}
		}
		if s.value == nil {
			return fmt.Errorf("nst: node %s has no value: give it one when it is made, or use Context.Constant", n.Name())
		}
		c.slots[n] = s
	}
	used := map[*gorgonia.Node]bool{}
	for _, n := range c.order {
		for _, child := range c.children(n) {
			used[child] = used[child] || c.dynamic[n]
		}
	}
	for n, s := range c.slots {
		if used[n] {
			// What is no float32 can still serve an operation of Gorgonia's.
			s.data, _ = op.Floats(s.value)
		} else {
			s.value = nil
		}
	}
	return nil
}

// stock tells whether the operation is one that takes no buffer from us:
// Gorgonia's own, or a user's.
func stock(n *gorgonia.Node) bool {
	if n.Op() == nil {
		return false
	}
	_, ours := n.Op().(op.Runner)
	return !ours
}

// place gives every node that depends on the input its step and its buffer.
// A buffer goes back to the pool after its last reader. Whatever an operation
// that is not ours reads or writes keeps its own: such operations may alias
// their inputs.
func (c *compiler) place(p *Program, outputs []*gorgonia.Node) {
	last := map[*gorgonia.Node]int{}
	pinned := map[*gorgonia.Node]bool{c.input: true}
	for i, n := range c.order {
		ours, _ := n.Op().(op.Runner)
		for k, child := range c.children(n) {
			if ours == nil || ours.Reads(k) {
				last[child] = i
			}
			if stock(n) && !c.sum(n) {
				pinned[child] = true
			}
		}
	}
	for _, n := range outputs {
		pinned[n] = true
	}
	var free pool
	for i, n := range c.order {
		if !c.dynamic[n] {
			continue
		}
		size := max(1, n.Shape().TotalSize())
		s := &slot{}
		c.slots[n] = s
		switch {
		case n == c.input:
			s.data = kernel.Alloc(size)
			p.bytes += int64(size) * 4
		case stock(n) && !c.sum(n):
			p.bytes += int64(size) * 4 // its own allocation
		case pinned[n]:
			s.data = kernel.Alloc(size)
			p.bytes += int64(size) * 4
		default:
			s.data = free.take(size)
		}
		if pinned[n] && s.data != nil {
			s.value = asValue(n, s.data)
		}
		if n == c.input {
			continue
		}
		st := step{op: n.Op(), out: s}
		if c.sum(n) {
			st.ours = addition{c.workers}
		} else {
			st.ours, _ = n.Op().(runner)
		}
		children := c.children(n)
		for _, child := range children {
			st.in = append(st.in, c.slots[child])
		}
		st.args = make([][]float32, len(st.in))
		p.steps = append(p.steps, st)
		for k, child := range children {
			own := pinned[child] || stock(child) && !c.sum(child)
			if last[child] == i && c.dynamic[child] && !own && !slices.Contains(children[:k], child) {
				free.give(c.slots[child].data)
			}
		}
	}
	p.bytes += free.bytes
}

// sum tells whether the node is Gorgonia's sum of two tensors of one shape,
// as its differentiation inserts where a map has two readers: we add ourselves,
// on all cores and into a buffer of the pool.
func (c *compiler) sum(n *gorgonia.Node) bool {
	if n.Op() == nil || n.Op().String() != "+ false" || n.IsScalar() {
		return false
	}
	children := c.children(n)
	return len(children) == 2 && !children[0].IsScalar() && !children[1].IsScalar() &&
		children[0].Shape().Eq(n.Shape()) && children[1].Shape().Eq(n.Shape()) && n.Dtype() == tensor.Float32
}

func asValue(n *gorgonia.Node, data []float32) gorgonia.Value {
	if n.IsScalar() {
		return gorgonia.NewF32(0)
	}
	return tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))
}

// pool hands out buffers and takes them back.
type pool struct {
	free  [][]float32
	bytes int64
}

// take returns the smallest free buffer that is large enough.
func (p *pool) take(size int) []float32 {
	best := -1
	for i, b := range p.free {
		if cap(b) >= size && (best < 0 || cap(b) < cap(p.free[best])) {
			best = i
		}
	}
	if best < 0 {
		p.bytes += int64(size) * 4
		return kernel.Alloc(size)
	}
	b := p.free[best]
	p.free = append(p.free[:best], p.free[best+1:]...)
	return b[:size]
}

func (p *pool) give(b []float32) { p.free = append(p.free, b) }
