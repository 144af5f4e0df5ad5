package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// An n x n matrix in blocks has the layout [blocks][rows+1][16]: 16 columns together, with as
// many rows as columns, rounded up to 16, and one row that is not used, so that distances
// between blocks are no powers of two. Values beyond the matrix are 0. Products read
// and write this layout, so that a chain of them converts nothing.

// BlocksLen returns the length of an n x n matrix in blocks.
func BlocksLen(n int) int { return roundUp(n, Lanes) * blockRows(n) }

func blockRows(n int) int { return roundUp(n, Lanes) + 1 }

// ToBlocks converts a, in row-major order, to blocks.
func ToBlocks(w Workers, y, a []float32, n int) {
	check("ToBlocks", Shape{n, n, 1}, operand{"y", y, BlocksLen(n)}, operand{"a", a, n * n})
	rows := blockRows(n)
	w.Each((n+Lanes-1)/Lanes, func(b int) {
		from := b * Lanes
		width := min(Lanes, n-from)
		block := y[b*rows*Lanes:][:rows*Lanes]
		for row := range n {
			to := block[row*Lanes:][:Lanes]
			clear(to[copy(to, a[row*n+from:][:width]):])
		}
		clear(block[n*Lanes:])
	})
}

// FromBlocks converts y, in blocks, to row-major order.
func FromBlocks(w Workers, a, y []float32, n int) {
	check("FromBlocks", Shape{n, n, 1}, operand{"a", a, n * n}, operand{"y", y, BlocksLen(n)})
	rows := blockRows(n)
	w.Each((n+Lanes-1)/Lanes, func(i int) {
		for row := i * Lanes; row < min((i+1)*Lanes, n); row++ {
			for b := 0; b*Lanes < n; b++ {
				copy(a[row*n+b*Lanes:][:min(Lanes, n-b*Lanes)], y[(b*rows+row)*Lanes:][:Lanes])
			}
		}
	})
}

// MultiplyBlocks computes c = a b of n x n matrices in blocks. Each sum is in the order of the
// columns of a. c must not overlap a or b.
func MultiplyBlocks(w Workers, c, a, b []float32, n int) {
	multiplyBlocks("MultiplyBlocks", w, c, a, b, n, false)
}

// MultiplyBlocksSymmetric computes c = a b if c is symmetric, as the product of two symmetric
// matrices that commute is. It computes the part above the diagonal and copies it: c is
// exactly symmetric.
func MultiplyBlocksSymmetric(w Workers, c, a, b []float32, n int) {
	multiplyBlocks("MultiplyBlocksSymmetric", w, c, a, b, n, true)
}

func multiplyBlocks(name string, w Workers, c, a, b []float32, n int, symmetric bool) {
	size := BlocksLen(n)
	check(name, Shape{n, n, n}, operand{"c", c, size}, operand{"a", a, size}, operand{"b", b, size})
	blocks, rows := (n+Lanes-1)/Lanes, blockRows(n)
	pairs, filled := (blocks+1)/2, blocks*Lanes
	right := borrow(pairs * filled * simd.PanelRow)
	defer right.release()
	u := right.data[:pairs*filled*simd.PanelRow]
	w.Each(pairs, func(p int) { // two blocks of b side by side
		first, second := b[2*p*rows*Lanes:], b[(2*p+1)%blocks*rows*Lanes:] // the latter is not used if there is none
		for row := range filled {
			to := u[(p*filled+row)*simd.PanelRow:][:simd.PanelRow]
			*(*[Lanes]float32)(to) = *(*[Lanes]float32)(first[row*Lanes:])
			*(*[Lanes]float32)(to[Lanes:]) = *(*[Lanes]float32)(second[row*Lanes:])
		}
	})
	groups := (filled + blocksTask - 1) / blocksTask
	w.Each(groups*pairs, func(i int) {
		p, from := pairs-1-i/groups, i%groups*blocksTask
		end := filled
		if symmetric {
			end = min(filled, (p+1)*simd.PanelRow)
		}
		n := min(blocksTask, end-from)
		if n <= 0 {
			return // below the diagonal
		}
		panel := filled * simd.PanelRow
		multiply(c[(2*p*rows+from)*Lanes:], rows*Lanes, a[from*Lanes:], rows*Lanes, u[p*panel:][:panel], beyond(u, (p+1)*panel),
			blocks, n, min(2, blocks-2*p))
	})
	w.Each(blocks, func(i int) {
		clear(c[(i*rows+filled)*Lanes:][:Lanes])
		if !symmetric {
			return
		}
		for j := range i { // rows of block i below the diagonal, from the columns above it
			simd.ToPlanes(c[(j*rows+i*Lanes)*Lanes:], Lanes, c[(i*rows+j*Lanes)*Lanes:][:Lanes*Lanes], nil, Lanes)
		}
		square := c[(i*rows+i*Lanes)*Lanes:][:Lanes*Lanes]
		for r := range Lanes {
			for k := range r {
				square[r*Lanes+k] = square[k*Lanes+r]
			}
		}
	})
}

// blocksTask is the number of rows of a product in a task. It is a multiple of 6, the rows that the
// routine for AVX2 takes at once.
const blocksTask = 48

// Scaled is a term of a linear combination.
type Scaled struct {
	By float32
	Of []float32
}

// CombineBlocks computes y = one 1 + the sum of terms, of n x n matrices in blocks. Terms are added in
// their order. y may be one of them.
func CombineBlocks(w Workers, y []float32, n int, one float32, terms ...Scaled) {
	check("CombineBlocks", Shape{n, n, 1}, operand{"y", y, BlocksLen(n)})
	const part = 1024
	rows := blockRows(n)
	w.Each((n+Lanes-1)/Lanes, func(b int) {
		block := b * rows * Lanes
		var sum [part]float32
		for at := 0; at < rows*Lanes; at += part {
			sum := sum[:min(part, rows*Lanes-at)]
			clear(sum)
			for _, t := range terms {
				simd.AddScaled(sum, sum, t.By, t.Of[block+at:][:len(sum)])
			}
			copy(y[block+at:], sum)
		}
		for i := b * Lanes; i < min((b+1)*Lanes, n); i++ {
			y[block+i*Lanes+i%Lanes] += one
		}
	})
}

// SquaredNorm returns the sum of the squares of a, in float64.
func SquaredNorm(w Workers, a []float32) float64 {
	sums := make([]float64, spans(len(a)))
	zero := borrow(span)
	defer zero.release()
	clear(zero.data[:span])
	eachSpan(w, len(a), func(i, from, to int) {
		var acc [Lanes]float64
		simd.Squares(&acc, a[from:to], zero.data[:to-from])
		sums[i] = total(&acc)
	})
	return addUp(sums)
}

// TraceBlocks returns the sum of the diagonal of an n x n matrix in blocks.
func TraceBlocks(a []float32, n int) float64 {
	rows, sum := blockRows(n), 0.0
	for i := range n {
		sum += float64(a[(i/Lanes*rows+i)*Lanes+i%Lanes])
	}
	return sum
}
