package op

import (
	"sync"

	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// The operations of networks.

// Filters are the weights and biases of a frozen convolution. Many programs share them.
type Filters struct {
	In, Out, Size int
	Padding       kernel.Padding
	Precision     kernel.Precision
	// Numbers returns the weights, [Out][In][Size][Size], and the biases, [Out]. It is
	// called once for each kind of device, when the filters are first used.
	Numbers func() (weight, bias []float32, err error)

	made sync.Map
}

// Made returns what a device made of the filters, by a key of the device's own. It calls
// make once for each key.
func (f *Filters) Made(key any, make func(weight, bias []float32) any) (any, error) {
	type result struct {
		made any
		err  error
	}
	once, _ := f.made.LoadOrStore(key, sync.OnceValue(func() result {
		weight, bias, err := f.Numbers()
		if err != nil {
			return result{err: err}
		}
		return result{made: make(weight, bias)}
	}))
	r := once.(func() result)()
	return r.made, r.err
}

// Conv is a 3x3 convolution of a blocked map of H x W positions, followed by a ReLU if
// ReLU is set.
type Conv struct {
	*Filters
	H, W int
	ReLU bool
}

// In and Out return the shapes of the maps.
func (c Conv) In() kernel.Shape  { return kernel.Shape{C: c.Filters.In, H: c.H, W: c.W} }
func (c Conv) Out() kernel.Shape { return kernel.Shape{C: c.Filters.Out, H: c.H, W: c.W} }

func (c Conv) String() string      { return "convolution" }
func (c Conv) Shape() tensor.Shape { return mapShape(c.Out()) }
func (c Conv) Note() int           { return noteOf(c.Out(), c.ReLU) }
func (c Conv) Gradient(int) (Spec, []Arg) {
	return ConvGradient{c}, noted(c.ReLU)
}

// ConvGradient is the gradient with respect to the input of a convolution. It reads the
// gradient with respect to the output, and the note of the ReLU if there is one.
type ConvGradient struct{ Conv }

func (g ConvGradient) String() string             { return "convolution gradient" }
func (g ConvGradient) Shape() tensor.Shape        { return mapShape(g.In()) }
func (g ConvGradient) Note() int                  { return 0 }
func (g ConvGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// ImageConv is a convolution of a planar image, In x H x W, to a blocked map, with filters
// of 3x3, 5x5 or 7x7.
type ImageConv struct {
	*Filters
	H, W int
	ReLU bool
}

// Out returns the shape of the map.
func (c ImageConv) Out() kernel.Shape { return kernel.Shape{C: c.Filters.Out, H: c.H, W: c.W} }

func (c ImageConv) String() string      { return "convolution of the image" }
func (c ImageConv) Shape() tensor.Shape { return mapShape(c.Out()) }
func (c ImageConv) Note() int           { return noteOf(c.Out(), c.ReLU) }
func (c ImageConv) Gradient(int) (Spec, []Arg) {
	return ImageConvGradient{c}, noted(c.ReLU)
}

// ImageConvGradient is the gradient with respect to the image.
type ImageConvGradient struct{ ImageConv }

func (g ImageConvGradient) String() string             { return "gradient to the image" }
func (g ImageConvGradient) Shape() tensor.Shape        { return tensor.Shape{g.In, g.H, g.W} }
func (g ImageConvGradient) Note() int                  { return 0 }
func (g ImageConvGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// noteOf returns the length of a ReLU's note, which has one bit for each value.
func noteOf(s kernel.Shape, relu bool) int {
	if !relu {
		return 0
	}
	return (s.Len() + 31) / 32
}

func noted(relu bool) []Arg {
	if relu {
		return []Arg{Incoming, Note}
	}
	return []Arg{Incoming}
}

// ReLU is max(x, 0) of a blocked map; its gradient at 0 is 0.
type ReLU struct{ Of kernel.Shape }

func (r ReLU) String() string             { return "relu" }
func (r ReLU) Shape() tensor.Shape        { return mapShape(r.Of) }
func (r ReLU) Gradient(int) (Spec, []Arg) { return ReLUGradient(r), []Arg{Incoming, Output} }

// ReLUGradient is the gradient with respect to the input of a ReLU. It reads the gradient
// with respect to the output, and the output.
type ReLUGradient struct{ Of kernel.Shape }

func (r ReLUGradient) String() string             { return "relu gradient" }
func (r ReLUGradient) Shape() tensor.Shape        { return mapShape(r.Of) }
func (r ReLUGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Pool is 2x2 pooling of a blocked map with stride 2, times Scale. It drops an odd last
// row or column.
type Pool struct {
	Kind  kernel.Pooling
	Scale float32
	In    kernel.Shape
}

func (p Pool) String() string { return "pooling" }
func (p Pool) Shape() tensor.Shape {
	return mapShape(kernel.Shape{C: p.In.C, H: p.In.H / 2, W: p.In.W / 2})
}
func (p Pool) Gradient(int) (Spec, []Arg) {
	if p.Kind == kernel.PoolAverage { // linear: it does not read the input, which need not be kept
		return PoolGradient(p), []Arg{Incoming}
	}
	return PoolGradient(p), []Arg{Incoming, 0}
}

// PoolGradient is the gradient with respect to the input of a pooling. It reads the
// gradient with respect to the output and, except for the average, the input.
type PoolGradient struct {
	Kind  kernel.Pooling
	Scale float32
	In    kernel.Shape
}

func (p PoolGradient) String() string             { return "pooling gradient" }
func (p PoolGradient) Shape() tensor.Shape        { return mapShape(p.In) }
func (p PoolGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Affine is the preprocessing of a network: channel c of the planar result, 3 x H x W, is
// x[Order[c]]*Scale[c] + Shift[c].
type Affine struct {
	Order        [3]int
	Scale, Shift [3]float32
	H, W         int
}

func (a Affine) String() string             { return "preprocessing" }
func (a Affine) Shape() tensor.Shape        { return tensor.Shape{3, a.H, a.W} }
func (a Affine) Gradient(int) (Spec, []Arg) { return AffineGradient(a), []Arg{Incoming} }

// AffineGradient is the gradient with respect to the image.
type AffineGradient struct {
	Order        [3]int
	Scale, Shift [3]float32
	H, W         int
}

func (a AffineGradient) String() string             { return "preprocessing gradient" }
func (a AffineGradient) Shape() tensor.Shape        { return tensor.Shape{3, a.H, a.W} }
func (a AffineGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Downsample halves a planar image, C x H x W to C x ceil(H/2) x ceil(W/2), with the
// binomial filter 1-4-6-4-1 and a repeated edge.
type Downsample struct {
	In      kernel.Shape
	Padding kernel.Padding
}

func (d Downsample) String() string { return "downsampling" }
func (d Downsample) Shape() tensor.Shape {
	return tensor.Shape{d.In.C, (d.In.H + 1) / 2, (d.In.W + 1) / 2}
}
func (d Downsample) Gradient(int) (Spec, []Arg) { return DownsampleGradient(d), []Arg{Incoming} }

// DownsampleGradient is the gradient with respect to the larger image.
type DownsampleGradient struct {
	In      kernel.Shape
	Padding kernel.Padding
}

func (d DownsampleGradient) String() string             { return "downsampling gradient" }
func (d DownsampleGradient) Shape() tensor.Shape        { return tensor.Shape{d.In.C, d.In.H, d.In.W} }
func (d DownsampleGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Signs is max(x, 0) and max(-x, 0) of every channel of a blocked map, of which it makes
// twice as many.
type Signs struct{ In kernel.Shape }

func (s Signs) String() string { return "signs" }
func (s Signs) Shape() tensor.Shape {
	return mapShape(kernel.Shape{C: 2 * s.In.C, H: s.In.H, W: s.In.W})
}
func (s Signs) Gradient(int) (Spec, []Arg) { return SignsGradient(s), []Arg{Incoming, Output} }

// SignsGradient is the gradient with respect to the input of Signs. It reads the gradient
// with respect to the output, and the output.
type SignsGradient struct{ In kernel.Shape }

func (s SignsGradient) String() string             { return "signs gradient" }
func (s SignsGradient) Shape() tensor.Shape        { return mapShape(s.In) }
func (s SignsGradient) Gradient(int) (Spec, []Arg) { return nil, nil }

// Energy is the energy of each four of the first 4*Planes channels of a blocked map,
// averaged over 2x2 positions: a planar image.
type Energy struct {
	Planes int
	In     kernel.Shape
}

func (e Energy) String() string             { return "energy" }
func (e Energy) Shape() tensor.Shape        { return tensor.Shape{e.Planes, e.In.H / 2, e.In.W / 2} }
func (e Energy) Gradient(int) (Spec, []Arg) { return EnergyGradient(e), []Arg{Incoming, 0} }

// EnergyGradient is the gradient with respect to the map. It reads the gradient with
// respect to the energies, and the map.
type EnergyGradient struct {
	Planes int
	In     kernel.Shape
}

func (e EnergyGradient) String() string             { return "energy gradient" }
func (e EnergyGradient) Shape() tensor.Shape        { return mapShape(e.In) }
func (e EnergyGradient) Gradient(int) (Spec, []Arg) { return nil, nil }
