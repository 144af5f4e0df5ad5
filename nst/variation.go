package nst

import (
	"fmt"
	"math"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// VariationKind is how the differences dx, dy of neighbouring pixels count.
type VariationKind string

const (
	Squared  VariationKind = "squared"  // dx^2 + dy^2; the default
	Absolute VariationKind = "absolute" // |dx| + |dy|: Rudin, Osher and Fatemi's total variation, anisotropic
	// Power is (dx^2 + dy^2)^1.25 over the image without its last row and
	// column: the Keras example's.
	Power VariationKind = "power"
	// Cropped is dx^2 + dy^2 over the image without its last row and column:
	// jcjohnson's, twice.
	Cropped VariationKind = "cropped"
)

// Variation is the roughness of the image itself, on pixels in [0,1] of all
// three colours: it keeps noise down.
type Variation struct {
	Kind VariationKind // Squared unless said
	// Reduce is Sum unless said, or Mean: the mean over the horizontal
	// differences plus the mean over the vertical ones (not for Power and Cropped).
	Reduce Reduction
	// Range is what white counts as: 1 unless said; 255 for the numbers of
	// systems whose pixels go from 0 to 255.
	Range float64
}

var _ Loss = Variation{}

func (l Variation) Needs() Needs { return Needs{} }

func (l Variation) Build(c *Context) ([]Part, error) {
	kinds := map[VariationKind]kernel.VariationKind{
		"": kernel.VariationSquared, Squared: kernel.VariationSquared,
		Absolute: kernel.VariationAbsolute, Power: kernel.VariationPower, Cropped: kernel.VariationCropped,
	}
	kind, ok := kinds[l.Kind]
	if !ok {
		return nil, fmt.Errorf("nst: variation of kind %q: choose squared, absolute, power or cropped", l.Kind)
	}
	wx, wy := 1.0, 1.0
	width, height := c.Size()
	switch {
	case l.Reduce == "" || l.Reduce == Sum:
	case l.Reduce == Mean && l.Kind != Power && l.Kind != Cropped:
		wx = 1 / float64(3*height*(width-1))
		wy = 1 / float64(3*(height-1)*width)
	default:
		return nil, fmt.Errorf("nst: variation of kind %q reduced by %q: choose sum or mean; power and cropped know sum only", l.Kind, l.Reduce)
	}
	if l.Range < 0 || math.IsNaN(l.Range) || math.IsInf(l.Range, 0) {
		return nil, fmt.Errorf("nst: variation with range %v: must be above 0, as 1 or 255", l.Range)
	}
	if l.Range != 0 {
		power := map[kernel.VariationKind]float64{kernel.VariationAbsolute: 1, kernel.VariationPower: 2.5}[kind]
		setDefault(&power, 2)
		factor := math.Pow(l.Range, power)
		wx, wy = wx*factor, wy*factor
	}
	s := kernel.Shape{C: 3, H: height, W: width}
	return []Part{{Weight: 1, Node: apply(op.Variation{Kind: kind, WX: wx, WY: wy, Of: s}, c.image)}}, nil
}
