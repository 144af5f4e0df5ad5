package op

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Plain turns a blocked map into plain numbers of the given shape, C x H x W
// or C x (H W), for operations that know nothing of blocks.
func Plain(w kernel.Workers, x *gorgonia.Node, s kernel.Shape, as ...int) (*gorgonia.Node, error) {
	o := &operation{name: "plain", out: tensor.Shape(as), wrt: []bool{true}}
	o.run = func(y []float32, args [][]float32) { kernel.Unpack(w, y, args[0], s) }
	o.diff = func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "plain gradient", out: mapShape(s)}
		back.run = func(dx []float32, args [][]float32) { kernel.Pack(w, dx, args[0], s) }
		return one(back.apply(grad))
	}
	return o.apply(x)
}

// Gram is F F^T of a blocked map, raw: C x C.
func Gram(w kernel.Workers, p kernel.Precision, x *gorgonia.Node, s kernel.Shape) (*gorgonia.Node, error) {
	o := &operation{name: "gram", out: tensor.Shape{s.C, s.C}, wrt: []bool{true}}
	o.run = func(g []float32, args [][]float32) { kernel.Gram(w, p, g, args[0], s) }
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "gram gradient", out: mapShape(s)}
		back.run = func(dx []float32, args [][]float32) { kernel.GramBackward(w, p, dx, args[0], args[1], s) }
		back.add = func(dx []float32, args [][]float32) { kernel.GramBackwardAdd(w, p, dx, args[0], args[1], s) }
		return one(back.apply(grad, inputs[0]))
	}
	return o.apply(x)
}

// Mean is each map's mean over its positions: C.
func Mean(w kernel.Workers, x *gorgonia.Node, s kernel.Shape) (*gorgonia.Node, error) {
	o := &operation{name: "mean", out: tensor.Shape{s.C}, wrt: []bool{true}}
	o.run = func(m []float32, args [][]float32) { kernel.Mean(w, m, args[0], s) }
	o.diff = func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "mean gradient", out: mapShape(s)}
		back.run = func(dx []float32, args [][]float32) { kernel.MeanBackward(w, dx, args[0], s) }
		return one(back.apply(grad))
	}
	return o.apply(x)
}

// MapDistance is scale * sum (a-b)^2 over two blocked maps.
func MapDistance(w kernel.Workers, scale float64, a, b *gorgonia.Node, s kernel.Shape) (*gorgonia.Node, error) {
	return distance("map distance", scale, a, b,
		func(a, b []float32) float64 { return kernel.MapDistance(w, a, b, s) },
		func(da, a, b []float32, scale float32) { kernel.MapDistanceBackward(w, da, a, b, scale, s) })
}

// Distance is scale * sum (a-b)^2 over two tensors of one shape. The scale is
// applied before the sum is rounded to float32, so that raw Gram matrices do
// not overflow.
func Distance(w kernel.Workers, scale float64, a, b *gorgonia.Node) (*gorgonia.Node, error) {
	return distance("distance", scale, a, b,
		func(a, b []float32) float64 { return kernel.Distance(w, a, b) },
		func(da, a, b []float32, scale float32) { kernel.DistanceBackward(w, da, a, b, scale) })
}

func distance(name string, scale float64, a, b *gorgonia.Node,
	forward func(a, b []float32) float64, backward func(da, a, b []float32, scale float32)) (*gorgonia.Node, error) {
	o := &operation{name: name, out: scalar, wrt: []bool{true, true}}
	o.run = func(y []float32, args [][]float32) { y[0] = float32(scale * forward(args[0], args[1])) }
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		var grads gorgonia.Nodes
		for i := range inputs { // symmetric: the second one's gradient is the first one's with the two swapped
			back := &operation{name: name + " gradient", out: inputs[i].Shape(), over: 0b110}
			back.run = func(da []float32, args [][]float32) {
				backward(da, args[1], args[2], float32(scale*float64(args[0][0])))
			}
			n, err := back.apply(grad, inputs[i], inputs[1-i])
			if err != nil {
				return nil, err
			}
			grads = append(grads, n)
		}
		return grads, nil
	}
	return o.apply(a, b)
}
