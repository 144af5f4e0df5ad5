package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// gramSparse is gramSingle without the zeros of x plus the shift. If there are sums of rows, it writes those of x,
// as rowSum.
func gramSparse(w Workers, sums, rowSums []float64, x, shift []float32, s Shape, perPart, chunk int) {
	const n = simd.SparseRow
	nb, groups := s.Blocks(), s.C/n
	size := s.C * s.C
	parts := (s.H + perPart - 1) / perPart
	// A task is a part, whose rows it gathers. If there are too few parts, it is a few of the groups of 64 channels
	// of a part.
	splits := min(groups, (4*w.Threads()+parts-1)/parts)
	w.Each(parts*splits, func(i int) {
		part, split := i/splits, i%splits
		squares := (chunk*s.W + n - 1) / n // of 64 pixels
		gathered := squares * n * n
		mem := borrow(groups*(gathered+2*squares*n) + n*n)
		defer mem.release()
		v, tile := mem.data[:groups*gathered], mem.data[groups*gathered:][:n*n]
		words := mem.words()[(groups*gathered+n*n)/2:][:groups*squares*n]
		sums := sums[part*size:][:size]
		from, to := part*perPart, min((part+1)*perPart, s.H)
		for y := from; y < to; y += chunk {
			rows := min(chunk, to-y)
			for g := split; g < groups; g++ {
				words := words[g*squares*n:][:squares*n]
				gather(v[g*gathered:], words, x, shift, s, g*n, y, rows, 0, s.W)
				clear(words[rows*s.W:])
				for square := range squares {
					transposeBits((*[n]uint64)(words[square*n:]))
				}
			}
			for b := 0; b < nb && split == 0 && rowSums != nil; b++ {
				for r := y; r < y+rows; r++ {
					rowSum((*[Lanes]float64)(rowSums[(b*s.H+r)*Lanes:]), s.line(x, b, r))
				}
			}
			for a := split; a < groups; a += splits {
				for b := a; b < groups; b++ {
					clear(tile)
					for square := range squares {
						simd.SparseRows(tile, Lanes, n, v[a*gathered+square*n*n:], 1, 6, v[b*gathered+square*n*n:],
							words[(a*squares+square)*n:], n, nil, nil, 0)
					}
					addTile(sums, tile, nb, a, b, y == from)
				}
			}
		}
	})
}

// addTile adds the products of group a of 64 channels with group b, [64][64], to sums [C][C]; if first, it overwrites
// sums. With itself, a group has more products than are used.
func addTile(sums []float64, tile []float32, nb, a, b int, first bool) {
	const n = simd.SparseRow
	for r := range n {
		to := sums[(a*n+r)*nb*Lanes+b*n:][:n]
		if first {
			clear(to)
		}
		simd.Accumulate(to, tile[r*n:][:n])
	}
}

// gramBackwardSparse is gramBackwardSingle without the zeros of x.
func gramBackwardSparse(w Workers, dx, dg, x, bias []float32, s Shape, sum bool) {
	const n = simd.SparseRow
	mem := borrow(s.C * s.C)
	defer mem.release()
	u := mem.data[:s.C*s.C] // dg + dg^T as [C/64][C][64]
	w.Each(s.C/n, func(p int) {
		for k := range s.C {
			u, row := u[(p*s.C+k)*n:][:n], dg[k*s.C+p*n:][:n]
			for j, v := range row {
				u[j] = v + dg[(p*n+j)*s.C+k]
			}
		}
	})
	// A task is a few rows, of which some pixels are multiplied together.
	const pixels = 128
	rows := max(1, pixels/s.W)
	width := (s.W + (s.W+pixels-1)/pixels - 1) / ((s.W + pixels - 1) / pixels)
	w.Each((s.H+rows-1)/rows, func(i int) {
		mem := borrow(rows * width * (s.C + n + 2*s.C/n))
		defer mem.release()
		y := i * rows
		for from := 0; from < s.W; from += width {
			gramPixels(dx, u, x, bias, mem, s, y, min(rows, s.H-y), from, min(width, s.W-from), sum)
		}
	})
}

// gramPixels computes pixels from … from+width-1 of some rows of the gradient from y on.
func gramPixels(dx, u, x, bias []float32, mem *scratch, s Shape, y, rows, from, width int, sum bool) {
	const n = simd.SparseRow
	pixels, groups := rows*width, s.C/n
	v, m := mem.data[:pixels*s.C], mem.data[pixels*s.C:][:pixels*n]
	words := mem.words()[pixels*(s.C+n)/2:][:pixels*groups]
	for g := range groups {
		gather(v[g*pixels*n:], words[g*pixels:], x, nil, s, g*n, y, rows, from, width)
	}
	for g := range groups {
		clear(m)
		for k := range groups {
			// The last product fetches the pixels to which it is added, the first group those of the next call.
			var next, more []float32
			if k == groups-1 && sum {
				next = dx[s.Index(g*n, y, from):]
			}
			if g == 0 {
				more = beyond(x, s.Index(k*n, y, from)+pixels*Lanes)
			}
			simd.SparseRows(m, pixels*Lanes, Lanes, v[k*pixels*n:], n, 0, u[(g*groups+k)*n*n:], words[k*pixels:], pixels,
				next, more, s.plane())
		}
		for k := range n / Lanes {
			b := g*n/Lanes + k
			for r := range rows {
				gramRow(dx[s.Index(b*Lanes, y+r, from):][:width*Lanes], m[(k*pixels+r*width)*Lanes:][:width*Lanes], bias, b, s, sum)
			}
		}
	}
}
