package simd

// squaresPortable computes acc[i%16] += float64(a[i]-b[i])^2. The product is exact in float64,
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

// productsPortable computes acc[i%16] += float64(a[i])*float64(b[i]). The product is exact in
// float64, so a fused multiplication gives the same.
func productsPortable(acc *[Lanes]float64, a, b []float32) {
	b = b[:len(a)]
	i := 0
	for ; i+Lanes <= len(a); i += Lanes {
		a, b := (*[Lanes]float32)(a[i:]), (*[Lanes]float32)(b[i:])
		for l := range acc {
			acc[l] += float64(a[l]) * float64(b[l])
		}
	}
	for l := range len(a) - i {
		acc[l] += float64(a[i+l]) * float64(b[i+l])
	}
}

// accumulatePortable computes d[i] += float64(a[i]).
func accumulatePortable(d []float64, a []float32) {
	d = d[:len(a)]
	for i, v := range a {
		d[i] += float64(v)
	}
}
