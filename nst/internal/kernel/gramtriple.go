package kernel

// Gram matrices and their gradient in tile registers, of numbers split into two of
// bfloat16.

// gramTriple sums products over each part of the rows. Of a chunk of rows all blocks
// are rounded and laid out in both ways that the products want: pairs of positions
// by channels, and its transpose.
func gramTriple(w Workers, sums []float64, x []float32, s Shape, perPart, chunk int) {
	nb := roundUp(s.Blocks(), 2) // with one that is zero
	cols := s.Blocks() * Lanes
	n := (chunk*((s.W+1)/2) + tilePairs - 1) / tilePairs // tiles of pairs
	block := n * tileSize
	plane := n*tilePairs + Lanes // off powers of two
	low := nb * (block + Lanes*plane)
	w.Each((s.H+perPart-1)/perPart, func(part int) {
		mem := borrow(2*low + 4*tileSize)
		defer mem.release()
		pairs, planes := mem.data[:2*low], mem.data[nb*block:2*low]
		tile := mem.data[2*low:][:4*tileSize]
		sum := sums[part*cols*cols:][:cols*cols]
		clear(sum)
		to := min((part+1)*perPart, s.H)
		for y := part * perPart; y < to; y += chunk {
			rows := min(chunk, to-y)
			for b := range nb {
				high := pairs[b*block:]
				at := 0
				for r := 0; r < rows && b < s.Blocks(); r++ {
					pairRow(high[at:], s.line(x, b, y+r), low, s.W)
					at += (s.W + 1) / 2 * Lanes
				}
				clear(high[at:block])
				clear(high[low+at:][:block-at])
				for _, half := range [2]int{0, low} {
					toPlanes(planes[half+b*Lanes*plane:], plane, high[half:][:block], nil, n*tilePairs)
				}
			}
			for a := 0; a < nb; a += 2 {
				for b := a; b < nb; b += 2 {
					crossProduct(tile, planes[a*Lanes*plane:], pairs[b*block:], plane, block, low, n)
					for i := range 2 * Lanes {
						for j := range min(2, s.Blocks()-b) {
							if a+i/Lanes >= s.Blocks() {
								break
							}
							sum := sum[(a*Lanes+i)*cols+(b+j)*Lanes:][:Lanes]
							for l, v := range tile[(i/Lanes*2+j)*tileSize+i%Lanes*Lanes:][:Lanes] {
								sum[l] += float64(v)
							}
						}
					}
				}
			}
		}
	})
}

// pairRowPortable rounds n pixels of sixteen channels of a and puts those of a pair of
// neighbours side by side: channel c of pixels 2i and 2i+1 go to the halves of
// d[i*16+c], zero where there is no second one, and what they leave low further on.
func pairRowPortable(d, a []float32, low, n int) {
	for i := 0; i < n; i += 2 {
		high, rest := halves(d[i/2*Lanes:][:Lanes]), halves(d[low+i/2*Lanes:][:Lanes])
		clear(high)
		clear(rest)
		for k := i; k < min(i+2, n); k++ {
			for c, v := range (*[Lanes]float32)(a[k*Lanes:]) {
				high[2*c+k-i], rest[2*c+k-i] = splitBfloat(v)
			}
		}
	}
}

// crossProductPortable multiplies two blocks of channels by two, over n times 16 pairs
// of positions:
//
//	tile[i*2+j][r*16+q] = sum over pairs p of a[(i*16+r)*plane + p] * b[j*block + p*16 + q]
//
// where a product is that of both positions of a pair, of numbers split as in
// tripleProductPortable, what they leave being low further on.
func crossProductPortable(tile, a, b []float32, plane, block, low, n int) {
	for i := range 2 * Lanes {
		for j := range 2 {
			var sum [Lanes]float32
			for k := range n {
				high := halves(a[i*plane+k*tilePairs:][:tilePairs])
				rest := halves(a[low+i*plane+k*tilePairs:][:tilePairs])
				large := halves(b[j*block+k*tileSize:][:tileSize])
				small := halves(b[low+j*block+k*tileSize:][:tileSize])
				tileRow(&sum, high, large)
				tileRow(&sum, rest, large)
				tileRow(&sum, high, small)
			}
			copy(tile[(i/Lanes*2+j)*tileSize+i%Lanes*Lanes:][:Lanes], sum[:])
		}
	}
}

// gramBackwardTriple is GramBackward in tile registers, row by row.
func gramBackwardTriple(w Workers, dx, dg, x []float32, s Shape, sum bool) {
	blocks := (s.Blocks() + 1) / 2 // of 32 channels
	mem := borrow(blocks * blocks * 4 * tileSize)
	defer mem.release()
	u := mem.data[:blocks*blocks*4*tileSize]
	w.Each(blocks, func(p int) {
		clear(u[p*blocks*4*tileSize:][:blocks*4*tileSize])
		for o := p * panelRow; o < min((p+1)*panelRow, s.C); o++ {
			for c := range s.C {
				packTriple(u[(p*blocks+c/panelRow)*4*tileSize:], c%panelRow, o%panelRow, dg[c*s.C+o]+dg[o*s.C+c])
			}
		}
	})
	n := (s.W + tileRows - 1) / tileRows
	stride := n * tileSize
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
				splitRow(v[b/2*stride+b%2*Lanes/2:], s.line(x, b, y), low, s.W)
			}
			tripleProduct(line, stride, v, stride, low, u, blocks, n, blocks)
			for b := range s.Blocks() {
				gramRow(s.line(dx, b, y), line[b*stride:][:s.W*Lanes], s, sum)
			}
		}
	})
}

// splitRowPortable rounds n pixels of sixteen channels of a; pixel t goes to d[t*16:],
// eight values wide, and what it leaves low further on.
func splitRowPortable(d, a []float32, low, n int) {
	for t := range n {
		high, rest := halves(d[t*tilePairs:][:Lanes/2]), halves(d[low+t*tilePairs:][:Lanes/2])
		for c, v := range (*[Lanes]float32)(a[t*Lanes:]) {
			high[c], rest[c] = splitBfloat(v)
		}
	}
}
