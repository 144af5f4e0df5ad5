package op

import (
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// The operations with which losses read feature maps.

// Plain converts a blocked map to row-major order with shape As, C x H x W or C x (H W),
// for operations that do not know the blocked layout.
type Plain struct {
	Of kernel.Shape
	As tensor.Shape
}

func (p Plain) String() string             { return "plain" }
func (p Plain) Shape() tensor.Shape        { return p.As }
func (p Plain) Gradient(int) (Spec, []Arg) { return Blocked{p.Of}, []Arg{Incoming} }

// Blocked converts row-major values to a blocked map.
type Blocked struct{ Of kernel.Shape }

func (b Blocked) String() string      { return "blocked" }
func (b Blocked) Shape() tensor.Shape { return mapShape(b.Of) }
func (b Blocked) Gradient(int) (Spec, []Arg) {
	return Plain{b.Of, tensor.Shape{b.Of.C, b.Of.H, b.Of.W}}, []Arg{Incoming}
}

// Gram is F F^T of a blocked map, C x C, not normalised.
type Gram struct {
	Of        kernel.Shape
	Precision kernel.Precision
}

func (g Gram) String() string             { return "gram" }
func (g Gram) Shape() tensor.Shape        { return tensor.Shape{g.Of.C, g.Of.C} }
func (g Gram) Gradient(int) (Spec, []Arg) { return GramGradient(g), []Arg{Incoming, 0} }

// GramGradient is the gradient with respect to the map. It reads the gradient with respect to the Gram matrix, and the map.
type GramGradient struct {
	Of        kernel.Shape
	Precision kernel.Precision
}

func (g GramGradient) String() string             { return "gram gradient" }
func (g GramGradient) Shape() tensor.Shape        { return mapShape(g.Of) }
func (g GramGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Moments is each map's mean over its positions, and then the Gram matrix of the maps from which their means are
// subtracted, not normalised: (1+C) x C. Both are computed from the same map, so that its gradient is one product.
type Moments struct {
	Of        kernel.Shape
	Precision kernel.Precision
}

func (m Moments) String() string             { return "moments" }
func (m Moments) Shape() tensor.Shape        { return tensor.Shape{1 + m.Of.C, m.Of.C} }
func (m Moments) Gradient(int) (Spec, []Arg) { return MomentsGradient(m), []Arg{Incoming, 0, Output} }

// MomentsGradient is the gradient with respect to the map. It reads the gradient with respect to the moments, the map, and the moments.
type MomentsGradient struct {
	Of        kernel.Shape
	Precision kernel.Precision
}

func (m MomentsGradient) String() string             { return "moments gradient" }
func (m MomentsGradient) Shape() tensor.Shape        { return mapShape(m.Of) }
func (m MomentsGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Mean is each map's mean over its positions, of shape C.
type Mean struct{ Of kernel.Shape }

func (m Mean) String() string             { return "mean" }
func (m Mean) Shape() tensor.Shape        { return tensor.Shape{m.Of.C} }
func (m Mean) Gradient(int) (Spec, []Arg) { return MeanGradient(m), []Arg{Incoming} }

// MeanGradient is the gradient with respect to the map.
type MeanGradient struct{ Of kernel.Shape }

func (m MeanGradient) String() string             { return "mean gradient" }
func (m MeanGradient) Shape() tensor.Shape        { return mapShape(m.Of) }
func (m MeanGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// SquareMean is the mean over the positions of each map's squares, of shape C.
type SquareMean struct{ Of kernel.Shape }

func (m SquareMean) String() string             { return "mean of squares" }
func (m SquareMean) Shape() tensor.Shape        { return tensor.Shape{m.Of.C} }
func (m SquareMean) Gradient(int) (Spec, []Arg) { return SquareMeanGradient(m), []Arg{Incoming, 0} }

// SquareMeanGradient is the gradient with respect to the map.
type SquareMeanGradient struct{ Of kernel.Shape }

func (m SquareMeanGradient) String() string             { return "gradient of a mean of squares" }
func (m SquareMeanGradient) Shape() tensor.Shape        { return mapShape(m.Of) }
func (m SquareMeanGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Center subtracts from each map its mean over the positions. It is an orthogonal
// projection: its gradient is the same operation on the gradient.
//
// Covariances are Gram matrices of centred maps. The Gram matrix of raw maps minus the
// product of the means is a difference of large numbers: the variances of constant maps
// would be rounding errors.
type Center struct{ Of kernel.Shape }

func (c Center) String() string             { return "centre" }
func (c Center) Shape() tensor.Shape        { return mapShape(c.Of) }
func (c Center) Gradient(int) (Spec, []Arg) { return c, []Arg{Incoming} }

// Distance is Scale * sum (a-b)^2 over two tensors of shape Of. The scale is applied
// before the sum is rounded to float32, so that raw Gram matrices do not overflow.
type Distance struct {
	Scale float64
	Of    tensor.Shape
}

func (d Distance) String() string      { return "distance" }
func (d Distance) Shape() tensor.Shape { return scalar }

// Gradient is symmetric: that of b is that of a with the inputs exchanged.
func (d Distance) Gradient(k int) (Spec, []Arg) {
	return DistanceGradient(d), []Arg{Incoming, Arg(k), Arg(1 - k)}
}

// DistanceGradient is the gradient with respect to the first input.
type DistanceGradient struct {
	Scale float64
	Of    tensor.Shape
}

func (d DistanceGradient) String() string             { return "distance gradient" }
func (d DistanceGradient) Shape() tensor.Shape        { return d.Of }
func (d DistanceGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// MapDistance is Scale * sum (a-b)^2 over two blocked maps.
type MapDistance struct {
	Scale float64
	Of    kernel.Shape
}

func (d MapDistance) String() string      { return "map distance" }
func (d MapDistance) Shape() tensor.Shape { return scalar }
func (d MapDistance) Gradient(k int) (Spec, []Arg) {
	return MapDistanceGradient(d), []Arg{Incoming, Arg(k), Arg(1 - k)}
}

// MapDistanceGradient is the gradient with respect to the first input.
type MapDistanceGradient struct {
	Scale float64
	Of    kernel.Shape
}

func (d MapDistanceGradient) String() string             { return "map distance gradient" }
func (d MapDistanceGradient) Shape() tensor.Shape        { return mapShape(d.Of) }
func (d MapDistanceGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Variation is the total variation of a planar image, WX*sum f(dx) + WY*sum f(dy).
type Variation struct {
	Kind   kernel.VariationKind
	WX, WY float64
	Of     kernel.Shape
}

func (v Variation) String() string             { return "variation" }
func (v Variation) Shape() tensor.Shape        { return scalar }
func (v Variation) Gradient(int) (Spec, []Arg) { return VariationGradient(v), []Arg{Incoming, 0} }

// VariationGradient is the gradient with respect to the image.
type VariationGradient struct {
	Kind   kernel.VariationKind
	WX, WY float64
	Of     kernel.Shape
}

func (v VariationGradient) String() string { return "variation gradient" }
func (v VariationGradient) Shape() tensor.Shape {
	return tensor.Shape{v.Of.C, v.Of.H, v.Of.W}
}
func (v VariationGradient) Gradient(int) (Spec, []Arg) { return nil, nil }
