package op

import (
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Custom is a user-defined operation. It runs on the CPU, on float32 slices.
type Custom struct {
	Name string
	In   []tensor.Shape
	Out  tensor.Shape
	Run  func(w kernel.Workers, out []float32, in [][]float32)
	// Back computes the gradient with respect to input k; nil if there is none.
	Back func(w kernel.Workers, k int, din, dout []float32, in [][]float32)
}

func (c Custom) String() string      { return c.Name }
func (c Custom) Shape() tensor.Shape { return c.Out }
func (c Custom) Gradient(k int) (Spec, []Arg) {
	if c.Back == nil {
		return nil, nil
	}
	args := []Arg{Incoming}
	for i := range c.In {
		args = append(args, Arg(i))
	}
	return CustomGradient{c, k}, args
}

// CustomGradient is the gradient of a custom operation with respect to its input To.
type CustomGradient struct {
	Custom
	To int
}

func (c CustomGradient) String() string             { return c.Name + " gradient" }
func (c CustomGradient) Shape() tensor.Shape        { return c.In[c.To] }
func (c CustomGradient) Gradient(int) (Spec, []Arg) { return nil, nil }
