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
		return run(func(y []float32, in [][]float32) { MaskWeights(s, y, in[0]) })
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

// MaskWeights computes the weights of a mask at the positions of a layer.
func MaskWeights(s op.MaskWeights, y, mask []float32) {
	sums := make([]float64, len(y))
	if s.Extreme == 0 {
		maskMeans(s, sums, mask)
	} else {
		maskExtremes(s, sums, mask)
	}
	mean := 0.0
	for _, v := range sums {
		mean += v / float64(len(y))
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

// maskMeans averages over areas: the mask is stretched over all positions, and a position
// gets the mean of the part that it covers.
func maskMeans(s op.MaskWeights, sums []float64, mask []float32) {
	rows, columns := overlaps(s.Height, s.H), overlaps(s.Width, s.W)
	for i, row := range rows {
		for j, column := range columns {
			sum := 0.0
			for _, r := range row {
				for _, c := range column {
					sum += float64(r.share * c.share * float64(mask[r.at*s.Width+c.at]))
				}
			}
			sums[i*s.W+j] = sum
		}
	}
}

// maskExtremes takes the extreme over the cells that a position sees, first along rows,
// then along columns.
func maskExtremes(s op.MaskWeights, out []float64, mask []float32) {
	rows, columns := seen(s.Height, s.H, s), seen(s.Width, s.W, s)
	extreme := func(from, to int, at func(i int) float64) float64 {
		v := at(from)
		for i := from + 1; i < to; i++ {
			if s.Extreme == op.Least {
				v = min(v, at(i))
			} else {
				v = max(v, at(i))
			}
		}
		return v
	}
	between := make([]float64, s.Height*s.W)
	for y := range s.Height {
		for j, c := range columns {
			between[y*s.W+j] = extreme(c[0], c[1], func(i int) float64 { return float64(mask[y*s.Width+i]) })
		}
	}
	for i, r := range rows {
		for j := range columns {
			out[i*s.W+j] = extreme(r[0], r[1], func(y int) float64 { return between[y*s.W+j] })
		}
	}
}

// seen returns, for each of n positions, the first of the m cells along an axis that it sees
// a part of, and the one after the last.
func seen(m, n int, s op.MaskWeights) [][2]int {
	all := make([][2]int, n)
	pixels := n * s.Reduction
	for i := range all {
		from, to := max(i*s.Reduction-s.Reach, 0), min((i+1)*s.Reduction+s.Reach, pixels)
		all[i] = [2]int{from * m / pixels, (to*m + pixels - 1) / pixels}
	}
	return all
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
