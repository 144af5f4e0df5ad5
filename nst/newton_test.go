package nst

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel"
)

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
		r := &roots{}
		y, q, square := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
		r.root(kernel.Workers(1), y, a, n, iterations)
		r.slope(kernel.Workers(1), q, y, n, iterations)
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
