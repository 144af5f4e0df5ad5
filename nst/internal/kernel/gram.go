package kernel

// Gram computes g [C][C], the products of all pairs of channels of the blocked
// map x, summed over its positions and not divided by anything:
//
//	g[a][b] = sum over i, j of x[a][i][j] * x[b][i][j]
//
// g is symmetric to the bit. Products are summed in float32 over about a
// thousand positions at a time, and those sums in float64.
func Gram(w Workers, g, x []float32, s Shape) {
	check("Gram", s, operand{"g", g, s.C * s.C}, operand{"x", x, s.Len()})
	if s.C == 0 {
		return
	}
	nb := s.Blocks()
	cols := nb * Lanes
	chunk, parts := gramPartition(s)
	perPart := (s.H + parts - 1) / parts
	// sums[part][a][b], of which only blocks b >= a are used.
	mem := borrow(2 * parts * cols * cols)
	defer mem.release()
	sums := mem.doubles()
	w.Each(parts*nb, func(i int) {
		part, a := i/nb, i%nb // neighbouring tasks read the same part
		var tile [gramRows * gramBlocks * Lanes]float32
		from, to := min(part*perPart, s.H), min((part+1)*perPart, s.H)
		if from == to { // the rows of the parts before were rounded up
			for r := range Lanes {
				clear(sums[(part*cols+a*Lanes+r)*cols:][:cols])
			}
		}
		for y := from; y < to; y += chunk {
			rows := min(chunk, to-y)
			for half := 0; half < Lanes; half += gramRows {
				for b := a; b < nb; b += gramBlocks {
					n := min(gramBlocks, nb-b)
					gramTile(tile[:], x[s.Index(a*Lanes, y, 0)+half:], x[s.Index(b*Lanes, y, 0):],
						s.plane(), s.row(), rows, s.W, n)
					for r := range gramRows {
						to := sums[(part*cols+a*Lanes+half+r)*cols+b*Lanes:][:n*Lanes]
						if y == from {
							clear(to)
						}
						for j, v := range tile[r*n*Lanes:][:n*Lanes] {
							to[j] += float64(v)
						}
					}
				}
			}
		}
	})
	w.Each(nb, func(k int) {
		for a := k * Lanes; a < min((k+1)*Lanes, s.C); a++ {
			for b := a; b < s.C; b++ {
				var v float64
				for p := range parts {
					v += sums[(p*cols+a)*cols+b]
				}
				g[a*s.C+b] = float32(v)
				g[b*s.C+a] = float32(v)
			}
		}
	})
}

const (
	gramRows   = 8 // channels by
	gramBlocks = 3 // blocks of channels of one call of gramTile
)

// gramPartition cuts the rows of a map by its shape alone: into parts for the
// workers, whose sums must not take too much memory, and those into chunks that
// are summed in float32 and stay in the cache.
func gramPartition(s Shape) (chunk, parts int) {
	positions := max(64, min(1024, (1<<18)/(s.Blocks()*Lanes)))
	chunk = max(1, positions/max(1, s.W))
	cols := s.Blocks() * Lanes
	parts = min(32, (s.H+chunk-1)/chunk, max(1, (1<<22)/(cols*cols)))
	return chunk, max(1, parts)
}

// gramTilePortable multiplies 8 channels by nb blocks of channels, over rows of width
// pixels:
//
//	for r := range 8 { for j := range nb*16 {
//		tile[r*nb*16+j] = sum over y < rows, x < width of
//			a[y*row+x*16+r] * b[j/16*plane+y*row+x*16+j%16]
//	} }
//
// with the sum in the order of y, then x. nb is 1, 2 or 3.
func gramTilePortable(tile, a, b []float32, plane, row, rows, width, nb int) {
	for r := 0; r < gramRows; r += 2 {
		for j := 0; j < nb*Lanes; j += 4 {
			var p0, p1, p2, p3, q0, q1, q2, q3 float32
			for y := range rows {
				a := a[y*row+r:]
				b := b[j/Lanes*plane+y*row+j%Lanes:]
				for x := range width {
					u := (*[2]float32)(a[x*Lanes:])
					v := (*[4]float32)(b[x*Lanes:])
					p0 += u[0] * v[0]
					p1 += u[0] * v[1]
					p2 += u[0] * v[2]
					p3 += u[0] * v[3]
					q0 += u[1] * v[0]
					q1 += u[1] * v[1]
					q2 += u[1] * v[2]
					q3 += u[1] * v[3]
				}
			}
			*(*[4]float32)(tile[r*nb*Lanes+j:]) = [4]float32{p0, p1, p2, p3}
			*(*[4]float32)(tile[(r+1)*nb*Lanes+j:]) = [4]float32{q0, q1, q2, q3}
		}
	}
}

// GramBackward computes dx = (dg + dg^T) F, blocked, from the gradient dg [C][C]
// to the Gram matrix; F is x as a matrix [C][H*W].
func GramBackward(w Workers, dx, dg, x []float32, s Shape) {
	gramBackward("GramBackward", w, dx, dg, x, s, false)
}

// GramBackwardAdd is GramBackward followed by the sum with what is in dx, in dx,
// to the same bits and without a map of its own.
func GramBackwardAdd(w Workers, dx, dg, x []float32, s Shape) {
	gramBackward("GramBackwardAdd", w, dx, dg, x, s, true)
}

func gramBackward(name string, w Workers, dx, dg, x []float32, s Shape, sum bool) {
	check(name, s, operand{"dx", dx, s.Len()}, operand{"dg", dg, s.C * s.C}, operand{"x", x, s.Len()})
	if s.C == 0 || s.H == 0 || s.W == 0 {
		return
	}
	kn := s.Blocks() * Lanes
	mem := borrow(panelLen(s.C, s.C))
	defer mem.release()
	u := mem.data[:panelLen(s.C, s.C)]
	clear(u)
	w.Each(s.C, func(k int) {
		for j := range s.C {
			u[(j/panelRow*kn+k)*panelRow+j%panelRow] = dg[k*s.C+j] + dg[j*s.C+k]
		}
	})
	// Neighbouring rows of a task share the filters.
	rows := max(1, 128/s.W)
	w.Each((s.H+rows-1)/rows, func(i int) {
		var line []float32
		if sum {
			mem := borrow(2 * s.W * Lanes)
			defer mem.release()
			line = mem.data[:2*s.W*Lanes]
		}
		for b := 0; b < s.Blocks(); b += 2 {
			n := min(2, s.Blocks()-b)
			for y := i * rows; y < min((i+1)*rows, s.H); y++ {
				to, stride := dx[s.Index(b*Lanes, y, 0):], s.plane()
				if sum {
					to, stride = line, s.W*Lanes
				}
				multiply(to, stride, x[s.Index(0, y, 0):], s.plane(), u[b*Lanes*kn:], s.Blocks(), s.W, n)
				for k := range n {
					if sum {
						d := s.line(dx, b+k, y)
						add(d, d, line[k*s.W*Lanes:][:s.W*Lanes])
					}
				}
			}
		}
	})
}
