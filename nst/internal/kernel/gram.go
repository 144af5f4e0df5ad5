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
	gram(w, p, g, x, nil, s)
}

// Moments computes m [1+C][C] of the blocked map x: the means of its channels, as [Mean], and then
// the products of all pairs of channels from which their means are subtracted, as [Gram].
func Moments(w Workers, p Precision, m, x []float32, s Shape) {
	check("Moments", s, operand{"m", m, (1 + s.C) * s.C}, operand{"x", x, s.Len()})
	Mean(w, m[:s.C], x, s)
	gram(w, p, m[s.C:], x, m[:s.C], s)
}

// gram is Gram of x, with the mean subtracted from each channel if there is one.
func gram(w Workers, p Precision, g, x, mean []float32, s Shape) {
	if s.C == 0 || s.H == 0 || s.W == 0 {
		clear(g[:s.C*s.C])
		return
	}
	nb := s.Blocks()
	cols := nb * Lanes
	perPart, chunk := gramPartition(s)
	parts := (s.H + perPart - 1) / perPart
	// sums[part][a][b], of which only blocks b >= a are used.
	mem := borrow(2 * parts * cols * cols)
	defer mem.release()
	sums := mem.doubles()
	if mean != nil {
		spare := borrow(cols) // with the spare lanes
		defer spare.release()
		clear(spare.data[copy(spare.data, mean):cols])
		mean = spare.data[:cols]
	}
	if mean != nil && (p != Float32 || nb > gramTogether) {
		centred := borrow(s.Len())
		defer centred.release()
		Center(w, centred.data, x, mean, s)
		x, mean = centred.data, nil
	}
	if p == Float32 {
		gramSingle(w, sums, x, mean, s, perPart, chunk)
	} else {
		gramTriple(w, sums, x, s, perPart, chunk)
	}
	w.Each(nb, func(k int) {
		for l := k; l < nb; l++ {
			gramBlock(g, sums, s.C, cols, parts, k*Lanes, l*Lanes)
		}
	})
}

// gramBlock adds the parts' sums of products of the 16 channels from a0 with those from
// b0, and writes them to both of their places in g.
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
			from = r // values below the diagonal are those above it
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

// gramSingle sums products in float32 over each part. The mean is subtracted if there is one, of
// up to gramTogether blocks.
func gramSingle(w Workers, sums []float64, x, mean []float32, s Shape, perPart, chunk int) {
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
		few := Shape{s.C, chunk, s.W} // centred rows
		centred := &scratch{}
		if mean != nil {
			centred = borrow(few.Len())
			defer centred.release()
		}
		for part := i / splits * run; part < min((i/splits+1)*run, parts); part++ {
			sums := sums[part*size:][:size]
			from, to := part*perPart, min((part+1)*perPart, s.H)
			for y := from; y < to; y += chunk {
				rows := min(chunk, to-y)
				x, s, at := x, s, y
				if mean != nil {
					centre(centred.data, x, mean, few, s, y, rows)
					x, s, at = centred.data, few, 0
				}
				for a := first; a < nb; a += splits {
					gramChunk(sums, x, s, a, at, rows, y == from)
				}
			}
		}
	})
}

// centre subtracts the mean from some rows of x from y, and writes them to a map of shape few.
func centre(to, x, mean []float32, few, s Shape, y, rows int) {
	for b := range s.Blocks() {
		minus := negated(mean, b)
		for row := range rows {
			simd.FinishRow(few.line(to, b, row), s.line(x, b, y+row), minus[:], low(false), nil, false)
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
