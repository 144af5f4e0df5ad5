package nst

import (
	"fmt"
	"math"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Roots computes square roots of symmetric matrices without negative eigenvalues, and the
// gradients of their traces, as some steps of Newton and Schulz' iteration would do it (Higham,
// Functions of Matrices, 2008, chapter 6). It keeps its working memory between calls, which
// must not run at the same time.
//
// With W = a/|a| of the Frobenius norm and Z = 1, a step is T = (3 - W)/2, Z <- Z T, W <- W T^2;
// then Z comes closer to the inverse root of a/|a|. Eigenvalues above about |a| 2.25^-k have
// converged after k steps. The root of a smaller one, e, is 1.5^k e/sqrt(|a|), which is too
// small, and the gradient is bounded there. Those are the results of the programs that use
// this iteration for losses, and so they are kept. But the steps are not made: they act on each
// eigenvalue by itself, so that their result is a function of the matrix, and such functions
// are sums of resolvents (see resolvents).
type Roots struct {
	t       kernel.Tridiagonal
	fits    map[int]*resolvents // by the number of steps
	a, b, c []float32           // n x n
}

// Rounding makes eigenvalues near 0 negative, and those grow by 2.25 in each step like the
// others, without a bound. More steps than are safe with float32 therefore begin with
// the floor added to all eigenvalues of W, which are at most 1.
const (
	safeSteps = 16
	floor     = 1e-6
)

// Root computes y, the root of the n x n matrix a, by at least one step. y may be a. The
// result is bit-identical for any p.
func (r *Roots) Root(p Parallel, y, a []float32, n, steps int) {
	w := kernel.Workers(p.Threads())
	copy(r.memory(n), a[:n*n])
	norm, f := r.begin(w, r.a, n, steps)
	if norm == 0 {
		clear(y[:n*n])
		return
	}
	by := 1 / math.Sqrt(norm) // of a Z
	shift := 0.0
	if steps > safeSteps {
		shift = floor * math.Sqrt(norm)
	}
	r.t.Combine(w, r.b, 1, f.z.constant, f.z.weights)
	identity(r.c, n)
	r.between(w, y, r.c, n)
	for i := range n {
		for j := range n {
			r.b[i*n+j] = float32(by * float64(r.a[i*n+j]))
		}
		r.b[i*n+i] += float32(shift)
	}
	copy(r.c, y)
	kernel.MultiplySymmetric(w, y, r.b, r.c, n)
}

// Trace returns the trace of the root y of a, and computes its gradient with respect to a. That is
// the solution q of q y + y q = 1, half the inverse of y, by the iteration that Lin and Maji
// use (Improved Bilinear Pooling with CNNs, 2017, section 3.3) in the case of a trace: the
// steps above from W = (y/|y|)^2. q may be a. With more than 16 steps q is half of
// Z/sqrt(|a|). The result is bit-identical for any p.
func (r *Roots) Trace(p Parallel, q, a []float32, n, steps int) float64 {
	copy(r.memory(n), a[:n*n])
	identity(r.c, n)
	return r.slope(kernel.Workers(p.Threads()), q, n, steps)
}

// TraceBetween is Trace of a = f s f with symmetric matrices s and f, and computes the gradient with
// respect to s. q may be s.
func (r *Roots) TraceBetween(p Parallel, q, s, f []float32, n, steps int) float64 {
	w := kernel.Workers(p.Threads())
	r.memory(n)
	kernel.Multiply(w, r.b, s, f, n, n, n)
	kernel.MultiplySymmetric(w, r.a, f, r.b, n)
	copy(r.c, f[:n*n])
	return r.slope(w, q, n, steps)
}

// memory reserves the working memory and returns a.
func (r *Roots) memory(n int) []float32 {
	for _, m := range []*[]float32{&r.a, &r.b, &r.c} {
		if cap(*m) < n*n {
			*m = make([]float32, n*n)
		}
		*m = (*m)[:n*n]
	}
	return r.a
}

func identity(a []float32, n int) {
	clear(a)
	for i := range n {
		a[i*n+i] = 1
	}
}

// begin makes W of a tridiagonal, with its resolvents for the functions of these steps, and returns |a|.
func (r *Roots) begin(w kernel.Workers, a []float32, n, steps int) (norm float64, f *resolvents) {
	if n < 1 || steps < 1 {
		panic(fmt.Errorf("the root of a matrix of %d x %d by %d steps: at least 1 of each is required", n, n, steps))
	}
	if norm = math.Sqrt(kernel.SquaredNorm(w, a)); norm == 0 {
		return 0, nil
	}
	least := float32(0)
	if steps > safeSteps {
		least = floor
	}
	if f = r.fits[steps]; f == nil {
		f = newResolvents(steps)
		if r.fits == nil {
			r.fits = map[int]*resolvents{}
		}
		r.fits[steps] = f
	}
	r.t.Reduce(w, a, n, float32(1/norm), least)
	r.t.Solve(w, f.poles)
	return norm, f
}

// slope returns the trace of the root of a and computes q, c times the trace's gradient times c
// transposed.
func (r *Roots) slope(w kernel.Workers, q []float32, n, steps int) float64 {
	norm, f := r.begin(w, r.a, n, steps)
	if norm == 0 {
		clear(q[:n*n])
		return 0
	}
	// With x the eigenvalues of W, z their Z: the sums of x z and (x z)^2.
	first := r.t.Diagonal()
	trace, square := f.z.constant*first, f.xzz.constant*first
	for j, pole := range f.poles {
		sum := r.t.Trace(j)
		rest := complex(float64(n), 0) - pole*sum // the sum of x/(x + pole)
		trace += real(f.z.weights[j] * rest)
		square += real(f.xzz.weights[j] * rest)
	}
	by, slope := 1/(2*math.Sqrt(norm)), &f.z
	if steps <= safeSteps {
		slope = f.slope(square)
		by /= math.Sqrt(square)
	}
	r.t.Combine(w, r.b, by, slope.constant, slope.weights)
	r.between(w, q, r.c, n)
	return math.Sqrt(norm) * trace
}

// between computes q = (c Q) b (c Q)^T, with the Q of the tridiagonal matrix, and uses up a and c.
func (r *Roots) between(w kernel.Workers, q, c []float32, n int) {
	r.t.Turn(w, c)
	product := q[:n*n]
	kernel.Multiply(w, product, c, r.b, n, n, n)
	transpose(w, r.b, c, n, n)
	copy(c, product)
	kernel.MultiplySymmetric(w, q, c, r.b, n)
}
