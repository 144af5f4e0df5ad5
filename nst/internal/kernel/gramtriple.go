package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// Gram matrices and their gradient in tile registers. Each factor is split into two
// bfloat16 numbers.

// gramTriple sums products over each part of the rows. For each chunk of rows it rounds all
// blocks and stores them in both layouts that the products need: pairs of positions by
// channels, and its transpose.
func gramTriple(w Workers, sums []float64, x []float32, s Shape, perPart, chunk int) {
	nb := roundUp(s.Blocks(), 2) // with one block of zeros if the number is odd
	cols := s.Blocks() * Lanes
	n := (chunk*((s.W+1)/2) + simd.TilePairs - 1) / simd.TilePairs // tiles of pairs
	block := n * simd.TileSize
	plane := n*simd.TilePairs + Lanes // avoids powers of two
	low := nb * (block + Lanes*plane)
	w.Each((s.H+perPart-1)/perPart, func(part int) {
		mem := borrow(2*low + 4*simd.TileSize)
		defer mem.release()
		pairs, planes := mem.data[:2*low], mem.data[nb*block:2*low]
		tile := mem.data[2*low:][:4*simd.TileSize]
		sum := sums[part*cols*cols:][:cols*cols]
		clear(sum)
		to := min((part+1)*perPart, s.H)
		for y := part * perPart; y < to; y += chunk {
			rows := min(chunk, to-y)
			for b := range nb {
				high := pairs[b*block:]
				at := 0
				for r := 0; r < rows && b < s.Blocks(); r++ {
					simd.PairRow(high[at:], s.line(x, b, y+r), low, s.W)
					at += (s.W + 1) / 2 * Lanes
				}
				clear(high[at:block])
				clear(high[low+at:][:block-at])
				for _, half := range [2]int{0, low} {
					simd.ToPlanes(planes[half+b*Lanes*plane:], plane, high[half:][:block], nil, n*simd.TilePairs)
				}
			}
			for a := 0; a < nb; a += 2 {
				for b := a; b < nb; b += 2 {
					simd.CrossProduct(tile, planes[a*Lanes*plane:], pairs[b*block:], plane, block, low, n)
					for i := range 2 * Lanes {
						for j := range min(2, s.Blocks()-b) {
							if a+i/Lanes >= s.Blocks() {
								break
							}
							sum := sum[(a*Lanes+i)*cols+(b+j)*Lanes:][:Lanes]
							for l, v := range tile[(i/Lanes*2+j)*simd.TileSize+i%Lanes*Lanes:][:Lanes] {
								sum[l] += float64(v)
							}
						}
					}
				}
			}
		}
	})
}

// gramBackwardTriple computes GramBackward in tile registers, row by row.
func gramBackwardTriple(w Workers, dx, dg, x, bias []float32, s Shape, sum bool) {
	blocks := (s.Blocks() + 1) / 2 // of 32 channels
	mem := borrow(blocks * blocks * 4 * simd.TileSize)
	defer mem.release()
	u := mem.data[:blocks*blocks*4*simd.TileSize]
	w.Each(blocks, func(p int) {
		clear(u[p*blocks*4*simd.TileSize:][:blocks*4*simd.TileSize])
		for o := p * simd.PanelRow; o < min((p+1)*simd.PanelRow, s.C); o++ {
			for c := range s.C {
				packTriple(u[(p*blocks+c/simd.PanelRow)*4*simd.TileSize:], c%simd.PanelRow, o%simd.PanelRow, dg[c*s.C+o]+dg[o*s.C+c])
			}
		}
	})
	n := (s.W + simd.TileRows - 1) / simd.TileRows
	stride := n * simd.TileSize
	low := blocks * stride
	// Neighbouring rows of a task share the filters.
	rows := max(1, 128/s.W)
	w.Each((s.H+rows-1)/rows, func(i int) {
		mem := borrow(2*low + 2*low)
		defer mem.release()
		v, line := mem.data[:2*low], mem.data[2*low:][:2*low]
		if s.Blocks()%2 != 0 { // zero times garbage may be NaN
			clear(v[low-stride : low])
			clear(v[2*low-stride:])
		}
		for y := i * rows; y < min((i+1)*rows, s.H); y++ {
			for b := range s.Blocks() {
				simd.SplitRow(v[b/2*stride+b%2*Lanes/2:], s.line(x, b, y), low, s.W)
			}
			simd.TripleProduct(line, stride, v, stride, low, u, blocks, n, blocks)
			for b := range s.Blocks() {
				gramRow(s.line(dx, b, y), line[b*stride:][:s.W*Lanes], bias, b, s, sum)
			}
		}
	})
}
