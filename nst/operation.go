package nst

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Operation is an operation of your own: plain numbers in, plain numbers out, in
// row-major order, into memory that the library reuses. It runs as fast and as
// parallel as you write it. A panic becomes an error that names the operation.
type Operation struct {
	Name  string // for errors
	Shape []int  // of the result; nil: a scalar
	// Run writes all of out and changes no input.
	Run func(p Parallel, out []float32, in [][]float32)
	// Gradient writes all of din, the gradient to input k, from dout, the gradient to
	// the result, and the inputs. It is called for those inputs that the image has an
	// influence on. Nil: the result counts as a constant.
	Gradient func(p Parallel, k int, din, dout []float32, in [][]float32)
}

// Op applies an operation of your own to nodes.
func (c *Context) Op(o Operation, in ...*gorgonia.Node) *gorgonia.Node {
	switch {
	case o.Name == "" || o.Run == nil:
		panic(fmt.Errorf("operation %q: Name and Run are required", o.Name))
	case len(in) == 0:
		panic(fmt.Errorf("operation %q: at least one input is required; make one with Constant", o.Name))
	}
	for _, n := range o.Shape {
		if n < 1 {
			panic(fmt.Errorf("operation %q: shape %v: every side must be 1 or more", o.Name, o.Shape))
		}
	}
	s := op.Custom{Name: o.Name, Out: tensor.Shape(o.Shape),
		Run: func(w kernel.Workers, out []float32, in [][]float32) { o.Run(w, out, in) }}
	for _, n := range in {
		s.In = append(s.In, n.Shape())
	}
	if o.Gradient != nil {
		s.Back = func(w kernel.Workers, k int, din, dout []float32, in [][]float32) { o.Gradient(w, k, din, dout, in) }
	}
	return apply(s, in...)
}

// Multiply computes the matrix product c = a b in row-major order, with a m x k, b
// k x n and c m x n, for operations of your own. c must not overlap a or b. The bits
// do not depend on p.
func Multiply(p Parallel, c, a, b []float32, m, k, n int) {
	kernel.Multiply(kernel.Workers(p.Threads()), c, a, b, m, k, n)
}
