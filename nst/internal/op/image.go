package op

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Affine gives planar 3 x H x W with channel c = x[order[c]]*scale[c] + shift[c]:
// the preprocessing of a network.
func Affine(w kernel.Workers, order [3]int, scale, shift [3]float32, x *gorgonia.Node) (*gorgonia.Node, error) {
	shape := x.Shape()
	height, width := shape[1], shape[2]
	plane := height * width
	o := &operation{name: "preprocessing", out: shape, wrt: []bool{true}}
	o.run = func(y []float32, args [][]float32) {
		w.Each(3*height, func(i int) {
			c := i / height
			from, to := args[0][order[c]*plane+i%height*width:][:width], y[i*width:][:width]
			for j := range to {
				to[j] = shift[c]
			}
			kernel.AddScaled(to, to, scale[c], from)
		})
	}
	o.diff = func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "preprocessing gradient", out: shape}
		back.run = func(dx []float32, args [][]float32) {
			w.Each(3*height, func(i int) {
				c := i / height
				from, to := args[0][i*width:][:width], dx[order[c]*plane+i%height*width:][:width]
				a := scale[c]
				for j, v := range from {
					to[j] = v * a
				}
			})
		}
		return one(back.apply(grad))
	}
	return o.apply(x)
}

// Downsample halves a planar image by the binomial filter 1-4-6-4-1 with the
// edge repeated: 3 x H x W gives 3 x ceil(H/2) x ceil(W/2).
func Downsample(w kernel.Workers, x *gorgonia.Node) (*gorgonia.Node, error) {
	in := x.Shape()
	planes, height, width := in[0], in[1], in[2]
	o := &operation{name: "downsample", out: tensor.Shape{planes, (height + 1) / 2, (width + 1) / 2}, wrt: []bool{true}}
	o.run = func(y []float32, args [][]float32) { kernel.Downsample(w, y, args[0], planes, height, width) }
	o.diff = func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "downsample gradient", out: in}
		back.run = func(dx []float32, args [][]float32) {
			kernel.DownsampleBackward(w, dx, args[0], planes, height, width)
		}
		return one(back.apply(grad))
	}
	return o.apply(x)
}

// Variation is the roughness of a planar image, wx*sum f(dx) + wy*sum f(dy).
func Variation(w kernel.Workers, kind kernel.VariationKind, wx, wy float64, x *gorgonia.Node) (*gorgonia.Node, error) {
	in := x.Shape()
	planes, height, width := in[0], in[1], in[2]
	o := &operation{name: "variation", out: scalar, wrt: []bool{true}}
	o.run = func(y []float32, args [][]float32) {
		y[0] = float32(kernel.Variation(w, kind, wx, wy, args[0], planes, height, width))
	}
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "variation gradient", out: in}
		back.run = func(dx []float32, args [][]float32) {
			kernel.VariationBackward(w, kind, wx, wy, float64(args[0][0]), dx, args[1], planes, height, width)
		}
		return one(back.apply(grad, inputs[0]))
	}
	return o.apply(x)
}
