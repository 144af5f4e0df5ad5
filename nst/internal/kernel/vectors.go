package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// Functions on vectors for the optimisers.

// Dot returns the sum of a[i]*b[i]. Exact products are added in float64 to sixteen sums,
// which are added pairwise.
func Dot(a, b []float32) float64 {
	same("Dot", len(a), len(b))
	var acc [Lanes]float64
	simd.Products(&acc, a, b)
	return total(&acc)
}

// AddScaled computes d[i] = a[i] + f*b[i]; the product is rounded to float32 before the sum.
// d may be a or b.
func AddScaled(d, a []float32, f float32, b []float32) {
	same("AddScaled", len(d), len(a), len(b))
	simd.AddScaled(d, a, f, b)
}

// Sub computes d[i] = a[i] - b[i]. d may be a or b.
func Sub(d, a, b []float32) {
	same("Sub", len(d), len(a), len(b))
	simd.Difference(d, a, b, 1)
}
