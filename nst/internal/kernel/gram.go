package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// Gram computes g [C][C], the products of all pairs of channels of the blocked map x,
// summed over its positions and not normalised:
//
//	g[a][b] = sum over i, j of x[a][i][j] * x[b][i][j]
//
// g is exactly symmetric. Products are summed in float32 over about a thousand positions
// at a time, and these sums are added in float64. With both precisions of AMX the
// products are those of [BF16x3]: rounding each factor to bfloat16 would save little.
func Gram(w Workers, p Precision, g, x []float32, s Shape) {
	check("Gram", s, operand{"g", g, s.C * s.C}, operand{"x", x, s.Len()})
	if s.C == 0 || s.H == 0 || s.W == 0 {
		clear(g[:s.C*s.C])
		return
	}
	mem := borrow(gramSumsLen(s))
	defer mem.release()
	gramSums(w, p, mem.doubles(), nil, x, nil, s)
	gramTotal(w, g, mem.doubles(), nil, s)
}

// gramSumsLen is the memory for the sums [part][C][C] of gramSums, of which only blocks with a second index of at least the
// first are used.
func gramSumsLen(s Shape) int {
	perPart, _ := gramPartition(s)
	parts, cols := (s.H+perPart-1)/perPart, s.Blocks()*Lanes
	return 2 * parts * cols * cols
}

// gramSums computes the sums of products of x plus the shift, of which there is one for each lane; nil: none. If
// there are sums of rows, it writes those of x to them.
func gramSums(w Workers, p Precision, sums, rowSums []float64, x, shift []float32, s Shape) {
	perPart, chunk := gramPartition(s)
	few := s.Blocks() <= gramTogether // half of what gramSparse would multiply is not used
	if p == Float32 && !few && sparse(w, x, shift, s) {
		gramSparse(w, sums, rowSums, x, shift, s, perPart, chunk)
		return
	}
	if rowSums != nil && !few {
		sumRows(w, rowSums, x, s)
	}
	if shift != nil && (p != Float32 || !few) {
		shifted := borrow(s.Len())
		defer shifted.release()
		w.Each(s.H, func(y int) { shiftRows(shifted.data, x, shift, s, s, y, y, 1) })
		x, shift = shifted.data, nil
	}
	if p == Float32 {
		gramSingle(w, sums, rowSums, x, shift, s, perPart, chunk)
	} else {
		gramTriple(w, sums, x, s, perPart, chunk)
	}
}

// gramTotal adds the parts' sums, in the memory of the first part, and writes them to g, less the products of all
// pairs of rest, one number for each lane; nil: none.
func gramTotal(w Workers, g []float32, sums, rest []float64, s Shape) {
	perPart, _ := gramPartition(s)
	cols, parts := s.Blocks()*Lanes, (s.H+perPart-1)/perPart
	const rows = 8 // of a task
	w.Each((s.C+rows-1)/rows, func(i int) {
		for a := i * rows; a < min((i+1)*rows, s.C); a++ {
			sum := sums[a*cols:][a:s.C]
			for p := 1; p < parts; p++ {
				for j, v := range sums[(p*cols+a)*cols:][a:s.C] {
					sum[j] += v
				}
			}
			to := g[a*s.C:][a:s.C]
			if rest == nil {
				for j, v := range sum {
					to[j] = float32(v)
				}
				continue
			}
			for j, v := range rest[a:s.C] {
				to[j] = float32(sum[j] - float64(rest[a]*v))
			}
		}
	})
	mirror(w, g, s.C)
}

