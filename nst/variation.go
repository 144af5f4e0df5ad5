package nst

import (
	"cmp"
	"math"
)

// VariationKind is the function of the differences dx, dy of neighbouring pixels.
type VariationKind string

const (
	Squared  VariationKind = "squared"  // dx^2 + dy^2; the default
	Absolute VariationKind = "absolute" // |dx| + |dy|: Rudin, Osher and Fatemi's total variation, anisotropic
	// Power is (dx^2 + dy^2)^1.25 over the image without its last row and column, as in
	// the Keras example.
	Power VariationKind = "power"
	// Cropped is dx^2 + dy^2 over the image without its last row and column: twice the
	// value of jcjohnson's program.
	Cropped VariationKind = "cropped"
	// NinePoint is the sum of squared differences from all eight neighbours, as in
	// crowsonkb's program: with means over all pixels and a repeated edge,
	// 2 (dx^2/3 + dy^2/3 + (d1^2 + d2^2)/12), where d1 and d2 are the diagonal differences.
	// It weights all directions more evenly than Squared. Only Mean is accepted.
	NinePoint VariationKind = "nine-point"
)

// Variation is the total variation of the image, over all three colours of pixels in
// [0,1]. It reduces noise (Mahendran and Vedaldi, "Understanding Deep Image Representations
// by Inverting Them", CVPR 2015, pages 5188 to 5196).
type Variation struct {
	Kind VariationKind // empty: Squared
	// Reduce is Sum or Mean; empty: Sum. Mean is the mean over the horizontal differences
	// plus the mean over the vertical ones; Power and Cropped do not accept it.
	Reduce Reduction
	// Range is the value of white; 0: 1. Use 255 to get the values of systems with pixels
	// from 0 to 255.
	Range float64
}

var _ Loss = Variation{}

// Needs implements Loss.
func (l Variation) Needs() Needs { return Needs{} }

// variationReductions have the weights of a difference in a row of width pixels and in a
// column of height pixels.
var variationReductions = choices[Reduction, func(width, height int) (wx, wy float64)]{
	{Sum, func(_, _ int) (wx, wy float64) { return 1, 1 }},
	{Mean, func(width, height int) (wx, wy float64) {
		return 1 / float64(3*height*(width-1)), 1 / float64(3*(height-1)*width)
	}},
}

// Validate implements Validator.
func (l Variation) Validate() error {
	if _, err := variations.of("variation", l.Kind); err != nil {
		return err
	}
	if _, err := variationReductions.of("reduction", l.Reduce); err != nil {
		return err
	}
	if l.Reduce == Mean && (l.Kind == Power || l.Kind == Cropped) {
		return errorf("reduction %q of the variation %q: choose %s", l.Reduce, l.Kind, Sum)
	}
	if l.Kind == NinePoint && l.Reduce != Mean {
		return errorf("reduction %q of the variation %q: choose %s", l.Reduce, l.Kind, Mean)
	}
	if l.Range < 0 || math.IsNaN(l.Range) || math.IsInf(l.Range, 0) {
		return errorf("variation with range %v: must be above 0, as 1 or 255", l.Range)
	}
	return nil
}

// Build implements Loss.
func (l Variation) Build(c *Context) ([]Part, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	reduction, err := variationReductions.of("reduction", l.Reduce)
	if err != nil {
		return nil, err
	}
	kind := cmp.Or(l.Kind, Squared)
	wx, wy := reduction(c.Size())
	if kind == NinePoint {
		width, height := c.Size()
		wx, wy = 2/float64(3*3*height*width), 2/float64(12*3*(height+1)*(width+1))
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
