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
