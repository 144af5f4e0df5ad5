package kernel

// single multiplies float32. Its filters are [36][panel].
type single struct{ filters []float32 }

// newSingle transforms the filters of c, those of the adjoint if back.
func newSingle(c *Conv, back bool) single {
	in, out := c.channels(back)
	n := panelLen(in, out)
	u := Alloc(points * n)
	kn := roundUp(in, Lanes)
	c.eachPair(back, func(p int) {
		var t [points][panelRow]float32
		for k := range in {
			for o := p * panelRow; o < min((p+1)*panelRow, out); o++ {
				filterPoints(&t, o%panelRow, c.filter(k, o, back), back)
			}
			for q := range t {
				copy(u[q*n+(p*kn+k)*panelRow:], t[q][:])
			}
		}
	})
	return single{u}
}

func (single) plan(ss, sd Shape, n int) layout {
	p := layout{rows: n, tile: Lanes, blocks: ss.Blocks(), pairs: (sd.Blocks() + 1) / 2, odd: sd.Blocks()%2 != 0}
	p.inStride = ss.Blocks()*n*Lanes + Lanes
	p.inputs = points * p.inStride
	return p.outputsOf(p.pairs)
}

func (single) group(in, out int) int {
	if max(in, out) >= 256 {
		return 84
	}
	return 28
}

func (single) transform(p layout, v, src []float32, mask []uint16, row, maskRow, n int) {
	inputPoints(v, p.inStride, src, mask, row, maskRow, n)
}

func (single) finish(layout, []float32, int) {}

func (s single) multiply(p layout, m, v []float32, q, from, to int) {
	u := s.filters[q*(len(s.filters)/points):]
	for i := from; i < to; i++ {
		nb := 2
		if p.odd && i == p.pairs-1 {
			nb = 1
		}
		panel := p.blocks * Lanes * panelRow
		multiply(m[q*p.outStride+2*(i-from)*p.rows*Lanes:], p.rows*Lanes, v[q*p.inStride:], p.rows*Lanes,
			u[i*panel:][:panel], beyond(u, (i+1)*panel), p.blocks, p.rows, nb)
	}
}

// multiply is gemm for any number n of pixels. Meanwhile it fetches the filters that
// begin next and are to be used after these.
func multiply(m []float32, mStride int, v []float32, vStride int, u, next []float32, kb, n, nb int) {
	groups := (n + tilePixels - 1) / tilePixels
	part := min(len(u), len(next)) / max(1, groups) / Lanes * Lanes
	for t := 0; groups > 0; groups-- {
		mr := (n - t + groups - 1) / groups
		gemm(m[t*Lanes:], mStride, v[t*Lanes:], vStride, u, next, kb, mr, nb)
		next = next[part:]
		t += mr
	}
}
