package nst

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Operation is a user-defined operation on float32 slices. Inputs and results are in
// row-major order; the library reuses their memory. A panic becomes an error that
// contains the name of the operation.
type Operation struct {
	Name  string // used in errors
	Shape []int  // shape of the result; nil: a scalar
	// Run writes every element of out and does not change the inputs.
	Run func(p Parallel, out []float32, in [][]float32)
	// Gradient writes every element of din, the gradient with respect to input k. dout
	// is the gradient with respect to the result. Gradient is called only for inputs
	// that depend on the image. Nil: the result counts as a constant.
	Gradient func(p Parallel, k int, din, dout []float32, in [][]float32)
}

// Op applies a user-defined operation to nodes. It panics if o has no Name or no Run, if
// there is no input, or if a side of the shape is below 1.
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

// Multiply computes the matrix product c = a b. The matrices are in row-major order: a is
// m x k, b is k x n and c is m x n. c must not overlap a or b. The result is
// bit-identical for any p.
func Multiply(p Parallel, c, a, b []float32, m, k, n int) {
	kernel.Multiply(kernel.Workers(p.Threads()), c, a, b, m, k, n)
}

// MultiplySymmetric computes the product c = a b of n x n matrices if c is symmetric, as
// the product of two symmetric matrices that commute is. It computes only the part above
// the diagonal, and copies it: c is exactly symmetric. c must not overlap a or b. The
// result is bit-identical for any p.
func MultiplySymmetric(p Parallel, c, a, b []float32, n int) {
	kernel.MultiplySymmetric(kernel.Workers(p.Threads()), c, a, b, n)
}
