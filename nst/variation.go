package nst

import (
	"cmp"
	"fmt"
	"math"
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

// Needs implements Loss.
func (l Variation) Needs() Needs { return Needs{} }

// Build implements Loss.
func (l Variation) Build(c *Context) ([]Part, error) {
	kind := cmp.Or(l.Kind, Squared)
	wx, wy := 1.0, 1.0
	width, height := c.Size()
	cropped := kind == Power || kind == Cropped
	switch {
	case l.Reduce == "" || l.Reduce == Sum:
	case l.Reduce == Mean && !cropped:
		wx = 1 / float64(3*height*(width-1))
		wy = 1 / float64(3*(height-1)*width)
	default:
		return nil, fmt.Errorf("variation of kind %q reduced by %q: accepted are %s and %s; %s and %s know %s only",
			kind, l.Reduce, Sum, Mean, Power, Cropped, Sum)
	}
	if l.Range < 0 || math.IsNaN(l.Range) || math.IsInf(l.Range, 0) {
		return nil, fmt.Errorf("variation with range %v: a number above 0 is required, as 1 or 255", l.Range)
	}
	if l.Range != 0 {
		power := 2.0
		switch kind {
		case Absolute:
			power = 1
		case Power:
			power = 2.5
		}
		factor := math.Pow(l.Range, power)
		wx, wy = wx*factor, wy*factor
	}
	return []Part{{Weight: 1, Node: c.Variation(kind, wx, wy)}}, nil
}
