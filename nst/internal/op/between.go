package op

import (
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Cross is the mean of A B^T over the positions that two blocked maps have in common, the
// first Rows and Cols of both: A.C x B.C.
type Cross struct {
	A, B       kernel.Shape
	Rows, Cols int
}

// NewCross returns the operation for two maps.
func NewCross(a, b kernel.Shape) Cross { return Cross{a, b, min(a.H, b.H), min(a.W, b.W)} }

// Scale returns the factor that makes a mean of the sum.
func (c Cross) Scale() float64 { return 1 / (float64(c.Rows) * float64(c.Cols)) }

func (c Cross) String() string      { return "cross product" }
func (c Cross) Shape() tensor.Shape { return tensor.Shape{c.A.C, c.B.C} }
func (c Cross) Gradient(k int) (Spec, []Arg) {
	return CrossGradient{c, k}, []Arg{Incoming, Arg(1 - k)}
}

// CrossGradient is the gradient with respect to map To, 0 or 1. It reads the gradient with
// respect to the product, and the other map.
type CrossGradient struct {
	Cross
	To int
}

func (c CrossGradient) String() string { return "cross product gradient" }
func (c CrossGradient) Shape() tensor.Shape {
	if c.To == 1 {
		return mapShape(c.B)
	}
	return mapShape(c.A)
}
func (c CrossGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Shifted is the mean of F(p) F(p+d)^T over the positions p for which p+d is in the
// blocked map, C x C. d is DY rows, 0 or more, and DX columns.
type Shifted struct {
	Of     kernel.Shape
	DY, DX int
}

// Sides returns the number of rows and columns of positions; 0 or less if there are none.
func (s Shifted) Sides() (rows, cols int) { return s.Of.H - s.DY, s.Of.W - max(s.DX, -s.DX) }

// Scale returns the factor that makes a mean of the sum.
func (s Shifted) Scale() float64 {
	rows, cols := s.Sides()
	return 1 / (float64(rows) * float64(cols))
}

func (s Shifted) String() string             { return "shifted product" }
func (s Shifted) Shape() tensor.Shape        { return tensor.Shape{s.Of.C, s.Of.C} }
func (s Shifted) Gradient(int) (Spec, []Arg) { return ShiftedGradient{s}, []Arg{Incoming, 0} }

// ShiftedGradient is the gradient with respect to the map. It reads the gradient with
// respect to the product, and the map.
type ShiftedGradient struct{ Shifted }

func (s ShiftedGradient) String() string             { return "shifted product gradient" }
func (s ShiftedGradient) Shape() tensor.Shape        { return mapShape(s.Of) }
func (s ShiftedGradient) Gradient(int) (Spec, []Arg) { return nil, nil }
