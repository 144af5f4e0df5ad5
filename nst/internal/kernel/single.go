package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// single multiplies float32. Its filters are [36][panel].
type single struct{ filters []float32 }

// newSingle transforms the filters of c, those of the adjoint if back.
func newSingle(c *Conv, back bool) single {
	s := single{Alloc(singleLen(c.channels(back)))}
	s.transformFilters(allProcessors(), c, back)
	return s
}

// singleLen returns the length of the filters of in to out channels.
func singleLen(in, out int) int { return simd.Points * panelLen(in, out) }

func (s single) transformFilters(w Workers, c *Conv, back bool) {
	in, out := c.channels(back)
	n, kn := len(s.filters)/simd.Points, roundUp(in, Lanes)
	w.Each((out+simd.PanelRow-1)/simd.PanelRow, func(p int) {
		// Process some inputs together, because the points are far apart.
		const together, stride = 8, 8 * simd.PanelRow
		var t [simd.Points * stride]float32
		for first := 0; first < kn; first += together {
			for k := range together {
				if first+k < in {
					pairPoints(t[k*simd.PanelRow:], stride, c, back, p, first+k)
					continue
				}
				for q := range simd.Points {
					clear(t[q*stride+k*simd.PanelRow:][:simd.PanelRow])
				}
			}
			for q := range simd.Points {
				copy(s.filters[q*n+(p*kn+first)*simd.PanelRow:], t[q*stride:][:stride])
			}
		}
	})
}

func (single) plan(ss, sd Shape, n int) layout {
	p := layout{rows: n, tile: Lanes, blocks: ss.Blocks(), pairs: (sd.Blocks() + 1) / 2, odd: sd.Blocks()%2 != 0}
	p.inStride = ss.Blocks()*n*Lanes + Lanes
	p.inputs = simd.Points * p.inStride
	return p.outputsOf(p.pairs)
}

func (single) group(in, out int) int {
	if max(in, out) >= 256 {
		return 84
	}
	return 28
}

func (single) transform(p layout, v, src []float32, mask []uint16, row, maskRow, n int) {
	simd.InputPoints(v, p.inStride, src, mask, row, maskRow, n)
}

func (single) finish(layout, []float32, int) {}

func (s single) multiply(p layout, m, v []float32, q, from, to int) {
	u := s.filters[q*(len(s.filters)/simd.Points):]
	for i := from; i < to; i++ {
		nb := 2
		if p.odd && i == p.pairs-1 {
			nb = 1
		}
		panel := p.blocks * Lanes * simd.PanelRow
		multiply(m[q*p.outStride+2*(i-from)*p.rows*Lanes:], p.rows*Lanes, v[q*p.inStride:], p.rows*Lanes,
			u[i*panel:][:panel], beyond(u, (i+1)*panel), p.blocks, p.rows, nb)
	}
}

// multiply calls Gemm for any number n of pixels. At the same time it prefetches the filters
// in next, which are used after these.
func multiply(m []float32, mStride int, v []float32, vStride int, u, next []float32, kb, n, nb int) {
	most := simd.GemmPixels()
	together := simd.TilePixels / most
	tiles := (n + most - 1) / most
	part := min(len(u), len(next)) * together / max(1, tiles) / Lanes * Lanes
	for t := 0; tiles > 0; tiles -= together {
		together = min(together, tiles)
		mr := ((n-t)*together + tiles - 1) / tiles
		simd.Gemm(m[t*Lanes:], mStride, v[t*Lanes:], vStride, u, next, kb, mr, nb)
		next = beyond(next, part)
		t += mr
	}
}
