package kernel

// Distance is the sum of (a[i]-b[i])^2. The differences are taken in float32,
// squared and added in float64.
func Distance(w Workers, a, b []float32) float64 {
	same("Distance", len(a), len(b))
	sums := make([]float64, spans(len(a)))
	eachSpan(w, len(a), func(i, from, to int) {
		var acc [Lanes]float64
		squares(&acc, a[from:to], b[from:to])
		sums[i] = total(&acc)
	})
	return addUp(sums)
}

// DistanceBackward computes da = 2*scale*(a-b). da may be a or b.
func DistanceBackward(w Workers, da, a, b []float32, scale float32) {
	same("DistanceBackward", len(da), len(a), len(b))
	eachSpan(w, len(a), func(_, from, to int) {
		difference(da[from:to], a[from:to], b[from:to], 2*scale)
	})
}

// MapDistance is the sum of (a-b)^2 over the interior of two blocked maps.
func MapDistance(w Workers, a, b []float32, s Shape) float64 {
	check("MapDistance", s, operand{"a", a, s.Len()}, operand{"b", b, s.Len()})
	sums := make([]float64, s.Blocks()*s.H)
	w.Each(len(sums), func(i int) {
		var acc [Lanes]float64
		squares(&acc, s.line(a, i/s.H, i%s.H), s.line(b, i/s.H, i%s.H))
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
		difference(s.line(da, k, y), s.line(a, k, y), s.line(b, k, y), 2*scale)
	})
}

// squaresPortable: acc[i%16] += float64(a[i]-b[i])^2. The product is exact in float64,
// so a fused multiplication gives the same.
func squaresPortable(acc *[Lanes]float64, a, b []float32) {
	b = b[:len(a)]
	i := 0
	for ; i+Lanes <= len(a); i += Lanes {
		a, b := (*[Lanes]float32)(a[i:]), (*[Lanes]float32)(b[i:])
		for l := range acc {
			d := float64(a[l] - b[l])
			acc[l] += d * d
		}
	}
	for l := range len(a) - i {
		d := float64(a[i+l] - b[i+l])
		acc[l] += d * d
	}
}

// differencePortable: d[i] = f * (a[i] - b[i]).
func differencePortable(d, a, b []float32, f float32) {
	b, d = b[:len(a)], d[:len(a)]
	for i, v := range a {
		d[i] = f * (v - b[i])
	}
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
