package op

import (
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// The operations of masks. Weights, H x W, are constants: they have no gradient.

// MaskWeights resizes a mask of Height x Width to H x W by the mean over each position's
// area, and scales it so that its mean is 1. With Root it returns the square roots. A mask
// of zeros stays zero.
//
// With Least or Most a position gets the least or the greatest weight of all pixels that it
// sees: its own Reduction x Reduction pixels and Reach more on each side.
type MaskWeights struct {
	Height, Width, H, W int
	Extreme             Extreme
	Reduction, Reach    int // 0 without Extreme
	Root                bool
}

// Extreme is the value of several weights that counts.
type Extreme int8

const (
	Least Extreme = -1
	Most  Extreme = 1
)

func (m MaskWeights) String() string             { return "mask" }
func (m MaskWeights) Shape() tensor.Shape        { return tensor.Shape{m.H, m.W} }
func (m MaskWeights) Gradient(int) (Spec, []Arg) { return nil, nil }

// Weigh multiplies every map by the weights, which are the second input.
type Weigh struct{ Of kernel.Shape }

func (w Weigh) String() string      { return "weighing" }
func (w Weigh) Shape() tensor.Shape { return mapShape(w.Of) }
func (w Weigh) Gradient(k int) (Spec, []Arg) {
	if k == 1 {
		return nil, nil
	}
	return w, []Arg{Incoming, 1}
}

// WeightedCenter subtracts from each map its weighted mean. The weights are the second
// input and have the mean 1: y_p = x_p - sum_q w_q x_q / M. With Adjoint it is the
// gradient, x_p - w_p sum_q x_q / M.
type WeightedCenter struct {
	Of      kernel.Shape
	Adjoint bool
}

func (c WeightedCenter) String() string      { return "weighted centre" }
func (c WeightedCenter) Shape() tensor.Shape { return mapShape(c.Of) }
func (c WeightedCenter) Gradient(k int) (Spec, []Arg) {
	if k == 1 {
		return nil, nil
	}
	return WeightedCenter{c.Of, !c.Adjoint}, []Arg{Incoming, 1}
}
