package kernel

import (
	"math"
	"slices"
	"testing"
)

func TestMultiply(t *testing.T) {
	for _, s := range [][3]int{{1, 1, 1}, {5, 3, 7}, {16, 16, 16}, {33, 17, 50}, {96, 96, 96}, {130, 70, 47}, {2, 0, 3}} {
		m, k, n := s[0], s[1], s[2]
		a, b := random(1, m*k), random(2, k*n)
		c, again := garbage(m*n), garbage(m*n)
		Multiply(1, c, a, b, m, k, n)
		Multiply(3, again, a, b, m, k, n)
		if !slices.Equal(c, again) {
			t.Errorf("%v: other bits with three workers", s)
		}
		for i := range m {
			for j := range n {
				want := 0.0
				for l := range k {
					want += float64(a[i*k+l]) * float64(b[l*n+j])
				}
				if math.Abs(want-float64(c[i*n+j])) > 1e-4 {
					t.Fatalf("%v: c[%d][%d] is %v, want %v", s, i, j, c[i*n+j], want)
				}
			}
		}
	}
}

// TestMultiplySymmetric multiplies a matrix by its square, with which it commutes.
func TestMultiplySymmetric(t *testing.T) {
	for _, n := range []int{1, 3, 16, 17, 40, 70, 113} {
		a, square, want := random(1, n*n), make([]float32, n*n), make([]float32, n*n)
		mirror(1, a, n)
		Multiply(1, square, a, a, n, n, n)
		Multiply(1, want, a, square, n, n, n)
		c, again := garbage(n*n), garbage(n*n)
		MultiplySymmetric(1, c, a, square, n)
		MultiplySymmetric(3, again, a, square, n)
		if !slices.Equal(c, again) {
			t.Errorf("%d: other bits with three workers", n)
		}
		for i := range n {
			for j := range i + 1 {
				if c[i*n+j] != c[j*n+i] || c[j*n+i] != want[j*n+i] {
					t.Fatalf("%d: c[%d][%d] is %v and %v, want %v", n, i, j, c[i*n+j], c[j*n+i], want[j*n+i])
				}
			}
		}
	}
}