// gramSingle sums products in float32 over each part. For up to gramTogether blocks, the shift is added if there
// is one, and the sums of rows are written.
func gramSingle(w Workers, sums, rowSums []float64, x, shift []float32, s Shape, perPart, chunk int) {
	nb := s.Blocks()
	size := nb * Lanes * nb * Lanes
	parts := (s.H + perPart - 1) / perPart
	if nb > gramTogether {
		// A task is a block of a part, whose sums stay in the cache.
		w.Each(parts*nb, func(i int) {
			part, a := i/nb, i%nb
			sums := sums[part*size:][:size]
			from, to := part*perPart, min((part+1)*perPart, s.H)
			for y := from; y < to; y += chunk {
				gramChunk(sums, x, s, a, y, min(chunk, to-y), y == from)
			}
		})
		return
	}
	// The rows stay in the cache while all blocks read them. A task is a few parts, which
	// one worker reads from memory in order. If there are too few parts for this, a task is
	// a range of the blocks of a part.
	tasks := 8 * max(1, int(w))
	run, splits := max(1, parts/tasks), min(nb, (tasks+parts-1)/parts)
	w.Each((parts+run-1)/run*splits, func(i int) {
		first := i % splits
		few := Shape{s.C, chunk, s.W} // shifted rows
		shifted := &scratch{}
		if shift != nil {
			shifted = borrow(few.Len())
			defer shifted.release()
		}
		for part := i / splits * run; part < min((i/splits+1)*run, parts); part++ {
			sums := sums[part*size:][:size]
			from, to := part*perPart, min((part+1)*perPart, s.H)
			for y := from; y < to; y += chunk {
				rows := min(chunk, to-y)
				for b := first; b < nb && rowSums != nil; b += splits {
					for r := y; r < y+rows; r++ {
						rowSum((*[Lanes]float64)(rowSums[(b*s.H+r)*Lanes:]), s.line(x, b, r))
					}
				}
				x, s, at := x, s, y
				if shift != nil {
					shiftRows(shifted.data, x, shift, few, s, 0, y, rows)
					x, s, at = shifted.data, few, 0
				}
				for a := first; a < nb; a += splits {
					gramChunk(sums, x, s, a, at, rows, y == from)
				}
			}
		}
	})
}

// shiftRows adds the shift to some rows of x from y, and writes them to rows from at of a map of shape d.
func shiftRows(to, x, shift []float32, d, s Shape, at, y, rows int) {
	for b := range s.Blocks() {
		for row := range rows {
			simd.FinishRow(d.line(to, b, at+row), s.line(x, b, y+row), lanesOf(shift, b), low(false), nil, false)
		}
	}
}

// gramChunk adds the products of block a with itself and with later blocks, over some rows
// from y, to sums [C][C]; if first, it overwrites sums. At the same time it prefetches
// the block's next rows.
func gramChunk(sums []float64, x []float32, s Shape, a, y, rows int, first bool) {
	nb := s.Blocks()
	var tile [simd.GramRows * simd.GramBlocks * Lanes]float32
	here, ahead := s.Index(a*Lanes, y, 0), s.Index(a*Lanes, min(y+rows, s.H-1), 0)
	for half := 0; half < Lanes; half += simd.GramRows {
		for b := a; b < nb; b += simd.GramBlocks {
			n := min(simd.GramBlocks, nb-b)
			var next []float32
			fetch := 0
			if b == a {
				next = beyond(x, ahead+half/simd.GramRows*rows*s.W*gramFetched)
				fetch = gramFetched
			}
			simd.GramTile(tile[:], x[here+half:], x[s.Index(b*Lanes, y, 0):], next,
				s.plane(), s.row(), rows, s.W, n, fetch)
			for r := range simd.GramRows {
				to := sums[((a*Lanes+half+r)*nb+b)*Lanes:][:n*Lanes]
				if first {
					clear(to)
				}
				for j, v := range tile[r*n*Lanes:][:n*Lanes] {
					to[j] += float64(v)
				}
			}
		}
	}
}

// gramFetched is the number of values of next that a call of GramTile prefetches for each
// pixel: two calls prefetch as much as they read of a block.
const gramFetched = simd.GramRows

// gramTogether is the largest number of blocks that read a chunk of rows together.
const gramTogether = 8

// gramPartition splits the rows of a map by its shape alone: into parts of perPart rows for
// the workers, whose sums must not take too much memory, and each part into chunks that
// are summed in float32 and stay in the cache.
func gramPartition(s Shape) (perPart, chunk int) {
	positions := max(64, min(1024, (1<<18)/(s.Blocks()*Lanes)))
	chunk = max(1, positions/s.W)
	cols := s.Blocks() * Lanes
	parts := max(1, min(32, (s.H+chunk-1)/chunk, (1<<22)/(cols*cols)))
	return (s.H + parts - 1) / parts, chunk
}
