package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// GramBackward computes dx = (dg + dg^T) F, blocked, from dg [C][C], the gradient with
// respect to the Gram matrix. F is x as a matrix [C][H*W]. The precision is as in [Gram].
func GramBackward(w Workers, p Precision, dx, dg, x []float32, s Shape) {
	gramBackward("GramBackward", w, p, dx, dg, x, s, false)
}

// GramBackwardAdd adds the result of GramBackward to dx. The bits are those of a separate
// sum, but it needs no second map.
func GramBackwardAdd(w Workers, p Precision, dx, dg, x []float32, s Shape) {
	gramBackward("GramBackwardAdd", w, p, dx, dg, x, s, true)
}

func gramBackward(name string, w Workers, p Precision, dx, dg, x []float32, s Shape, sum bool) {
	check(name, s, operand{"dx", dx, s.Len()}, operand{"dg", dg, s.C * s.C}, operand{"x", x, s.Len()})
	if s.C == 0 || s.H == 0 || s.W == 0 {
		return
	}
	if p == Float32 {
		gramBackwardSingle(w, dx, dg, x, s, sum)
	} else {
		gramBackwardTriple(w, dx, dg, x, s, sum)
	}
}

func gramBackwardSingle(w Workers, dx, dg, x []float32, s Shape, sum bool) {
	kn := s.Blocks() * Lanes
	mem := borrow(panelLen(s.C, s.C))
	defer mem.release()
	u := mem.data[:panelLen(s.C, s.C)]
	// A task is a pair of blocks: no other task writes its lines.
	w.Each(len(u)/(kn*simd.PanelRow), func(p int) {
		clear(u[p*kn*simd.PanelRow:][:kn*simd.PanelRow])
		first := p * simd.PanelRow
		n := min(simd.PanelRow, s.C-first)
		for k := range s.C {
			u, row := u[(p*kn+k)*simd.PanelRow:][:n], dg[k*s.C+first:][:n]
			for j, v := range row {
				u[j] = v + dg[(first+j)*s.C+k]
			}
		}
	})
	// Neighbouring rows of a task share the filters.
	rows := max(1, 128/s.W)
	w.Each((s.H+rows-1)/rows, func(i int) {
		for b := 0; b < s.Blocks(); b += 2 {
			for y := i * rows; y < min((i+1)*rows, s.H); y++ {
				gramLine(dx, u[b*Lanes*kn:][:kn*simd.PanelRow], x, s, b, y, sum)
			}
		}
	})
}

// gramLine computes row y of blocks b and b+1 of the gradient. It writes a few pixels at a
// time, so that memory stores them while it computes the next ones.
func gramLine(dx, u, x []float32, s Shape, b, y int, sum bool) {
	var tile [2 * simd.TilePixels * Lanes]float32
	n := min(2, s.Blocks()-b)
	groups := (s.W + simd.TilePixels - 1) / simd.TilePixels
	for t := 0; groups > 0; groups-- {
		size := (s.W - t + groups - 1) / groups
		simd.Gemm(tile[:], simd.TilePixels*Lanes, x[s.Index(0, y, t):], s.plane(), u, u, s.Blocks(), size, n)
		for k := range n {
			gramRow(dx[s.Index((b+k)*Lanes, y, t):][:size*Lanes], tile[k*simd.TilePixels*Lanes:][:size*Lanes], s, sum)
		}
		t += size
	}
}

// gramRow copies or adds a row of the gradient to d.
func gramRow(d, line []float32, s Shape, sum bool) {
	if sum {
		simd.Add(d, d, line)
	} else {
		simd.FinishRow(d, line, simd.NoBias[:], low(false), nil, s.Len() >= large)
	}
}
