package kernel

import (
	"fmt"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Window is a rectangle of positions of a blocked map, from row Y and column X.
type Window struct {
	Data []float32
	Of   Shape
	Y, X int
}

// from returns the map from block b, row y and column x of the window on.
func (v Window) from(b, y, x int) []float32 { return v.Data[v.Of.Index(b*Lanes, v.Y+y, v.X+x):] }

func (v Window) check(kernel string, rows, cols int) {
	check(kernel, v.Of, operand{"a map", v.Data, v.Of.Len()})
	if v.Y < 0 || v.X < 0 || rows < 1 || cols < 1 || v.Y+rows > v.Of.H || v.X+cols > v.Of.W {
		panic(fmt.Sprintf("kernel: %s: a window of %d x %d from %d, %d of a map of %d x %d", kernel, rows, cols, v.Y, v.X, v.Of.H, v.Of.W))
	}
}

// Between computes g [a.C][b.C], scale times the products of all pairs of a channel of a
// and a channel of b, summed over windows of rows x cols positions:
//
//	g[k][l] = scale * sum over i, j of a[k][i][j] * b[l][i][j]
//
// The sums are as in [Gram], always in float32 and float64.
func Between(w Workers, g []float32, a, b Window, rows, cols int, scale float64) {
	a.check("Between", rows, cols)
	b.check("Between", rows, cols)
	na, nb := a.Of.Blocks(), b.Of.Blocks()
	perPart, chunk := gramPartition(Shape{max(a.Of.C, b.Of.C), rows, cols})
	if a.Of.row() != b.Of.row() {
		chunk = 1 // GramTile has one distance between rows
	}
	parts, size := (rows+perPart-1)/perPart, na*nb*Lanes*Lanes
	mem := borrow(2 * parts * size)
	defer mem.release()
	sums := mem.doubles() // [part][a][b]
	w.Each(parts*na, func(i int) {
		part, k := i/na, i%na
		to := sums[part*size+k*nb*Lanes*Lanes:][:nb*Lanes*Lanes]
		clear(to)
		var tile [simd.GramRows * simd.GramBlocks * Lanes]float32
		for y := part * perPart; y < min((part+1)*perPart, rows); y += chunk {
			n := min(chunk, min((part+1)*perPart, rows)-y)
			for half := 0; half < Lanes; half += simd.GramRows {
				for l := 0; l < nb; l += simd.GramBlocks {
					blocks := min(simd.GramBlocks, nb-l)
					simd.GramTile(tile[:], a.from(k, y, 0)[half:], b.from(l, y, 0), nil, b.Of.plane(), a.Of.row(), n, cols, blocks, 0)
					for r := range simd.GramRows {
						to := to[((half+r)*nb+l)*Lanes:][:blocks*Lanes]
						for j, v := range tile[r*blocks*Lanes:][:blocks*Lanes] {
							to[j] += float64(v)
						}
					}
				}
			}
		}
	})
	w.Each(a.Of.C, func(k int) {
		for l := range b.Of.C {
			sum := 0.0
			for part := range parts {
				sum += sums[part*size+k*nb*Lanes+l]
			}
			g[k*b.Of.C+l] = float32(scale * sum)
		}
	})
}

// BetweenBackward computes da, the gradient of Between with respect to the map of a, whose
// Data is da, from dg [a.C][b.C] and b. With transposed, dg is [b.C][a.C]: it is the
// gradient with respect to the second map. If sum, it adds the gradient to da; otherwise
// positions outside the window get 0.
func BetweenBackward(w Workers, a Window, dg []float32, b Window, rows, cols int, scale float64, transposed, sum bool) {
	a.check("BetweenBackward", rows, cols)
	b.check("BetweenBackward", rows, cols)
	ca, cb := a.Of.C, b.Of.C
	kn := b.Of.Blocks() * Lanes
	mem := borrow(panelLen(cb, ca))
	defer mem.release()
	u := mem.data[:panelLen(cb, ca)]
	clear(u)
	for k := range ca {
		for l := range cb {
			at := k*cb + l
			if transposed {
				at = l*ca + k
			}
			u[(k/simd.PanelRow*kn+l)*simd.PanelRow+k%simd.PanelRow] = float32(scale * float64(dg[at]))
		}
	}
	together := max(1, 128/a.Of.W) // neighbouring rows of a task share the panel
	w.Each((a.Of.H+together-1)/together, func(i int) {
		for p := 0; p < a.Of.Blocks(); p += 2 {
			for y := i * together; y < min((i+1)*together, a.Of.H); y++ {
				betweenLine(a, b, u[p*Lanes*kn:][:kn*simd.PanelRow], p, y-a.Y, rows, cols, sum)
			}
		}
	})
}

// betweenLine computes row y of the window, in blocks p and p+1 of the gradient a.
func betweenLine(a, b Window, u []float32, p, y, rows, cols int, sum bool) {
	var tile [2 * simd.TilePixels * Lanes]float32
	n := min(2, a.Of.Blocks()-p)
	if !sum {
		for k := range n {
			clear(a.Of.line(a.Data, p+k, y+a.Y))
		}
	}
	if y < 0 || y >= rows {
		return
	}
	groups := (cols + simd.TilePixels - 1) / simd.TilePixels
	for t := 0; groups > 0; groups-- {
		size := (cols - t + groups - 1) / groups
		simd.Gemm(tile[:], simd.TilePixels*Lanes, b.from(0, y, t), b.Of.plane(), u, u, b.Of.Blocks(), size, n)
		for k := range n {
			d, line := a.from(p+k, y, t)[:size*Lanes], tile[k*simd.TilePixels*Lanes:][:size*Lanes]
			if sum {
				simd.Add(d, d, line)
			} else {
				copy(d, line)
			}
		}
		t += size
	}
}
