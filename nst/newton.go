package nst

import "math"

// roots computes functions of symmetric matrices by Newton and Schulz' iteration (Higham,
// Functions of Matrices, 2008, chapter 6). It keeps its working memory between calls,
// so that the operations of one program, which run one after another, share it.
//
// The iteration is Y <- Y T, Z <- T Z, T = (3 - Z Y)/2. All its matrices are polynomials
// of one symmetric matrix, so they commute and their products are symmetric. It is
// written here with W = Z Y: W <- W T^2.
type roots struct{ w, s, u, v []float32 }

// root computes the square root of a: y = sqrt(|a|) Y, from Y = W = a/|a|, with the
// Frobenius norm. After k iterations, eigenvalues above about |a| 2.25^-k have converged;
// the root of a smaller one, e, is 1.5^k e/sqrt(|a|), which is too small.
func (r *roots) root(p Parallel, y, a []float32, n, iterations int) {
	r.reserve(n * n)
	norm := frobenius(a)
	if norm == 0 {
		clear(y)
		return
	}
	scaled(p, r.w, a, 1/norm, n)
	scaled(p, y, a, 1/norm, n)
	r.iterate(p, y, n, iterations, true)
	scaled(p, y, y, math.Sqrt(norm), n)
}

// slope computes q, the gradient of the trace of the root with respect to the matrix, from
// the root y itself: q y + y q = 1, that is q = y^-1/2. Directions that have not
// converged are bounded: the factor y^-1 is at most 1.5^k/|y|. It is the iteration that
// Lin and Maji (Improved Bilinear Pooling with CNNs, 2017, section 3.3) use for the
// gradient, in the case of a trace: with W = (y/|y|)^2, Z/|y| is the inverse of y.
func (r *roots) slope(p Parallel, q, y []float32, n, iterations int) {
	r.reserve(n * n)
	norm := frobenius(y)
	if norm == 0 {
		clear(q)
		return
	}
	MultiplySymmetric(p, r.w, y, y, n)
	scaled(p, r.w, r.w, 1/(norm*norm), n)
	r.iterate(p, q, n, iterations, false)
	scaled(p, q, q, 1/(2*norm), n)
}

// Rounding makes eigenvalues near 0 negative, and those grow by 2.25 in each iteration like the
// others, without a bound. More iterations than are safe with float32 therefore begin with
// the floor added to all eigenvalues of W, which are at most 1.
const (
	safeIterations = 16
	floor          = 1e-6
)

// iterate multiplies by the factors T, in y: W, which y contains, or 1, which it need not.
// Two iterations at a time take five products in place of six: with x an eigenvalue of W,
// the product of their factors is U = (36 - 39x + 27x^2 - 9x^3 + x^4)/16, and W becomes W U^2.
func (r *roots) iterate(p Parallel, y []float32, n, iterations int, fromW bool) {
	if iterations > safeIterations {
		for i := range n {
			r.w[i*n+i] += floor
			if fromW {
				y[i*n+i] += floor
			}
		}
	}
	done := 0
	for left := iterations; left > 0; {
		if left > 1 {
			MultiplySymmetric(p, r.s, r.w, r.w, n)
			polynomial(p, r.v, n, 27./16, r.w, -9./16, r.s, 1./16)
			MultiplySymmetric(p, r.u, r.s, r.v, n)
			polynomial(p, r.u, n, 36./16, r.w, -39./16, r.u, 1)
			left -= 2
		} else {
			polynomial(p, r.u, n, 3./2, r.w, -1./2, r.w, 0)
			left--
		}
		first := done == 0
		done = iterations - left
		if first && !fromW {
			copy(y, r.u)
		} else {
			MultiplySymmetric(p, r.v, y, r.u, n)
			copy(y, r.v)
		}
		if left > 0 {
			if !first || !fromW {
				MultiplySymmetric(p, r.v, r.w, r.u, n)
			}
			MultiplySymmetric(p, r.w, r.v, r.u, n)
		}
	}
}

// reserve makes the working memory n long.
func (r *roots) reserve(n int) {
	for _, a := range []*[]float32{&r.w, &r.s, &r.u, &r.v} {
		if cap(*a) < n {
			*a = make([]float32, n)
		}
		*a = (*a)[:n]
	}
}

// polynomial computes y = a 1 + b w + c s of n x n matrices.
func polynomial(p Parallel, y []float32, n int, a float32, w []float32, b float32, s []float32, c float32) {
	p.Each(n, func(i int) {
		y, w, s := y[i*n:][:n], w[i*n:][:n], s[i*n:][:n]
		for j := range y {
			y[j] = float32(b*w[j]) + float32(c*s[j])
		}
		y[i] += a
	})
}

// scaled computes y = by a of n x n matrices.
func scaled(p Parallel, y, a []float32, by float64, n int) {
	p.Each(n, func(i int) {
		y, a := y[i*n:][:n], a[i*n:][:n]
		for j, v := range a {
			y[j] = float32(by * float64(v))
		}
	})
}

// frobenius returns the square root of the sum of squares.
func frobenius(a []float32) float64 {
	sum := 0.0
	for _, v := range a {
		sum += float64(float64(v) * float64(v))
	}
	return math.Sqrt(sum)
}

// trace returns the sum of the diagonal of an n x n matrix.
func trace(a []float32, n int) float64 {
	sum := 0.0
	for i := range n {
		sum += float64(a[i*n+i])
	}
	return sum
}
