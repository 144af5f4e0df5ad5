package kernel

// Vectors that are no maps: what optimisers need.

// Dot is the sum of a[i]*b[i], exact products added in float64: sixteen sums, and
// those pairwise.
func Dot(a, b []float32) float64 {
	same("Dot", len(a), len(b))
	var acc [Lanes]float64
	products(&acc, a, b)
	return total(&acc)
}

// AddScaled computes d[i] = a[i] + f*b[i]; the product is rounded to float32 first. d may
// be a or b.
func AddScaled(d, a []float32, f float32, b []float32) {
	same("AddScaled", len(d), len(a), len(b))
	addScaled(d, a, f, b)
}

// Sub computes d[i] = a[i] - b[i]. d may be a or b.
func Sub(d, a, b []float32) {
	same("Sub", len(d), len(a), len(b))
	difference(d, a, b, 1)
}

// productsPortable: acc[i%16] += float64(a[i])*float64(b[i]). The product is exact in
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

// addScaledPortable: d[i] = a[i] + float32(f*b[i]). The conversion keeps compilers from
// fusing, which would change bits.
func addScaledPortable(d, a []float32, f float32, b []float32) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = a[i] + float32(f*b[i])
	}
}
