package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// GramBackward computes dx = (dg + dg^T) F, blocked, from dg [C][C], the gradient with
// respect to the Gram matrix. F is x as a matrix [C][H*W]. The precision is as in [Gram].
func GramBackward(w Workers, p Precision, dx, dg, x []float32, s Shape) {
	check("GramBackward", s, operand{"dx", dx, s.Len()}, operand{"dg", dg, s.C * s.C}, operand{"x", x, s.Len()})
	gramBackward(w, p, dx, dg, x, nil, nil, s, false)
}

// GramBackwardAdd adds the result of GramBackward to dx. The bits are those of a separate
// sum, but it needs no second map.
func GramBackwardAdd(w Workers, p Precision, dx, dg, x []float32, s Shape) {
	check("GramBackwardAdd", s, operand{"dx", dx, s.Len()}, operand{"dg", dg, s.C * s.C}, operand{"x", x, s.Len()})
	gramBackward(w, p, dx, dg, x, nil, nil, s, true)
}

// MomentsBackward computes the gradient dx of [Moments], blocked, from dm [1+C][C] and from the moments
// themselves, m. With the gradients dmu and dg with respect to means and products, it is
// (dg + dg^T) (F - mu 1^T) + dmu/(H*W) 1^T: the part of the means within the products is 0.
func MomentsBackward(w Workers, p Precision, dx, dm, x, m []float32, s Shape) {
	momentsBackward(w, p, dx, dm, x, m, s, false)
}

// MomentsBackwardAdd adds the result of MomentsBackward to dx. The bits are those of a separate sum.
func MomentsBackwardAdd(w Workers, p Precision, dx, dm, x, m []float32, s Shape) {
	momentsBackward(w, p, dx, dm, x, m, s, true)
}

func momentsBackward(w Workers, p Precision, dx, dm, x, m []float32, s Shape, sum bool) {
	size := (1 + s.C) * s.C
	check("MomentsBackward", s, operand{"dx", dx, s.Len()}, operand{"dm", dm, size}, operand{"x", x, s.Len()}, operand{"m", m, s.C})
	gramBackward(w, p, dx, dm[s.C:], x, dm[:s.C], m[:s.C], s, sum)
}

// gramBackward computes (dg + dg^T) (F - mu 1^T) + dmu/(H*W) 1^T, with nil for dmu and mu that are 0.
func gramBackward(w Workers, p Precision, dx, dg, x, dmu, mu []float32, s Shape, sum bool) {
	if s.C == 0 || s.H == 0 || s.W == 0 {
		return
	}
	var bias []float32
	if mu != nil {
		mem := borrow(s.Blocks() * Lanes)
		defer mem.release()
		bias = mem.data[:s.Blocks()*Lanes]
		gramBias(w, bias, dg, dmu, mu, s)
	}
	switch {
	case p == Float32 && sparse(w, x, nil, s):
		gramBackwardSparse(w, dx, dg, x, bias, s, sum)
	case p == Float32:
		gramBackwardSingle(w, dx, dg, x, bias, s, sum)
	default:
		gramBackwardTriple(w, dx, dg, x, bias, s, sum)
	}
}

// gramBias computes dmu/(H*W) - (dg + dg^T) mu.
func gramBias(w Workers, bias, dg, dmu, mu []float32, s Shape) {
	w.Each(s.Blocks(), func(b int) {
		var sums [Lanes]float64
		first := b * Lanes
		n := min(Lanes, s.C-first)
		for k, v := range mu {
			for l := range n {
				sums[l] += float64(v) * (float64(dg[k*s.C+first+l]) + float64(dg[(first+l)*s.C+k]))
			}
		}
		for l := range n {
			bias[first+l] = float32(float64(dmu[first+l])/float64(s.H*s.W) - sums[l])
		}
		clear(bias[first+n : first+Lanes])
	})
}

func gramBackwardSingle(w Workers, dx, dg, x, bias []float32, s Shape, sum bool) {
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
				gramLine(dx, u[b*Lanes*kn:][:kn*simd.PanelRow], x, bias, s, b, y, sum)
			}
		}
	})
}

// gramLine computes row y of blocks b and b+1 of the gradient. It writes a few pixels at a
// time, so that memory stores them while it computes the next ones.
func gramLine(dx, u, x, bias []float32, s Shape, b, y int, sum bool) {
	var tile [2 * simd.TilePixels * Lanes]float32
	n := min(2, s.Blocks()-b)
	groups := (s.W + simd.TilePixels - 1) / simd.TilePixels
	for t := 0; groups > 0; groups-- {
		size := (s.W - t + groups - 1) / groups
		simd.Gemm(tile[:], simd.TilePixels*Lanes, x[s.Index(0, y, t):], s.plane(), u, u, s.Blocks(), size, n)
		for k := range n {
			gramRow(dx[s.Index((b+k)*Lanes, y, t):][:size*Lanes], tile[k*simd.TilePixels*Lanes:][:size*Lanes], bias, b+k, s, sum)
		}
		t += size
	}
}

// gramRow copies or adds a row of block b of the gradient, and the bias if there is one, to d.
func gramRow(d, line, bias []float32, b int, s Shape, sum bool) {
	of := simd.NoBias[:]
	if bias != nil {
		of = bias[b*Lanes:]
	}
	if !sum {
		simd.FinishRow(d, line, of, low(false), nil, s.Len() >= large)
		return
	}
	if bias != nil {
		simd.FinishRow(line, line, of, low(false), nil, false)
	}
	simd.Add(d, d, line)
}
