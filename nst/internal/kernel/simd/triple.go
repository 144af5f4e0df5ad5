package simd

// splitPointsPortable is inputPointsPortable with every value as two of bfloat16:
// channel c of tile t of point p is number p*2*stride + t*32 + c of v, and what that
// leaves is low floats, 2*low numbers, further on.
func splitPointsPortable(v []float32, stride, low int, src []float32, mask []uint16, row, maskRow, n int) {
	for t := range n {
		r := inputTile(src[t*TileOut*Lanes:], mask, t*TileOut, row, maskRow)
		for p := range r {
			a := Halves(v[p*stride+t*TilePairs:][:Lanes/2])
			b := Halves(v[p*stride+t*TilePairs+low:][:Lanes/2])
			for c, x := range r[p] {
				a[c], b[c] = SplitBfloat(x)
			}
		}
	}
}

// tripleProductPortable multiplies rows times sixteen rows of 32*kb inputs with pairs
// pairs of blocks of filters, each number being the sum of two of bfloat16, and leaves
// the product of the two small ones out:
//
//	m[b*mStride + t*16 + o] = sum over k of high*high', then low*high', then high*low'
//
// Inputs are as splitPointsPortable writes them, vStride floats from 32 channels to
// the next; filters as packTriple does, [pair][kb][4 tiles].
// A tile register's products are added as TDPBF16PS adds them: even and odd inputs
// apart, and the sum of the two to what is there.
func tripleProductPortable(m []float32, mStride int, v []float32, vStride, low int, u []float32, kb, rows, pairs int) {
	for q := range pairs {
		for t := range rows * TileRows {
			for j := range 2 {
				var sum [Lanes]float32
				for k := range kb {
					x := v[k*vStride+t*TilePairs:]
					high, rest := Halves(x[:TilePairs]), Halves(x[low:low+TilePairs])
					tiles := u[(q*kb+k)*4*TileSize:][:4*TileSize]
					large, small := Halves(tiles[j*TileSize:][:TileSize]), Halves(tiles[(2+j)*TileSize:][:TileSize])
					tileRow(&sum, high, large)
					tileRow(&sum, rest, large)
					tileRow(&sum, high, small)
				}
				copy(m[(2*q+j)*mStride+t*Lanes:][:Lanes], sum[:])
			}
		}
	}
}

// splitRowPortable rounds n pixels of sixteen channels of a; pixel t goes to d[t*16:],
// eight values wide, and what it leaves low further on.
func splitRowPortable(d, a []float32, low, n int) {
	for t := range n {
		high, rest := Halves(d[t*TilePairs:][:Lanes/2]), Halves(d[low+t*TilePairs:][:Lanes/2])
		for c, v := range (*[Lanes]float32)(a[t*Lanes:]) {
			high[c], rest[c] = SplitBfloat(v)
		}
	}
}

// pairRowPortable rounds n pixels of sixteen channels of a and puts those of a pair of
// neighbours side by side: channel c of pixels 2i and 2i+1 go to the Halves of
// d[i*16+c], zero where there is no second one, and what they leave low further on.
func pairRowPortable(d, a []float32, low, n int) {
	for i := 0; i < n; i += 2 {
		high, rest := Halves(d[i/2*Lanes:][:Lanes]), Halves(d[low+i/2*Lanes:][:Lanes])
		clear(high)
		clear(rest)
		for k := i; k < min(i+2, n); k++ {
			for c, v := range (*[Lanes]float32)(a[k*Lanes:]) {
				high[2*c+k-i], rest[2*c+k-i] = SplitBfloat(v)
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
				high := Halves(a[i*plane+k*TilePairs:][:TilePairs])
				rest := Halves(a[low+i*plane+k*TilePairs:][:TilePairs])
				large := Halves(b[j*block+k*TileSize:][:TileSize])
				small := Halves(b[low+j*block+k*TileSize:][:TileSize])
				tileRow(&sum, high, large)
				tileRow(&sum, rest, large)
				tileRow(&sum, high, small)
			}
			copy(tile[(i/Lanes*2+j)*TileSize+i%Lanes*Lanes:][:Lanes], sum[:])
		}
	}
}
