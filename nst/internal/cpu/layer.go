package cpu

import (
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// layer compiles the operations of networks except convolutions.
func layer(w kernel.Workers, s op.Spec) *op.Compiled {
	switch s := s.(type) {
	case op.ReLU:
		return run(func(y []float32, in [][]float32) { kernel.ReLU(w, y, in[0], s.Of) })
	case op.ReLUGradient:
		return run(func(dx []float32, in [][]float32) { kernel.ReLUBackward(w, dx, in[0], in[1], s.Of) })
	case op.Pool:
		return run(func(y []float32, in [][]float32) { kernel.Pool(w, s.Kind, s.Scale, y, in[0], s.In) })
	case op.PoolGradient:
		return run(func(dx []float32, in [][]float32) {
			var x []float32 // the average does not read it
			if len(in) > 1 {
				x = in[1]
			}
			kernel.PoolBackward(w, s.Kind, s.Scale, dx, in[0], x, s.In)
		})
	case op.Affine:
		return run(func(y []float32, in [][]float32) { affine(w, s, y, in[0]) })
	case op.AffineGradient:
		return run(func(dx []float32, in [][]float32) { affineGradient(w, s, dx, in[0]) })
	case op.Downsample:
		return run(func(y []float32, in [][]float32) { kernel.Downsample(w, y, in[0], s.In.C, s.In.H, s.In.W, s.Padding) })
	case op.DownsampleGradient:
		return run(func(dx []float32, in [][]float32) {
			kernel.DownsampleBackward(w, dx, in[0], s.In.C, s.In.H, s.In.W, s.Padding)
		})
	case op.Signs:
		return run(func(y []float32, in [][]float32) { kernel.Signs(w, y, in[0], s.In) })
	case op.SignsGradient:
		return run(func(dx []float32, in [][]float32) { kernel.SignsBackward(w, dx, in[0], in[1], s.In) })
	case op.Energy:
		return run(func(y []float32, in [][]float32) { kernel.Energy(w, y, in[0], s.Planes, s.In) })
	case op.EnergyGradient:
		c := run(func(dx []float32, in [][]float32) { kernel.EnergyBackward(w, dx, in[0], in[1], s.Planes, s.In, false) })
		c.Add = func(dx []float32, in [][]float32) { kernel.EnergyBackward(w, dx, in[0], in[1], s.Planes, s.In, true) }
		return c
	}
	return nil
}

// affine computes row by row.
func affine(w kernel.Workers, s op.Affine, y, x []float32) {
	plane := s.H * s.W
	w.Each(3*s.H, func(i int) {
		c := i / s.H
		from, to := x[s.Order[c]*plane+i%s.H*s.W:][:s.W], y[i*s.W:][:s.W]
		for j := range to {
			to[j] = s.Shift[c]
		}
		kernel.AddScaled(to, to, s.Scale[c], from)
	})
}

func affineGradient(w kernel.Workers, s op.AffineGradient, dx, dy []float32) {
	plane := s.H * s.W
	w.Each(3*s.H, func(i int) {
		c := i / s.H
		from, to := dy[i*s.W:][:s.W], dx[s.Order[c]*plane+i%s.H*s.W:][:s.W]
		a := s.Scale[c]
		for j, v := range from {
			to[j] = v * a
		}
	})
}
