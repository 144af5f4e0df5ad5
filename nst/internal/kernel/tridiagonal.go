package kernel

import (
	"math"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Tridiagonal is a symmetric matrix a = Q T Q^T with a tridiagonal T. Q is a product of
// reflections 1 - u u^T (Householder; Golub and Van Loan, Matrix Computations, 4th
// edition, section 8.3.1). It keeps its memory between uses.
type Tridiagonal struct {
	n, stride int
	d, e      []float64 // the diagonal of T, and the values beside it
	// rows has the reflections: row k is u_k, which is 0 up to column k. There are three more, of zeros.
	rows          []float32
	u, w, product []float32   // of Reduce
	parts         [][]float32 // of the product, by tasks

	poles     []complex128
	diagonals []complex128 // [poles][n]: the diagonal of (T + pole)^-1
	ratios    []complex128 // [poles][n]: of its columns, each value above the diagonal over the one below it
}

// sized returns a slice of length n, of undefined content, in the memory of a if it is large enough.
func sized[T any](a []T, n int) []T {
	if cap(a) < n {
		return make([]T, n)
	}
	return a[:n]
}

// Reduce sets t to scale a + shift, with a symmetric matrix a, n x n.
func (t *Tridiagonal) Reduce(w Workers, a []float32, n int, scale, shift float32) {
	check("Tridiagonal.Reduce", Shape{n, n, 1}, operand{"a", a, n * n})
	t.n, t.stride = n, roundUp(n, Lanes)
	t.d, t.e = sized(t.d, n), sized(t.e, n)
	t.rows = sized(t.rows, (n+3)*t.stride)
	for _, v := range []*[]float32{&t.u, &t.w, &t.product} {
		*v = sized(*v, 2*t.stride)
		clear(*v)
	}
	const part = 2 * Lanes // rows of a task
	t.parts = sized(t.parts, (n+part-1)/part)
	for i := range t.parts {
		t.parts[i] = sized(t.parts[i], t.stride)
	}
	w.Each(n, func(i int) {
		row := t.row(i)
		clear(row[n:])
		for j, v := range a[i*n:][:n] {
			row[j] = scale * v
		}
		row[i] += shift
	})
	clear(t.rows[n*t.stride:])
	// u and w are those of the last reflection. The rows below it have not had u w^T + w u^T
	// subtracted: this is done while they are multiplied by the next reflection. The second
	// halves of u and w are negated. Columns before from are done. As the matrix is symmetric, rows
	// of 16 begin with the block of columns that has the diagonal.
	from, first := 0, 0
	next := t.u
	pass := func(first, rows int, sum []float32) {
		at := first / Lanes * Lanes
		simd.RankTwoHalf(t.rows[first*t.stride+at:], t.stride, t.u[t.stride+first:], t.w[t.stride+first:], next[first:],
			t.w[at:t.stride], t.u[at:], next[at:], t.product[first:], sum[at:], rows)
	}
	// Tasks begin at multiples of part.
	each := func(i int) {
		i += first / part
		sum := t.parts[i]
		clear(sum)
		for at := max(first, i*part); at < min(n, (i+1)*part); {
			end := min(n, (at/Lanes+1)*Lanes)
			pass(at, end-at, sum)
			at = end
		}
	}
	for k := range n {
		row := t.row(k)
		pass(k, 1, t.parts[0]) // its products are not used
		t.d[k], t.e[k] = float64(row[k]), 0
		clear(row[:k+1])
		if k+2 >= n { // there is no reflection
			if k+1 < n {
				t.e[k] = float64(row[k+1])
			}
			clear(row)
			continue
		}
		t.e[k] = reflection(row[k+1:])
		next, first = row, k+1
		workers := w
		if (n-first)*(t.stride-from) < 1<<14 {
			workers = 1
		}
		tasks := (n+part-1)/part - first/part
		workers.Each(tasks, each)
		from = (k + 1) / Lanes * Lanes
		for _, sum := range t.parts[first/part:][:tasks] {
			simd.Add(t.product[from:t.stride], t.product[from:t.stride], sum[from:])
		}
		clear(t.product[:k+1])
		t.advance(row, from)
	}
}

// row returns row k.
func (t *Tridiagonal) row(k int) []float32 { return t.rows[k*t.stride:][:t.stride] }

// reflection replaces x by the u, of length sqrt 2 or 0, of the reflection that makes all of x
// but its first value 0, and returns this value.
func reflection(x []float32) float64 {
	var acc [Lanes]float64
	simd.Products(&acc, x, x)
	length := math.Sqrt(total(&acc))
	if length == 0 || length != length || math.IsInf(length, 0) {
		clear(x)
		return length
	}
	head := float64(x[0])
	to := math.Copysign(length, -head)
	by := 1 / math.Sqrt(length*(length+math.Abs(head))) // sqrt 2 over the length of x - to e_1
	x[0] = float32((head - to) * by)
	for i := 1; i < len(x); i++ {
		x[i] *= float32(by)
	}
	return to
}

// advance makes u and w of the reflection in row and of its product p with the matrix: w is p - (u p)/2 u.
func (t *Tridiagonal) advance(row []float32, from int) {
	u, w, p := t.u[from:t.stride], t.w[from:t.stride], t.product[from:t.stride]
	copy(u, row[from:])
	var acc [Lanes]float64
	simd.Products(&acc, u, p)
	simd.AddScaled(w, p, float32(-total(&acc)/2), u)
	minusU, minusW := t.u[t.stride+from:], t.w[t.stride+from:]
	for i := range u {
		minusU[i], minusW[i] = -u[i], -w[i]
	}
}

// Turn computes p <- p Q, of an n x n matrix p in row-major order.
func (t *Tridiagonal) Turn(w Workers, p []float32) {
	n := t.n
	check("Tridiagonal.Turn", Shape{n, n, 1}, operand{"p", p, n * n})
	// between[k] is the product of reflections k and k+1, which are applied together.
	between := t.product[:n]
	for k := range n {
		var acc [Lanes]float64
		simd.Products(&acc, t.row(k), t.row(k+1))
		between[k] = float32(total(&acc))
	}
	const together = 8 // rows that stay in the cache while all reflections pass
	w.Each((n+together-1)/together, func(i int) {
		mem := borrow(together * (t.stride + 4))
		defer mem.release()
		rows := min(together, n-i*together)
		for r := range rows {
			to := mem.data[r*t.stride:][:t.stride]
			clear(to[copy(to, p[(i*together+r)*n:][:n]):])
		}
		coefficients := mem.data[together*t.stride:][:4*together]
		f, h, s, o := coefficients[:together], coefficients[together:2*together], coefficients[2*together:3*together], coefficients[3*together:]
		clear(coefficients)
		apply := func(k, next int) { // reflections k and k+1, and the products with the next two
			from := k / Lanes * Lanes
			simd.RankTwo(mem.data[from:], t.stride, f, h, t.row(k)[from:], t.row(k + 1)[from:],
				t.row(next)[from:], t.row(next + 1)[from:], s, o, rows)
		}
		apply(0, 0)
		for k := 0; k+2 < n; k += 2 {
			for r := range rows {
				f[r], h[r] = -s[r], -(o[r] - s[r]*between[k])
			}
			apply(k, k+2)
		}
		for r := range rows {
			copy(p[(i*together+r)*n:][:n], mem.data[r*t.stride:])
		}
	})
}

// Solve prepares the resolvents (T + pole)^-1 for the methods below.
func (t *Tridiagonal) Solve(w Workers, poles []complex128) {
	n := t.n
	t.poles = append(t.poles[:0], poles...)
	t.diagonals, t.ratios = sized(t.diagonals, len(poles)*n), sized(t.ratios, len(poles)*n)
	w.Each(len(poles), func(j int) {
		diagonal, ratio := t.diagonals[j*n:][:n], t.ratios[j*n:][:n]
		// diagonal begins as what eliminating from the end leaves, and ratio as its inverse
		// from the beginning.
		below := complex128(0)
		for k := n - 1; k >= 0; k-- {
			diagonal[k] = complex(t.d[k], 0) + t.poles[j] - below
			if k > 0 {
				below = inverse(diagonal[k]) * complex(t.e[k-1]*t.e[k-1], 0)
			}
		}
		above := complex128(0)
		for k := range n {
			ratio[k] = inverse(complex(t.d[k], 0) + t.poles[j] - above)
			diagonal[k] = inverse(diagonal[k] - above)
			above = ratio[k] * complex(t.e[k]*t.e[k], 0)
			ratio[k] *= complex(-t.e[k], 0)
		}
	})
}

// inverse returns 1/z, faster than the language's operation, which takes care of infinities.
func inverse(z complex128) complex128 {
	a, b := real(z), imag(z)
	by := 1 / (float64(a*a) + float64(b*b))
	return complex(a*by, -b*by)
}

// Trace returns the trace of resolvent j.
func (t *Tridiagonal) Trace(j int) (sum complex128) {
	for _, v := range t.diagonals[j*t.n:][:t.n] {
		sum += v
	}
	return sum
}

// Diagonal returns the sum of the diagonal of T.
func (t *Tridiagonal) Diagonal() (sum float64) {
	for _, v := range t.d {
		sum += v
	}
	return sum
}

// Combine computes g, n x n, in row-major order: by times the constant plus the sum of the real
// parts of weights[j] times resolvent j. g is exactly symmetric.
func (t *Tridiagonal) Combine(w Workers, g []float32, by, constant float64, weights []complex128) {
	n := t.n
	check("Tridiagonal.Combine", Shape{n, n, 1}, operand{"g", g, n * n})
	const columns = 4 * Lanes // of a task
	// Values this much smaller than those of the diagonal are left out.
	const least = 1e-12
	w.Each((n+columns-1)/columns, func(i int) {
		first := i * columns
		width := min(columns, n-first)
		mem := borrow((2*len(weights) + 1) * columns)
		defer mem.release()
		sum, values := mem.data[:columns], mem.data[columns:][:2*len(weights)*columns]
		clear(values)
		var sizes [maxPoles][2]float64 // bounds of the values, and the largest on the diagonal
		for k := first + width - 1; k >= 0; k-- {
			clear(sum)
			for j, weight := range weights {
				re, im := values[2*j*columns:][:columns], values[(2*j+1)*columns:][:columns]
				size := &sizes[j]
				ratio := t.ratios[j*n+k]
				size[0] *= math.Abs(real(ratio)) + math.Abs(imag(ratio))
				if k >= first || size[0] > least*size[1] {
					simd.Turn(sum, re, im, float32(real(ratio)), float32(imag(ratio)))
				} else {
					size[0] = 0 // from here on, too
				}
				if k >= first {
					v := complex(by, 0) * weight * t.diagonals[j*n+k]
					re[k-first], im[k-first] = float32(real(v)), float32(imag(v))
					sum[k-first] += float32(real(v))
					largest := math.Abs(real(v)) + math.Abs(imag(v))
					size[0], size[1] = max(size[0], largest), max(size[1], largest)
				}
			}
			if k >= first {
				sum[k-first] += float32(by * constant)
			}
			copy(g[k*n+first:][:width], sum)
		}
	})
	mirror(w, g, n)
}

// maxPoles is the largest number of weights of Combine.
const maxPoles = 32
