// Package op describes the library's operations as data: what an operation
// computes, the shape of its result, and its gradient as further operations.
//
// [Apply] puts an operation into Gorgonia's expression graph, where it mixes
// freely with Gorgonia's own and is differentiated with them. A [Device] makes
// it runnable: another processor is another implementation of Device.
//
// Frozen weights are part of an operation, not nodes of the graph, so that no
// gradients of weights are computed. Feature maps are blocked, with a halo, as package
// kernel describes.
package op

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Spec is an operation as data. Specs are immutable.
type Spec interface {
	// String names the operation in errors.
	String() string
	// Shape returns the shape of the result; that of a scalar is empty.
	Shape() tensor.Shape
	// Gradient returns the operation that computes the gradient with respect to input k,
	// and its arguments; nil if there is no gradient with respect to that input.
	Gradient(k int) (Spec, []Arg)
}

// Arg is an argument of a gradient: the index of an input, or one of the constants.
type Arg int

const (
	Incoming Arg = -1 - iota // the gradient with respect to the result
	Output                   // the result
	Note                     // what the operation stores besides its result (see Noter)
)

// Noter is a spec whose gradient reads a note instead of an input or the result, for
// example one bit for each value instead of a whole map. Note returns the length of the
// note in float32.
type Noter interface{ Note() int }

// Device compiles operations. All values are slices of the program's memory. An operation
// that the device does not know is an error of Compile.
type Device interface {
	Compile(s Spec) (*Compiled, error)
}

// Compiled is an operation that a device can run.
type Compiled struct {
	// Run writes every element of out that is read later, whatever out contained before
	// (a blocked map's halo is never read), and does not change the inputs. note is nil
	// if it is not read. An input of which only the note is read is its note.
	Run func(out, note []float32, in [][]float32)
	// Add, if not nil, adds the result of Run to out. The bits are the same as those of a
	// separate sum.
	Add func(out []float32, in [][]float32)
	// Over is the set of inputs, one bit each, whose memory out may share.
	Over uint
}

// Node is an operation in Gorgonia's graph.
type Node struct {
	Spec
	id    uint64
	in    []tensor.Shape
	notes uint
}

var _ gorgonia.SDOp = (*Node)(nil)

// serial is the number of operations created so far.
var serial atomic.Uint64

// Apply adds an operation to the graph of its inputs.
func Apply(s Spec, inputs ...*gorgonia.Node) (*gorgonia.Node, error) { return apply(s, 0, inputs) }

func apply(s Spec, notes uint, inputs gorgonia.Nodes) (*gorgonia.Node, error) {
	n := &Node{Spec: s, id: serial.Add(1), notes: notes}
	for i, in := range inputs {
		if in.Dtype() != tensor.Float32 {
			return nil, fmt.Errorf("nst: %s works on float32, input %d is %v", s, i, in.Dtype())
		}
		n.in = append(n.in, in.Shape())
	}
	return gorgonia.ApplyOp(n, inputs...)
}

// ReadsNote reports whether only the note of input k is read.
func (n *Node) ReadsNote(k int) bool { return n.notes>>k&1 == 1 }

func (n *Node) Arity() int { return len(n.in) }

func (n *Node) Type() hm.Type {
	types := make([]hm.Type, 0, len(n.in)+1)
	for _, s := range append(append([]tensor.Shape(nil), n.in...), n.Shape()) {
		if s.IsScalar() {
			types = append(types, tensor.Float32)
		} else {
			types = append(types, gorgonia.TensorType{Dims: s.Dims(), Of: tensor.Float32})
		}
	}
	return hm.NewFnType(types...)
}

func (n *Node) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return n.Shape().Clone(), nil }
func (n *Node) ReturnsPtr() bool                                      { return true }
func (n *Node) CallsExtern() bool                                     { return false }
func (n *Node) OverwritesInput() int                                  { return -1 }

// Do is for Gorgonia's own machines, which are not used.
func (n *Node) Do(...gorgonia.Value) (gorgonia.Value, error) {
	return nil, errors.New("nst: internal: " + n.String() + " runs on a device only")
}

// WriteHash writes the serial number: two operations are never equal, because their
// weights, shapes and constants are not in the hash.
func (n *Node) WriteHash(h hash.Hash) { _ = binary.Write(h, binary.LittleEndian, n.id) }

func (n *Node) Hashcode() uint32 {
	h := fnv.New32a()
	n.WriteHash(h)
	return h.Sum32()
}

func (n *Node) DiffWRT(inputs int) []bool {
	wrt := make([]bool, inputs)
	for k := range wrt {
		g, _ := n.Gradient(k)
		wrt[k] = g != nil
	}
	return wrt
}

func (n *Node) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	grads := make(gorgonia.Nodes, len(inputs))
	for k := range inputs {
		s, args := n.Gradient(k)
		if s == nil {
			continue
		}
		var in gorgonia.Nodes
		var notes uint
		for i, a := range args {
			switch a {
			case Incoming:
				in = append(in, grad)
			case Note:
				notes |= 1 << i
				in = append(in, output)
			case Output:
				in = append(in, output)
			default:
				in = append(in, inputs[a])
			}
		}
		var err error
		if grads[k], err = apply(s, notes, in); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// Floats returns a value's numbers in row-major order. It does not copy them if the value
// is stored in this order.
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
	return nil, fmt.Errorf("nst: found %T of %v, a float32 tensor is required", v, v.Dtype())
}

// scalar is the shape of a single number.
var scalar = tensor.Shape{}

// mapShape is the tensor shape of a blocked feature map with its halo.
func mapShape(s kernel.Shape) tensor.Shape {
	return tensor.Shape{s.Blocks(), s.H + 2, s.W + 2, kernel.Lanes}
}
