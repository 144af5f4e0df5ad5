package nst

import (
	"fmt"
	"math"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Roots computes square roots of symmetric matrices without negative eigenvalues, by
// Newton and Schulz' iteration (Higham, Functions of Matrices, 2008, chapter 6). It keeps its
// working memory between calls, which must not run at the same time.
//
// With W = a/|a| of the Frobenius norm and Z = 1, a step is T = (3 - W)/2, Z <- Z T, W <- W T^2;
// then Z comes closer to the inverse root of a/|a|. All matrices are polynomials of one symmetric
// matrix, so they commute and their products are symmetric.
//
// Eigenvalues above about |a| 2.25^-k have converged after k steps. The root of a smaller
// one, e, is 1.5^k e/sqrt(|a|), which is too small, and the gradient is bounded there. Those
// are the results of the programs that use this iteration for losses, and so they are
// kept: several steps are computed together by a polynomial that has the same effect to 1e-5.
type Roots struct {
	n, steps               int
	a, w, z, s, e, u, v, t []float32 // in blocks
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
	norm := r.begin(w, a, n, steps)
	if norm == 0 {
		clear(y[:n*n])
		return
	}
	r.iterate(w)
	r.last(w)
	kernel.MultiplyBlocksSymmetric(w, r.v, r.a, r.t, n)
	kernel.CombineBlocks(w, r.v, n, 0, kernel.Scaled{By: float32(math.Sqrt(norm)), Of: r.v})
	kernel.FromBlocks(w, y, r.v, n)
}

// Trace returns the trace of the root y of a, and computes its gradient with respect to a. That is
// the solution q of q y + y q = 1, half the inverse of y, by the iteration that Lin and Maji
// use (Improved Bilinear Pooling with CNNs, 2017, section 3.3) in the case of a trace: the
// steps above from W = (y/|y|)^2. q may be a. With more than 16 steps q is half of
// Z/sqrt(|a|). The result is bit-identical for any p.
func (r *Roots) Trace(p Parallel, q, a []float32, n, steps int) float64 {
	w := kernel.Workers(p.Threads())
	norm := r.begin(w, a, n, steps)
	if norm == 0 {
		clear(q[:n*n])
		return 0
	}
	r.iterate(w)
	r.last(w)
	kernel.MultiplyBlocksSymmetric(w, r.v, r.a, r.t, n)
	trace, square := math.Sqrt(norm)*kernel.TraceBlocks(r.v, n), kernel.SquaredNorm(w, r.v)
	by := 1 / (2 * math.Sqrt(norm))
	if steps <= safeSteps {
		if c, ok := slopePolynomial(square, steps); ok {
			r.polynomial(w, c)
		} else { // from the root itself
			kernel.MultiplyBlocksSymmetric(w, r.w, r.v, r.v, n)
			kernel.CombineBlocks(w, r.w, n, 0, kernel.Scaled{By: float32(1 / square), Of: r.w})
			r.iterate(w)
			r.last(w)
		}
		by /= math.Sqrt(square)
	}
	kernel.CombineBlocks(w, r.t, n, 0, kernel.Scaled{By: float32(by), Of: r.t})
	kernel.FromBlocks(w, q, r.t, n)
	return trace
}

// begin reserves memory, computes W = a/|a| and returns |a|.
func (r *Roots) begin(w kernel.Workers, a []float32, n, steps int) float64 {
	if n < 1 || steps < 1 {
		panic(fmt.Errorf("the root of a matrix of %d x %d by %d steps: at least 1 of each is required", n, n, steps))
	}
	r.n, r.steps = n, steps
	size := kernel.BlocksLen(n)
	for _, m := range []*[]float32{&r.a, &r.w, &r.z, &r.s, &r.e, &r.u, &r.v, &r.t} {
		if cap(*m) < size {
			*m = make([]float32, size)
		}
		*m = (*m)[:size]
	}
	kernel.ToBlocks(w, r.a, a, n)
	norm := math.Sqrt(kernel.SquaredNorm(w, r.a))
	if norm == 0 {
		return 0
	}
	least := float32(0)
	if steps > safeSteps {
		least = floor
	}
	kernel.CombineBlocks(w, r.a, n, least, kernel.Scaled{By: float32(1 / norm), Of: r.a})
	copy(r.w, r.a)
	return norm
}

// fourSteps is a polynomial of degree 6 in Chebyshev's basis over [0, 1.1] which replaces the product of
// the factors T of four steps. testdata/roots/generate.py finds it: where eigenvalues
// have not converged four steps later, the result differs by 1e-5 at most, and the
// others come into [.8, 1.08], from where those steps make them converge.
var fourSteps = [7]float32{1.93113, -1.5281348, 0.7884129, -0.3989194, 0.1905361, -0.1087621, 0.1166047}

const fourStepsEnd = 1.1

// iterate makes all steps but the last two, of which it prepares the matrices that last and
// polynomial need. It takes seven products for four steps, five for two, and three for one.
func (r *Roots) iterate(w kernel.Workers) {
	n, left, first := r.n, r.steps, true
	advance := func(multiply func(w kernel.Workers, c, a, b []float32, n int)) { // by the factor u
		if first {
			copy(r.z, r.u)
		} else {
			kernel.MultiplyBlocksSymmetric(w, r.s, r.z, r.u, n)
			r.z, r.s = r.s, r.z
		}
		first = false
		multiply(w, r.s, r.w, r.u, n)
		kernel.MultiplyBlocksSymmetric(w, r.w, r.u, r.s, n)
	}
	for ; left >= 8; left -= 4 {
		// With T_i Chebyshev's polynomials, 2 T_3 T_i = T_(3+i) + T_(3-i).
		c, t1, t2, t3 := &fourSteps, r.t, r.s, r.e
		kernel.CombineBlocks(w, t1, n, -1, kernel.Scaled{By: 2 / fourStepsEnd, Of: r.w})
		kernel.MultiplyBlocksSymmetric(w, t2, t1, t1, n)
		kernel.CombineBlocks(w, t2, n, -1, kernel.Scaled{By: 2, Of: t2})
		kernel.MultiplyBlocksSymmetric(w, t3, t1, t2, n)
		kernel.CombineBlocks(w, t3, n, 0, kernel.Scaled{By: 2, Of: t3}, kernel.Scaled{By: -1, Of: t1})
		kernel.CombineBlocks(w, r.u, n, 0, kernel.Scaled{By: 2 * c[4], Of: t1}, kernel.Scaled{By: 2 * c[5], Of: t2}, kernel.Scaled{By: 2 * c[6], Of: t3})
		kernel.MultiplyBlocksSymmetric(w, r.v, t3, r.u, n)
		kernel.CombineBlocks(w, r.u, n, c[0]-c[6], kernel.Scaled{By: 1, Of: r.v}, kernel.Scaled{By: c[1] - c[5], Of: t1},
			kernel.Scaled{By: c[2] - c[4], Of: t2}, kernel.Scaled{By: c[3], Of: t3})
		// W u computed whole: copying half of it turns the matrix a little, as much as rounding, and moves the smallest
		// eigenvalues, which are far below the others here.
		advance(kernel.MultiplyBlocks)
	}
	if left%2 == 1 {
		kernel.CombineBlocks(w, r.u, n, 1.5, kernel.Scaled{By: -0.5, Of: r.w})
		advance(kernel.MultiplyBlocksSymmetric)
		left--
	}
	for ; left > 2; left -= 2 {
		r.pair(w)
		advance(kernel.MultiplyBlocksSymmetric)
	}
	if left == 2 {
		r.pair(w)
	}
	if first {
		kernel.CombineBlocks(w, r.z, n, 1)
	}
}

// pair computes u, the product of the factors T of two steps: with x an eigenvalue of W,
// (36 - 39x + 27x^2 - 9x^3 + x^4)/16; also s = W^2 and e = W^4 - 9 W^3.
func (r *Roots) pair(w kernel.Workers) {
	kernel.MultiplyBlocksSymmetric(w, r.s, r.w, r.w, r.n)
	kernel.CombineBlocks(w, r.u, r.n, 0, kernel.Scaled{By: -9, Of: r.w}, kernel.Scaled{By: 1, Of: r.s})
	kernel.MultiplyBlocksSymmetric(w, r.e, r.s, r.u, r.n)
	kernel.CombineBlocks(w, r.u, r.n, 36./16, kernel.Scaled{By: -39. / 16, Of: r.w}, kernel.Scaled{By: 27. / 16, Of: r.s}, kernel.Scaled{By: 1. / 16, Of: r.e})
}

// last computes t, Z after all steps.
func (r *Roots) last(w kernel.Workers) {
	if r.steps == 1 {
		copy(r.t, r.z)
		return
	}
	kernel.MultiplyBlocksSymmetric(w, r.t, r.z, r.u, r.n)
}

// polynomial computes t, the product of Z before the last two steps and a polynomial of W there.
func (r *Roots) polynomial(w kernel.Workers, c [7]float32) {
	terms := func(from int) []kernel.Scaled {
		return []kernel.Scaled{{By: c[from], Of: r.w}, {By: c[from+1], Of: r.s}, {By: c[from+2], Of: r.e}}
	}
	kernel.CombineBlocks(w, r.u, r.n, 0, terms(4)...)
	kernel.MultiplyBlocksSymmetric(w, r.v, r.e, r.u, r.n)
	kernel.CombineBlocks(w, r.u, r.n, c[0], append(terms(1), kernel.Scaled{By: 1, Of: r.v})...)
	kernel.MultiplyBlocksSymmetric(w, r.t, r.z, r.u, r.n)
}
