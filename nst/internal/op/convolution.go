package op

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// A convolution can write down what its ReLU lets through, a bit a value, and take
// that back for its gradient.
type convolution interface {
	Forward(w kernel.Workers, y, x []float32, height, width int, relu bool, bits []uint16)
	Backward(w kernel.Workers, dx, dy []float32, bits []uint16, height, width int)
}

// Conv is a frozen 3x3 convolution of a blocked map, in [in.C] to [out.C]
// channels at in's height and width, followed by a ReLU where relu is set.
func Conv(w kernel.Workers, c *kernel.Conv, x *gorgonia.Node, in, out kernel.Shape, relu bool) (*gorgonia.Node, error) {
	return convolve(w, c, x, mapShape(in), out, relu)
}

// ImageConv is the same on a planar image, 3 x H x W, with filters of 3x3,
// 5x5 or 7x7.
func ImageConv(w kernel.Workers, c *kernel.ImageConv, x *gorgonia.Node, out kernel.Shape, relu bool) (*gorgonia.Node, error) {
	return convolve(w, c, x, x.Shape(), out, relu)
}

func convolve(w kernel.Workers, c convolution, x *gorgonia.Node, in tensor.Shape, out kernel.Shape, relu bool) (*gorgonia.Node, error) {
	var bits []uint16 // where somebody wants the gradient
	o := &operation{name: "convolution", out: mapShape(out), wrt: []bool{true}}
	o.run = func(y []float32, args [][]float32) {
		c.Forward(w, y, args[0], out.H, out.W, relu, bits)
	}
	o.diff = func(_ gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "convolution gradient", out: in, after: 1}
		if relu && bits == nil {
			bits = make([]uint16, out.Bits())
		}
		back.run = func(dx []float32, args [][]float32) { c.Backward(w, dx, args[0], bits, out.H, out.W) }
		return one(back.apply(grad, output))
	}
	return o.apply(x)
}

// ReLU is max(x, 0) of a blocked map; its gradient at 0 is 0.
func ReLU(w kernel.Workers, x *gorgonia.Node, s kernel.Shape) (*gorgonia.Node, error) {
	o := &operation{name: "relu", out: mapShape(s), wrt: []bool{true}}
	o.run = func(y []float32, args [][]float32) { kernel.ReLU(w, y, args[0], s) }
	o.diff = func(_ gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "relu gradient", out: mapShape(s)}
		back.run = func(dx []float32, args [][]float32) { kernel.ReLUBackward(w, dx, args[0], args[1], s) }
		return one(back.apply(grad, output))
	}
	return o.apply(x)
}

// Pool is 2x2 pooling of a blocked map with stride 2, times scale; an odd last
// row or column is dropped.
func Pool(w kernel.Workers, kind kernel.Pooling, scale float32, x *gorgonia.Node, in kernel.Shape) (*gorgonia.Node, error) {
	out := kernel.Shape{C: in.C, H: in.H / 2, W: in.W / 2}
	o := &operation{name: "pool", out: mapShape(out), wrt: []bool{true}}
	o.run = func(y []float32, args [][]float32) { kernel.Pool(w, kind, scale, y, args[0], in) }
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "pool gradient", out: mapShape(in)}
		if kind == kernel.PoolAverage { // linear: looks at no input, so that none is kept for it
			back.run = func(dx []float32, args [][]float32) {
				kernel.PoolBackward(w, kind, scale, dx, args[0], nil, in)
			}
			return one(back.apply(grad))
		}
		back.run = func(dx []float32, args [][]float32) {
			kernel.PoolBackward(w, kind, scale, dx, args[0], args[1], in)
		}
		return one(back.apply(grad, inputs[0]))
	}
	return o.apply(x)
}
