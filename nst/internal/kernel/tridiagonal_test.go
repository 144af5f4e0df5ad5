package kernel

import (
	"math"
	"slices"
	"testing"
)

// A matrix is the one that its reflections and its tridiagonal matrix make; also one of rank 3, and
// one with nothing beside the diagonal.
func TestTridiagonal(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 15, 16, 17, 33, 64, 81, 130} {
		for name, a := range map[string][]float32{"any": random(1, n*n), "rank 3": make([]float32, n*n), "diagonal": make([]float32, n*n)} {
			mirror(1, a, n)
			for i := range n {
				switch name {
				case "diagonal":
					a[i*n+i] = float32(i % 5)
				case "rank 3":
					for j := range n {
						a[i*n+j] = float32(1 + i%3*(j%3))
					}
				}
			}
			var s, other Tridiagonal
			s.Reduce(1, a, n, 0.5, 2)
			other.Reduce(3, a, n, 0.5, 2)
			if !slices.Equal(s.d, other.d) || !slices.Equal(s.e, other.e) || !slices.Equal(s.rows, other.rows) {
				t.Fatalf("%s, %d: other bits with three workers", name, n)
			}
			q, again := make([]float32, n*n), make([]float32, n*n)
			for i := range n {
				q[i*n+i], again[i*n+i] = 1, 1
			}
			s.Turn(1, q)
			s.Turn(3, again)
			if !slices.Equal(q, again) {
				t.Fatalf("%s, %d: other bits of Q with three workers", name, n)
			}
			size := 0.0
			for i, v := range a {
				want := float64(v) / 2
				if i%(n+1) == 0 {
					want += 2
				}
				size += want * want
			}
			far := 0.0
			for i := range n {
				for j := range n {
					want := float64(a[i*n+j]) / 2
					if i == j {
						want += 2
					}
					for k := range n {
						v := s.d[k] * float64(q[j*n+k])
						if k > 0 {
							v += s.e[k-1] * float64(q[j*n+k-1])
						}
						if k+1 < n {
							v += s.e[k] * float64(q[j*n+k+1])
						}
						want -= float64(q[i*n+k]) * v
					}
					far += want * want
				}
			}
			if far = math.Sqrt(far / size); !(far < 2e-6) {
				t.Errorf("%s, %d: Q T Q^T differs by %.1e", name, n, far)
			}
		}
	}
}

// Combine is checked by multiplication with T + pole.
func TestResolvents(t *testing.T) {
	for _, n := range []int{1, 2, 16, 65, 200} {
		var s Tridiagonal
		a := make([]float32, n*n)
		for i := range n {
			for j := range n {
				a[i*n+j] = float32(1 / (1 + math.Abs(float64(i-j)))) // positive definite
			}
		}
		s.Reduce(1, a, n, 1, 0)
		poles := []complex128{complex(0.3, 0.4), complex(2e-3, 3e-3), complex(40, 10)}
		s.Solve(1, poles)
		for j, pole := range poles {
			re, im, again := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
			weights := make([]complex128, len(poles))
			weights[j] = 1
			s.Combine(1, re, 1, 0, weights)
			s.Combine(3, again, 1, 0, weights)
			if !slices.Equal(re, again) {
				t.Fatalf("%d: other bits with three workers", n)
			}
			weights[j] = complex(0, -1) // the imaginary part
			s.Combine(1, im, 1, 0, weights)
			sum := complex128(0)
			for i := range n {
				sum += complex(float64(re[i*n+i]), float64(im[i*n+i]))
				for k := range n {
					at := func(i int) complex128 {
						if i < 0 || i >= n {
							return 0
						}
						return complex(float64(re[i*n+k]), float64(im[i*n+k]))
					}
					v := (complex(s.d[i], 0)+pole)*at(i) + complex(s.e[i], 0)*at(i+1)
					if i > 0 {
						v += complex(s.e[i-1], 0) * at(i-1)
					}
					if i == k {
						v--
					}
					if math.Abs(real(v))+math.Abs(imag(v)) > 2e-5 {
						t.Fatalf("%d, pole %v: element %d, %d of the product with the inverse is off by %v", n, pole, i, k, v)
					}
				}
			}
			if d := sum - s.Trace(j); math.Hypot(real(d), imag(d)) > 1e-5*(1+math.Hypot(real(sum), imag(sum))) {
				t.Errorf("%d, pole %v: trace %v, want %v", n, pole, s.Trace(j), sum)
			}
			weights[j] = 0
			s.Combine(1, again, 2, 3, weights)
			for i, v := range again {
				if want := float32(6); i%(n+1) != 0 && v != 0 || i%(n+1) == 0 && v != want {
					t.Fatalf("%d: element %d of a constant is %v", n, i, v)
				}
			}
		}
	}
}

// What is not finite ends, and stays so.
func TestTridiagonalNotFinite(t *testing.T) {
	const n = 40
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		a := make([]float32, n*n)
		a[3], a[3*n] = float32(bad), float32(bad)
		var s Tridiagonal
		s.Reduce(2, a, n, 1, 0)
		s.Solve(2, []complex128{1i})
		s.Combine(2, a, 1, 1, []complex128{1})
		s.Turn(2, a)
		if v := real(s.Trace(0)); v == v {
			t.Errorf("%v gives the trace %v", bad, v)
		}
	}
}
