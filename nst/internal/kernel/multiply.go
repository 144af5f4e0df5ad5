package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// multiplyRows is the number of rows of a product in a task.
const multiplyRows = 4 * simd.TilePixels

// Multiply computes the matrix product c = a b in row-major order: a is m x k, b is k x n
// and c is m x n. Each sum is in the order of k. c must not overlap a or b.
func Multiply(w Workers, c, a, b []float32, m, k, n int) {
	check("Multiply", Shape{m, k, n}, operand{"c", c, m * n}, operand{"a", a, m * k}, operand{"b", b, k * n})
	multiplyTiles(w, c, a, b, m, k, n, func(row, column int) bool { return true })
}

// MultiplySymmetric computes the product c = a b of n x n matrices if it is symmetric, as
// that of two symmetric matrices that commute is. It computes the part above the diagonal
// and copies it: c is exactly symmetric, and takes about half the time. c must not
// overlap a or b.
func MultiplySymmetric(w Workers, c, a, b []float32, n int) {
	check("MultiplySymmetric", Shape{n, n, n}, operand{"c", c, n * n}, operand{"a", a, n * n}, operand{"b", b, n * n})
	multiplyTiles(w, c, a, b, n, n, n, func(row, column int) bool { return column+simd.PanelRow > row })
	mirror(w, c, n)
}

// mirror copies the part of an n x n matrix above the diagonal to the part below it.
func mirror(w Workers, c []float32, n int) {
	w.Each((n+Lanes-1)/Lanes, func(i int) {
		for j := range i + 1 {
			for row := i * Lanes; row < min((i+1)*Lanes, n); row++ {
				to := c[row*n:][:row]
				for column := j * Lanes; column < min((j+1)*Lanes, row); column++ {
					to[column] = c[column*n+row]
				}
			}
		}
	})
}

// multiplyTiles computes the tiles of c = a b, of multiplyRows rows and a panel's columns, that
// are wanted.
func multiplyTiles(w Workers, c, a, b []float32, m, k, n int, wanted func(row, column int) bool) {
	if m == 0 || n == 0 {
		return
	}
	blocks, pairs := (k+Lanes-1)/Lanes, (n+simd.PanelRow-1)/simd.PanelRow
	left, right := borrow(blocks*m*Lanes), borrow(panelLen(k, n))
	defer left.release()
	defer right.release()
	v, u := left.data[:blocks*m*Lanes], right.data[:panelLen(k, n)]
	w.Each(blocks, func(i int) { // 16 columns of a together
		from := i * Lanes
		width := min(Lanes, k-from)
		for row := range m {
			to := v[(i*m+row)*Lanes:][:Lanes]
			clear(to[copy(to, a[row*k+from:][:width]):])
		}
	})
	panel := blocks * Lanes * simd.PanelRow
	w.Each(pairs, func(i int) { // 32 columns of b together
		from := i * simd.PanelRow
		width := min(simd.PanelRow, n-from)
		for row := range blocks * Lanes {
			to := u[i*panel+row*simd.PanelRow:][:simd.PanelRow]
			filled := 0
			if row < k {
				filled = copy(to, b[row*n+from:][:width])
			}
			clear(to[filled:])
		}
	})
	groups := (m + multiplyRows - 1) / multiplyRows
	w.Each(groups*pairs, func(i int) {
		first, pair := i/pairs*multiplyRows, i%pairs
		rows, from := min(multiplyRows, m-first), pair*simd.PanelRow
		if !wanted(first, from) {
			return
		}
		width := min(simd.PanelRow, n-from)
		part := borrow(2 * rows * Lanes)
		defer part.release()
		multiply(part.data, rows*Lanes, v[first*Lanes:], m*Lanes, u[pair*panel:][:panel], beyond(u, (pair+1)*panel),
			blocks, rows, (width+Lanes-1)/Lanes)
		for row := range rows {
			to := c[(first+row)*n+from:][:width]
			done := copy(to, part.data[row*Lanes:][:Lanes])
			copy(to[done:], part.data[(rows+row)*Lanes:][:Lanes])
		}
	})
}
