package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// Mean computes m[c], the mean of channel c of the blocked map x over its positions, summed
// in float64. The mean of a map without positions is 0.
func Mean(w Workers, m, x []float32, s Shape) {
	check("Mean", s, operand{"m", m, s.C}, operand{"x", x, s.Len()})
	meanOf(w, m, s, func(acc *[Lanes]float64, b, y int) { rowSum(acc, s.line(x, b, y)) })
}

// rowSum computes the sums of a row.
func rowSum(acc *[Lanes]float64, row []float32) {
	*acc = [Lanes]float64{}
	for len(row) > 0 {
		n := min(len(row), len(ones))
		simd.Products(acc, row[:n], ones[:n]) // exact: the sums are those of the values
		row = row[n:]
	}
}

var ones = func() (v [64 * Lanes]float32) {
	for i := range v {
		v[i] = 1
	}
	return v
}()

// Center computes y = x - m[c] for each channel c of the blocked map x. m also has a number
// for each spare lane. y may be x.
func Center(w Workers, y, x, m []float32, s Shape) {
	check("Center", s, operand{"y", y, s.Len()}, operand{"x", x, s.Len()}, operand{"m", m, s.Blocks() * Lanes})
	w.Each(s.Blocks()*s.H, func(i int) {
		b := i / s.H
		minus := negated(m, b)
		simd.FinishRow(s.line(y, b, i%s.H), s.line(x, b, i%s.H), minus[:], low(false), nil, false)
	})
}

// negated returns -m of block b.
func negated(m []float32, b int) (minus [Lanes]float32) {
	for l, v := range m[b*Lanes:][:Lanes] {
		minus[l] = -v
	}
	return minus
}

// SquareMean computes m[c], the mean of the squares of channel c of the blocked map x over
// its positions, summed in float64. The mean of a map without positions is 0.
func SquareMean(w Workers, m, x []float32, s Shape) {
	check("SquareMean", s, operand{"m", m, s.C}, operand{"x", x, s.Len()})
	meanOf(w, m, s, func(acc *[Lanes]float64, b, y int) {
		row := s.line(x, b, y)
		for o := 0; o < len(row); o += Lanes {
			for l, v := range (*[Lanes]float32)(row[o:]) {
				acc[l] += float64(float64(v) * float64(v))
			}
		}
	})
}

// SquareMeanBackward computes dx[c][i][j] = 2 dm[c] x[c][i][j] / (H*W), blocked. dx may be x.
func SquareMeanBackward(w Workers, dx, dm, x []float32, s Shape) {
	check("SquareMeanBackward", s, operand{"dx", dx, s.Len()}, operand{"dm", dm, s.C}, operand{"x", x, s.Len()})
	w.Each(s.Blocks()*s.H, func(i int) {
		var v [Lanes]float32
		b := i / s.H
		for l := range min(Lanes, s.C-b*Lanes) {
			v[l] = float32(2 * float64(dm[b*Lanes+l]) / float64(s.H*s.W))
		}
		to, from := s.line(dx, b, i%s.H), s.line(x, b, i%s.H)
		for o := 0; o < len(to); o += Lanes {
			to, from := (*[Lanes]float32)(to[o:]), (*[Lanes]float32)(from[o:])
			for l := range to {
				to[l] = v[l] * from[l]
			}
		}
	})
}

// meanOf computes means over positions from the sums over each row y of block b.
func meanOf(w Workers, m []float32, s Shape, add func(acc *[Lanes]float64, b, y int)) {
	mem := borrow(2 * Lanes * s.Blocks() * s.H)
	defer mem.release()
	sums := mem.doubles()
	w.Each(s.Blocks()*s.H, func(i int) {
		acc := (*[Lanes]float64)(sums[i*Lanes:])
		*acc = [Lanes]float64{}
		add(acc, i/s.H, i%s.H)
	})
	for c := range s.C {
		m[c] = 0
		if n := s.H * s.W; n > 0 {
			m[c] = float32(channelSum(sums, c, s) / float64(n))
		}
	}
}

// channelSum adds the sums [block][row][16] over the rows of channel c, in their order.
func channelSum(sums []float64, c int, s Shape) (sum float64) {
	for y := range s.H {
		sum += sums[(c/Lanes*s.H+y)*Lanes+c%Lanes]
	}
	return sum
}

// sumRows computes the sums [block][row][16] of x.
func sumRows(w Workers, sums []float64, x []float32, s Shape) {
	w.Each(s.Blocks()*s.H, func(i int) { rowSum((*[Lanes]float64)(sums[i*Lanes:]), s.line(x, i/s.H, i%s.H)) })
}

// MeanBackward computes dx[c][i][j] = dm[c] / (H*W), blocked.
func MeanBackward(w Workers, dx, dm []float32, s Shape) {
	check("MeanBackward", s, operand{"dx", dx, s.Len()}, operand{"dm", dm, s.C})
	w.Each(s.Blocks()*s.H, func(i int) {
		var v [Lanes]float32
		b := i / s.H
		for l := range min(Lanes, s.C-b*Lanes) {
			v[l] = float32(float64(dm[b*Lanes+l]) / float64(s.H*s.W))
		}
		row := s.line(dx, b, i%s.H)
		for o := 0; o < len(row); o += Lanes {
			*(*[Lanes]float32)(row[o:]) = v
		}
	})
}
