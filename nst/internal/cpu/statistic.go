package cpu

import (
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// statistic compiles the operations with which losses read feature maps.
func statistic(w kernel.Workers, s op.Spec) *op.Compiled {
	switch s := s.(type) {
	case op.Center:
		mean := make([]float32, s.Of.Blocks()*kernel.Lanes) // spare lanes: 0
		c := run(func(y []float32, in [][]float32) {
			kernel.Mean(w, mean[:s.Of.C], in[0], s.Of)
			kernel.Center(w, y, in[0], mean, s.Of)
		})
		c.Over = 0b1
		return c
	case op.Plain:
		return run(func(y []float32, in [][]float32) { kernel.Unpack(w, y, in[0], s.Of) })
	case op.Blocked:
		return run(func(y []float32, in [][]float32) { kernel.Pack(w, y, in[0], s.Of) })
	case op.Gram:
		return run(func(g []float32, in [][]float32) { kernel.Gram(w, s.Precision, g, in[0], s.Of) })
	case op.GramGradient:
		c := run(func(dx []float32, in [][]float32) { kernel.GramBackward(w, s.Precision, dx, in[0], in[1], s.Of) })
		c.Add = func(dx []float32, in [][]float32) { kernel.GramBackwardAdd(w, s.Precision, dx, in[0], in[1], s.Of) }
		return c
	case op.Moments:
		return run(func(m []float32, in [][]float32) { kernel.Moments(w, s.Precision, m, in[0], s.Of) })
	case op.MomentsGradient:
		c := run(func(dx []float32, in [][]float32) {
			kernel.MomentsBackward(w, s.Precision, dx, in[0], in[1], in[2], s.Of)
		})
		c.Add = func(dx []float32, in [][]float32) {
			kernel.MomentsBackwardAdd(w, s.Precision, dx, in[0], in[1], in[2], s.Of)
		}
		return c
	case op.Mean:
		return run(func(m []float32, in [][]float32) { kernel.Mean(w, m, in[0], s.Of) })
	case op.MeanGradient:
		return run(func(dx []float32, in [][]float32) { kernel.MeanBackward(w, dx, in[0], s.Of) })
	case op.SquareMean:
		return run(func(m []float32, in [][]float32) { kernel.SquareMean(w, m, in[0], s.Of) })
	case op.SquareMeanGradient:
		c := run(func(dx []float32, in [][]float32) { kernel.SquareMeanBackward(w, dx, in[0], in[1], s.Of) })
		c.Over = 0b10
		return c
	case op.Distance:
		return run(func(y []float32, in [][]float32) { y[0] = float32(s.Scale * kernel.Distance(w, in[0], in[1])) })
	case op.DistanceGradient:
		c := run(func(da []float32, in [][]float32) {
			kernel.DistanceBackward(w, da, in[1], in[2], float32(s.Scale*float64(in[0][0])))
		})
		c.Over = 0b110
		return c
	case op.MapDistance:
		return run(func(y []float32, in [][]float32) {
			y[0] = float32(s.Scale * kernel.MapDistance(w, in[0], in[1], s.Of))
		})
	case op.MapDistanceGradient:
		c := run(func(da []float32, in [][]float32) {
			kernel.MapDistanceBackward(w, da, in[1], in[2], float32(s.Scale*float64(in[0][0])), s.Of)
		})
		c.Over = 0b110
		return c
	case op.Variation:
		return run(func(y []float32, in [][]float32) {
			y[0] = float32(kernel.Variation(w, s.Kind, s.WX, s.WY, in[0], s.Of.C, s.Of.H, s.Of.W))
		})
	case op.VariationGradient:
		return run(func(dx []float32, in [][]float32) {
			kernel.VariationBackward(w, s.Kind, s.WX, s.WY, float64(in[0][0]), dx, in[1], s.Of.C, s.Of.H, s.Of.W)
		})
	}
	return nil
}
