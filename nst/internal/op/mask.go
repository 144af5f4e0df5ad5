package op

import (
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// The operations that let a part of the positions count. Weights, H x W, are
// constants: there is no gradient to them.

// MaskWeights brings a mask of Height x Width to H x W by the mean over each
// position's area, and scales it so that the mean of all is 1; Root takes the square
// roots of that. A mask of zeros stays zero.
type MaskWeights struct {
	Height, Width, H, W int
	Root                bool
}

func (m MaskWeights) String() string             { return "mask" }
func (m MaskWeights) Shape() tensor.Shape        { return tensor.Shape{m.H, m.W} }
func (m MaskWeights) Gradient(int) (Spec, []Arg) { return nil, nil }

// Weigh multiplies every map by the weights, the second input.
type Weigh struct{ Of kernel.Shape }

func (w Weigh) String() string      { return "weighing" }
func (w Weigh) Shape() tensor.Shape { return mapShape(w.Of) }
func (w Weigh) Gradient(k int) (Spec, []Arg) {
	if k == 1 {
		return nil, nil
	}
	return w, []Arg{Incoming, 1}
}

// WeightedCenter subtracts from each map its mean by the weights, the second input,
// whose own mean is 1: y_p = x_p - sum_q w_q x_q / M. Adjoint is its gradient, x_p -
// w_p sum_q x_q / M.
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
