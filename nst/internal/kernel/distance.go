package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// Distance returns the sum of (a[i]-b[i])^2. Differences are in float32; squares and sums
// are in float64.
func Distance(w Workers, a, b []float32) float64 {
	same("Distance", len(a), len(b))
	sums := make([]float64, spans(len(a)))
	eachSpan(w, len(a), func(i, from, to int) {
		var acc [Lanes]float64
		simd.Squares(&acc, a[from:to], b[from:to])
		sums[i] = total(&acc)
	})
	return addUp(sums)
}

// SquaredNorm returns the sum of the squares of a, in float64.
func SquaredNorm(w Workers, a []float32) float64 {
	sums := make([]float64, spans(len(a)))
	zero := borrow(span)
	defer zero.release()
	clear(zero.data[:span])
	eachSpan(w, len(a), func(i, from, to int) {
		var acc [Lanes]float64
		simd.Squares(&acc, a[from:to], zero.data[:to-from])
		sums[i] = total(&acc)
	})
	return addUp(sums)
}

// DistanceBackward computes da = 2*scale*(a-b). da may be a or b.
func DistanceBackward(w Workers, da, a, b []float32, scale float32) {
	same("DistanceBackward", len(da), len(a), len(b))
	eachSpan(w, len(a), func(_, from, to int) {
		simd.Difference(da[from:to], a[from:to], b[from:to], 2*scale)
	})
}

// MapDistance returns the sum of (a-b)^2 over the interior of two blocked maps.
func MapDistance(w Workers, a, b []float32, s Shape) float64 {
	check("MapDistance", s, operand{"a", a, s.Len()}, operand{"b", b, s.Len()})
	sums := make([]float64, s.Blocks()*s.H)
	w.Each(len(sums), func(i int) {
		var acc [Lanes]float64
		simd.Squares(&acc, s.line(a, i/s.H, i%s.H), s.line(b, i/s.H, i%s.H))
		sums[i] = total(&acc)
	})
	return addUp(sums)
}

// MapDistanceBackward computes da = 2*scale*(a-b) over the interior of blocked
// maps. da may be a or b.
func MapDistanceBackward(w Workers, da, a, b []float32, scale float32, s Shape) {
	check("MapDistanceBackward", s, operand{"da", da, s.Len()}, operand{"a", a, s.Len()}, operand{"b", b, s.Len()})
	w.Each(s.Blocks()*s.H, func(i int) {
		k, y := i/s.H, i%s.H
		simd.Difference(s.line(da, k, y), s.line(a, k, y), s.line(b, k, y), 2*scale)
	})
}

// total adds the lanes pairwise.
func total(acc *[Lanes]float64) float64 {
	for n := Lanes / 2; n > 0; n /= 2 {
		for l := range n {
			acc[l] += acc[l+n]
		}
	}
	return acc[0]
}

func addUp(sums []float64) float64 {
	var s float64
	for _, v := range sums {
		s += v
	}
	return s
}
