package kernel

// Gram computes g [C][C], the products of all pairs of channels of the blocked
// map x, summed over its positions and not divided by anything:
//
//	g[a][b] = sum over i, j of x[a][i][j] * x[b][i][j]
//
// g is symmetric to the bit. Products are summed in float32 over about a
// thousand positions at a time, and those sums in float64. With both precisions
// of AMX the products are those of [BF16x3]: rounding each factor to bfloat16 would
// save little.
func Gram(w Workers, p Precision, g, x []float32, s Shape) {
	check("Gram", s, operand{"g", g, s.C * s.C}, operand{"x", x, s.Len()})
	if s.C == 0 {
		return
	}
	nb := s.Blocks()
	cols := nb * Lanes
	chunk, parts := gramPartition(s)
	// sums[part][a][b], of which only blocks b >= a are used.
	mem := borrow(2 * parts * cols * cols)
	defer mem.release()
	sums := mem.doubles()
	if p == Float32 {
		gramSingle(w, sums, x, s, chunk, parts)
	} else {
		gramTriple(w, sums, x, s, chunk, parts)
	}
	w.Each(nb, func(k int) {
		for l := k; l < nb; l++ {
			gramBlock(g, sums, s.C, cols, parts, k*Lanes, l*Lanes)
		}
	})
}

// gramBlock adds the parts' sums of products of 16 channels from a0 on with those from
// b0 on, and writes them to both of their places.
func gramBlock(g []float32, sums []float64, c, cols, parts, a0, b0 int) {
	var tile, turned [Lanes][Lanes]float32
	for r := range Lanes {
		var acc [Lanes]float64
		for p := range parts {
			for j, v := range (*[Lanes]float64)(sums[(p*cols+a0+r)*cols+b0:]) {
				acc[j] += v
			}
		}
		from := 0
		if a0 == b0 {
			from = r // below the diagonal is what is above it
		}
		for j := from; j < Lanes; j++ {
			tile[r][j] = float32(acc[j])
			turned[j][r] = tile[r][j]
			if a0 == b0 {
				tile[j][r] = tile[r][j]
			}
		}
	}
	for r := range min(Lanes, c-a0) {
		copy(g[(a0+r)*c+b0:][:min(Lanes, c-b0)], tile[r][:])
	}
	if a0 == b0 {
		return
	}
	for r := range min(Lanes, c-b0) {
		copy(g[(b0+r)*c+a0:][:min(Lanes, c-a0)], turned[r][:])
	}
}

// gramSingle sums products of float32 over each part.
func gramSingle(w Workers, sums []float64, x []float32, s Shape, chunk, parts int) {
	nb := s.Blocks()
	cols := nb * Lanes
	perPart := (s.H + parts - 1) / parts
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
