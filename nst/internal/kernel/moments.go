package kernel

import (
	"math"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Moments computes m [1+C][C] of the blocked map x: the means of its channels, as [Mean], and then
// the products of all pairs of channels from which their means are subtracted, summed over its positions. They are
// exactly symmetric, and 0 for a constant channel.
//
// In float32 the map is read once. The products are those of x - c with numbers c that are near the means of channels that
// vary little, and 0 for others; the products of what the means differ from c are subtracted
// afterwards, in float64. So the zeros of the others can be left out.
func Moments(w Workers, p Precision, m, x []float32, s Shape) {
	check("Moments", s, operand{"m", m, (1 + s.C) * s.C}, operand{"x", x, s.Len()})
	if s.C == 0 || s.H == 0 || s.W == 0 {
		clear(m[:(1+s.C)*s.C])
		return
	}
	cols := s.Blocks() * Lanes
	mem, small, more := borrow(gramSumsLen(s)), borrow(2*cols*s.H), borrow(3*cols)
	defer mem.release()
	defer small.release()
	defer more.release()
	sums, rowSums, rest, shift := mem.doubles(), small.doubles(), more.doubles()[:cols], more.data[2*cols:][:cols]
	if p != Float32 {
		Mean(w, m[:s.C], x, s)
		clear(shift)
		for c, v := range m[:s.C] {
			shift[c] = -v
		}
		gramSums(w, p, sums, nil, x, shift, s)
		gramTotal(w, m[s.C:], sums, nil, s)
		return
	}
	if !shiftOf(w, shift, x, s) {
		shift = nil
	}
	gramSums(w, p, sums, rowSums, x, shift, s)
	clear(rest)
	n := float64(s.H * s.W)
	for c := range s.C {
		mean := channelSum(rowSums, c, s) / n
		m[c] = float32(mean)
		if shift != nil {
			mean += float64(shift[c])
		}
		rest[c] = mean * math.Sqrt(n)
	}
	gramTotal(w, m[s.C:], sums, rest, s)
}

// shiftOf writes the shift of each lane, less the c above, and reports whether one is not 0. It judges by a few rows.
func shiftOf(w Workers, shift, x []float32, s Shape) (any bool) {
	// The sum of products without a shift is at most 1 + little times that with the mean subtracted, and
	// so are its errors.
	const little = 4
	rows := min(s.H, sampleRows)
	w.Each(s.Blocks(), func(b int) {
		var sum, square [Lanes]float64
		for i := range rows {
			row := s.line(x, b, sampleRow(s, i))
			var part [Lanes]float64
			rowSum(&part, row)
			for l, v := range part {
				sum[l] += v
			}
			simd.Products(&square, row, row)
		}
		n := float64(rows * s.W)
		for l := range Lanes {
			mean, to := sum[l]/n, &shift[b*Lanes+l]
			*to = 0
			if mean*mean > little*(square[l]/n-mean*mean) {
				*to = float32(-mean)
			}
		}
	})
	for _, v := range shift[:s.Blocks()*Lanes] {
		any = any || v != 0
	}
	return any
}
