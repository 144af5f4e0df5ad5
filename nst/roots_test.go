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

// TestResolvents compares the sums with the functions of an eigenvalue that they stand for, by relative errors.
func TestResolvents(t *testing.T) {
	for _, steps := range []int{1, 2, 3, 5, 8, 12, 16, 17, 25, 40} {
		f := newResolvents(steps)
		for _, square := range []float64{0, 1, 2.2, 5, 20} { // |y|^2/|a| is 1.7 to 3 for VGG-19
			c := &f.z
			if square > 0 {
				c = f.slope(square)
			}
			worst, terms := 0.0, 0.0
			for x := 1.0; x > f.x[len(f.x)-1]+1e-9; x *= 0.97 {
				_, want := newtonSchulz(x, steps)
				if square > 0 {
					_, want = newtonSchulz(x*want*x*want/square, steps)
				}
				sum, size := c.constant, math.Abs(c.constant)
				for j, weight := range c.weights {
					term := real(weight / (complex(x, 0) + f.poles[j]))
					sum, size = sum+term, size+math.Abs(term)
				}
				worst, terms = max(worst, math.Abs(sum/want-1)), max(terms, size/want)
			}
			t.Logf("%d steps, square %v: %d poles, relative error %.1e, terms %.1f times the sum", steps, square, len(f.poles), worst, terms)
			if steps > safeSteps && square > 0 {
				continue // not used
			}
			if worst > 5e-5 || terms > 40 {
				t.Errorf("%d steps, square %v: relative error %.1e, terms %.1f times the sum", steps, square, worst, terms)
			}
		}
	}
}

// The trace between factors, and its gradient, are those of the product.
func TestTraceBetween(t *testing.T) {
	const n = 37
	random := rand.New(rand.NewPCG(3, 4))
	matrix := func() []float32 {
		f, turned, a := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
		for i := range f {
			f[i] = random.Float32() - 0.3
		}
		transpose(kernel.Workers(1), turned, f, n, n)
		MultiplySymmetric(kernel.Workers(1), a, f, turned, n)
		return a
	}
	s, f, r := matrix(), matrix(), &Roots{}
	product, t1, want, got := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	between := func(y, m []float32) {
		Multiply(kernel.Workers(1), t1, m, f, n, n, n)
		MultiplySymmetric(kernel.Workers(1), y, f, t1, n)
	}
	between(product, s)
	trace := r.Trace(kernel.Workers(1), product, product, n, 12)
	between(want, product)
	if v := r.TraceBetween(kernel.Workers(2), got, s, f, n, 12); math.Abs(v-trace) > 1e-5*trace {
		t.Errorf("the trace is %v, want %v", v, trace)
	}
	if e := apart(got, want); e > 1e-3 {
		t.Errorf("the gradient differs by %.1e", e)
	}
	r.TraceBetween(kernel.Workers(3), s, s, f, n, 12)
	if !slices.Equal(s, got) {
		t.Error("other bits with three workers, in place")
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
