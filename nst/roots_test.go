package nst

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// The root and the gradient of its trace are what single steps with each eigenvalue in float64 give, for eigenvalues that converge
// and for others: of a matrix Q D Q with the reflection Q = 1 - 2 v v^T.
func TestRootsAreThoseOfSingleSteps(t *testing.T) {
	const n = 50
	eigenvalues := make([]float64, n)
	v := make([]float64, n)
	for i := range n {
		eigenvalues[i], v[i] = 7*math.Pow(0.6, float64(i)), 1/math.Sqrt(n)
	}
	reflected := func(d []float64) []float64 {
		y := make([]float64, n*n)
		for i := range n {
			for j := range n {
				for k := range n {
					a, b := -2*v[i]*v[k], -2*v[j]*v[k]
					if i == k {
						a++
					}
					if j == k {
						b++
					}
					y[i*n+j] += a * d[k] * b
				}
			}
		}
		return y
	}
	norm := func(d []float64) float64 {
		sum := 0.0
		for _, v := range d {
			sum += v * v
		}
		return math.Sqrt(sum)
	}
	a := make([]float32, n*n)
	for i, v := range reflected(eigenvalues) {
		a[i] = float32(v)
	}
	for _, steps := range []int{1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16} {
		root, slope, sum := make([]float64, n), make([]float64, n), 0.0
		whole := norm(eigenvalues)
		for i, e := range eigenvalues {
			_, z := newtonSchulz(e/whole, steps)
			root[i] = e * z / math.Sqrt(whole)
			sum += root[i]
		}
		length := norm(root)
		for i, y := range root {
			_, z := newtonSchulz(y*y/(length*length), steps)
			slope[i] = z / (2 * length)
		}
		r := &Roots{}
		y, q, again := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
		r.Root(kernel.Workers(1), y, a, n, steps)
		got := r.Trace(kernel.Workers(1), q, a, n, steps)
		r.Trace(kernel.Workers(3), again, a, n, steps)
		if !slices.Equal(q, again) {
			t.Errorf("%d steps: other bits with three workers", steps)
		}
		if math.Abs(got-sum) > 1e-5*sum {
			t.Errorf("%d steps: the trace is %v, want %v", steps, got, sum)
		}
		far := func(got []float32, want []float64) float64 {
			d := make([]float64, n*n)
			for i, v := range got {
				d[i] = float64(v) - want[i]
			}
			return norm(d) / norm(want)
		}
		if e := far(y, reflected(root)); e > 2e-4 { // rounding of the smallest eigenvalues
			t.Errorf("%d steps: the root differs by %.1e", steps, e)
		}
		if e := far(q, reflected(slope)); e > 2e-3 {
			t.Errorf("%d steps: the slope differs by %.1e", steps, e)
		}
	}
}

// The polynomial for the slope is used for all but extreme matrices: |y|^2/|a| is 1.7 to 3 for VGG-19.
func TestSlopePolynomial(t *testing.T) {
	for _, steps := range []int{8, 12, 16} {
		for square, want := range map[float64]bool{1: true, 1.5: true, 2.5: true, 4: true, 5: true, 20: false} {
			if _, ok := slopePolynomial(square, steps); ok != want {
				t.Errorf("%d steps, |y|^2/|a| = %v: found %v, want %v", steps, square, ok, want)
			}
		}
	}
}

// TestRootsOfManyIterations: a covariance of few positions has many eigenvalues of 0, which
// rounding makes negative. No number of iterations makes them grow.
func TestRootsOfManyIterations(t *testing.T) {
	const n, m = 80, 7
	random := rand.New(rand.NewPCG(1, 2))
	f := make([]float32, n*m)
	for i := range f {
		f[i] = random.Float32()
	}
	turned, a := make([]float32, m*n), make([]float32, n*n)
	transpose(kernel.Workers(1), turned, f, n, m)
	Multiply(kernel.Workers(1), a, f, turned, n, m, n)
	for _, iterations := range []int{1, 2, 3, 12, 17, 25, 40} {
		r := &Roots{}
		y, q, square := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
		r.Root(kernel.Workers(1), y, a, n, iterations)
		r.Trace(kernel.Workers(1), q, a, n, iterations)
		for i := range y {
			if s := y[i] + q[i]; s-s != 0 {
				t.Fatalf("%d iterations: an element of the root is %v, of the slope %v", iterations, y[i], q[i])
			}
		}
		Multiply(kernel.Workers(1), square, y, y, n, n, n)
		if e := apart(square, a); iterations >= 12 && e > 1e-3 {
			t.Errorf("%d iterations: the square of the root differs by %.1e", iterations, e)
		}
		// tr(q y) counts half of each eigenvalue that has converged.
		sum := 0.0
		for i := range y {
			sum += float64(y[i]) * float64(q[i])
		}
		if iterations == 12 && math.Abs(sum-m/2.) > 0.2 {
			t.Errorf("%d iterations: the slope counts %.3g halves, want %d", iterations, 2*sum, m)
		}
	}
}
