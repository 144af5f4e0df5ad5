package cpu

import (
	"math"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// masked compiles the operations of masks.
func masked(w kernel.Workers, s op.Spec) *op.Compiled {
	switch s := s.(type) {
	case op.MaskWeights:
		return run(func(y []float32, in [][]float32) { maskWeights(s, y, in[0]) })
	case op.Weigh:
		c := run(func(y []float32, in [][]float32) { weigh(w, y, in[0], in[1], s.Of) })
		c.Over = 0b1
		return c
	case op.WeightedCenter:
		c := run(func(y []float32, in [][]float32) { weightedCenter(w, s, y, in[0], in[1]) })
		c.Over = 0b1
		return c
	}
	return nil
}

// weigh computes y[c][p] = weights[p] * x[c][p].
func weigh(w kernel.Workers, y, x, weights []float32, s kernel.Shape) {
	w.Each(s.Blocks()*s.H, func(i int) {
		b, row := i/s.H, i%s.H
		first := s.Index(b*kernel.Lanes, row, 0)
		from, to := x[first:][:s.W*kernel.Lanes], y[first:][:s.W*kernel.Lanes]
		for p, weight := range weights[row*s.W:][:s.W] {
			from, to := (*[kernel.Lanes]float32)(from[p*kernel.Lanes:]), (*[kernel.Lanes]float32)(to[p*kernel.Lanes:])
			for l, v := range from {
				to[l] = weight * v
			}
		}
	})
}

// weightedCenter computes block by block. Sums are in float64, in the order of the
// positions.
func weightedCenter(w kernel.Workers, s op.WeightedCenter, y, x, weights []float32) {
	of := s.Of
	w.Each(of.Blocks(), func(b int) {
		var mean [kernel.Lanes]float64
		each := func(f func(p int, from, to *[kernel.Lanes]float32)) {
			for row := range of.H {
				first := of.Index(b*kernel.Lanes, row, 0)
				from, to := x[first:][:of.W*kernel.Lanes], y[first:][:of.W*kernel.Lanes]
				for p := range of.W {
					f(row*of.W+p, (*[kernel.Lanes]float32)(from[p*kernel.Lanes:]), (*[kernel.Lanes]float32)(to[p*kernel.Lanes:]))
				}
			}
		}
		each(func(p int, from, _ *[kernel.Lanes]float32) {
			weight := 1.0
			if !s.Adjoint {
				weight = float64(weights[p])
			}
			for l, v := range from {
				mean[l] += float64(weight * float64(v))
			}
		})
		for l := range mean {
			mean[l] /= float64(of.H * of.W)
		}
		each(func(p int, from, to *[kernel.Lanes]float32) {
			weight := 1.0
			if s.Adjoint {
				weight = float64(weights[p])
			}
			for l, v := range from {
				to[l] = float32(float64(v) - float64(weight*mean[l]))
			}
		})
	})
}

// maskWeights averages over areas: the mask is stretched over all positions, and a
// position gets the mean of the part that it covers.
func maskWeights(s op.MaskWeights, y, mask []float32) {
	rows, columns := overlaps(s.Height, s.H), overlaps(s.Width, s.W)
	mean := 0.0
	sums := make([]float64, len(y))
	for i, row := range rows {
		for j, column := range columns {
			sum := 0.0
			for _, r := range row {
				for _, c := range column {
					sum += float64(r.share * c.share * float64(mask[r.at*s.Width+c.at]))
				}
			}
			sums[i*s.W+j] = sum
			mean += sum / float64(len(y))
		}
	}
	for i, v := range sums {
		if mean > 0 {
			v /= mean
		}
		if s.Root {
			v = math.Sqrt(v)
		}
		y[i] = float32(v)
	}
}

// overlap is a cell of the mask along one axis and the part of it that a position covers.
type overlap struct {
	at    int
	share float64
}

// overlaps returns, for each of n positions, its overlaps with a mask of m cells.
func overlaps(m, n int) [][]overlap {
	all := make([][]overlap, n)
	for i := range all {
		for at := i * m / n; at < m && at*n < (i+1)*m; at++ {
			// The unit is 1/(m n) of the axis, so that all numbers are integers.
			both := min((i+1)*m, (at+1)*n) - max(i*m, at*n)
			all[i] = append(all[i], overlap{at, float64(both)})
		}
	}
	return all
}
