// Package op puts the kernels into Gorgonia's expression graph: each function
// applies one operation of ours, with its symbolic gradient, to nodes.
//
// The operations are ordinary gorgonia.Op and SDOp values and mix freely with
// Gorgonia's own. They also implement [Runner], by which our executor hands
// them buffers of its own choosing, so that an iteration allocates nothing.
//
// Frozen weights live inside the operations and are no nodes: their gradients
// are never asked for.
package op

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Runner is an operation that computes into a buffer of the caller's. It
// writes every element of out that any reader looks at, whatever was there
// before (a blocked map's halo is nobody's), and changes no input.
//
// An input that it does not read orders it after that one, whose buffer may have
// another content by then.
type Runner interface {
	gorgonia.Op
	Run(out []float32, in [][]float32)
	Reads(input int) bool
}

// operation is the one implementation of Runner: what differs between
// operations is held as data and two functions.
type operation struct {
	name string
	id   uint64
	in   []tensor.Shape // an empty shape is a scalar
	out  tensor.Shape
	run  func(out []float32, in [][]float32)
	// add, where there is one, adds what run writes to what is there.
	add func(out []float32, in [][]float32)
	// after is how many of the last inputs are not read, but come before.
	after int
	// over are the inputs, a bit each, that out may be the same memory as.
	over uint
	// diff gives the gradient node of each input, nil where wrt is false. A nil
	// diff means that nothing here can be differentiated.
	wrt  []bool
	diff func(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error)
}

var (
	_ Runner        = (*operation)(nil)
	_ gorgonia.SDOp = (*operation)(nil)
)

// scalar is the shape of a single number.
var scalar = tensor.Shape{}

// serial numbers the operations of the process.
var serial atomic.Uint64

// apply adds the operation to the graph of its inputs.
func (o *operation) apply(inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	o.id = serial.Add(1)
	o.in = make([]tensor.Shape, len(inputs))
	for i, n := range inputs {
		if n.Dtype() != tensor.Float32 {
			return nil, fmt.Errorf("nst: %s works on float32, input %d is %v", o.name, i, n.Dtype())
		}
		o.in[i] = n.Shape()
	}
	if o.wrt == nil {
		o.wrt = make([]bool, len(inputs))
	}
	return gorgonia.ApplyOp(o, inputs...)
}

func (o *operation) Reads(input int) bool { return input < len(o.in)-o.after }

func (o *operation) Run(out []float32, in [][]float32) { o.run(out, in) }

// Adder is the function that adds the result to out, to the same bits as a sum
// afterwards; nil where there is none.
func (o *operation) Adder() func(out []float32, in [][]float32) { return o.add }

// Overwrites tells whether out may be the same memory as the k-th input, which
// is then lost.
func (o *operation) Overwrites(k int) bool { return o.over>>k&1 == 1 }

// Do serves Gorgonia's own machines.
func (o *operation) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	in := make([][]float32, len(values))
	for i, v := range values {
		data, err := Floats(v)
		if err != nil {
			return nil, fmt.Errorf("%s, input %d: %w", o.name, i, err)
		}
		in[i] = data
	}
	out := kernel.Alloc(max(1, o.out.TotalSize()))
	o.run(out, in)
	if o.out.IsScalar() {
		return gorgonia.NewF32(out[0]), nil
	}
	return tensor.New(tensor.WithShape(o.out...), tensor.WithBacking(out)), nil
}

// Floats gives a value's numbers in row-major order, without copying where the
// value is held that way.
func Floats(v gorgonia.Value) ([]float32, error) {
	switch v := v.(type) {
	case *gorgonia.F32:
		return []float32{float32(*v)}, nil
	case *tensor.Dense:
		if v.RequiresIterator() || v.DataOrder().IsColMajor() {
			v = v.Materialize().(*tensor.Dense)
		}
		switch data := v.Data().(type) {
		case []float32:
			return data, nil
		case float32:
			return []float32{data}, nil
		}
	}
	return nil, fmt.Errorf("nst: wanted a float32 tensor, found %T of %v", v, v.Dtype())
}

func (o *operation) Arity() int { return len(o.in) }

func (o *operation) Type() hm.Type {
	types := make([]hm.Type, 0, len(o.in)+1)
	for _, s := range append(append([]tensor.Shape(nil), o.in...), o.out) {
		if s.IsScalar() {
			types = append(types, tensor.Float32)
		} else {
			types = append(types, gorgonia.TensorType{Dims: s.Dims(), Of: tensor.Float32})
		}
	}
	return hm.NewFnType(types...)
}

func (o *operation) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return o.out.Clone(), nil }
func (o *operation) ReturnsPtr() bool                                      { return true }
func (o *operation) CallsExtern() bool                                     { return false }
func (o *operation) OverwritesInput() int                                  { return -1 }
func (o *operation) String() string                                        { return o.name }

// WriteHash writes the serial number: two operations are never the same one,
// for their weights, shapes and constants are not in the hash.
func (o *operation) WriteHash(h hash.Hash) { _ = binary.Write(h, binary.LittleEndian, o.id) }

func (o *operation) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *operation) DiffWRT(int) []bool { return o.wrt }

func (o *operation) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if o.diff == nil {
		return nil, fmt.Errorf("nst: internal: %s has no gradient", o.name)
	}
	return o.diff(inputs, output, grad)
}

// one makes a one-input operation's gradients from its only one.
func one(n *gorgonia.Node, err error) (gorgonia.Nodes, error) {
	if err != nil {
		return nil, err
	}
	return gorgonia.Nodes{n}, nil
}

// mapShape is the tensor shape of a blocked feature map with its halo.
func mapShape(s kernel.Shape) tensor.Shape {
	return tensor.Shape{s.Blocks(), s.H + 2, s.W + 2, kernel.Lanes}
}
