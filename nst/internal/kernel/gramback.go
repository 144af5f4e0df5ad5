package kernel

// GramBackward computes dx = (dg + dg^T) F, blocked, from the gradient dg [C][C]
// to the Gram matrix; F is x as a matrix [C][H*W]. The precision is as in [Gram].
func GramBackward(w Workers, p Precision, dx, dg, x []float32, s Shape) {
	check("GramBackward", s, operand{"dx", dx, s.Len()}, operand{"dg", dg, s.C * s.C}, operand{"x", x, s.Len()})
	if s.C == 0 || s.H == 0 || s.W == 0 {
		return
	}
	if p != Float32 {
		gramBackwardTriple(w, dx, dg, x, s)
		return
	}
	kn := s.Blocks() * Lanes
	mem := borrow(panelLen(s.C, s.C))
	defer mem.release()
	u := mem.data[:panelLen(s.C, s.C)]
	// A task is a pair of blocks: nobody else writes its lines.
	w.Each(len(u)/(kn*panelRow), func(p int) {
		clear(u[p*kn*panelRow:][:kn*panelRow])
		for j := p * panelRow; j < min((p+1)*panelRow, s.C); j++ {
			for k := range s.C {
				u[(p*kn+k)*panelRow+j%panelRow] = dg[k*s.C+j] + dg[j*s.C+k]
			}
		}
	})
	// Neighbouring rows of a task share the filters.
	rows := max(1, 128/s.W)
	w.Each((s.H+rows-1)/rows, func(i int) {
		for b := 0; b < s.Blocks(); b += 2 {
			for y := i * rows; y < min((i+1)*rows, s.H); y++ {
				multiply(dx[s.Index(b*Lanes, y, 0):], s.plane(), x[s.Index(0, y, 0):], s.plane(),
					u[b*Lanes*kn:], s.Blocks(), s.W, min(2, s.Blocks()-b))
			}
		}
	})
}
