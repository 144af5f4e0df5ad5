package simd

// rowProductPortable convolves groups times sixteen pixels of a row, to two blocks of
// outputs:
//
//	y[b*yStride + t*16 + o] = sum over k < kb, Taps, c < 32 of
//		x[k*xStride + tap/3*row + (t+tap%3)*16 …][c] * u[k][tap][b][c][o]
//
// in numbers of bfloat16, added as TDPBF16PS adds them: see tripleProductPortable.
func rowProductPortable(y []float32, yStride int, x []float32, xStride, row int, u []float32, kb, groups int) {
	for b := range 2 {
		for t := range groups * TileRows {
			var sum [Lanes]float32
			for k := range kb {
				for tap := range Taps {
					o := k*xStride + tap/3*row + (t+tap%3)*TilePairs
					tileRow(&sum, Halves(x[o:][:TilePairs]), Halves(u[((k*Taps+tap)*2+b)*TileSize:][:TileSize]))
				}
			}
			copy(y[b*yStride+t*Lanes:][:Lanes], sum[:])
		}
	}
}

// bfloatRowPortable rounds n pixels of sixteen channels of a; pixel t goes to d[t*16:],
// eight values wide. With a mask, a word a pixel, those whose bit is not set are zero.
func bfloatRowPortable(d, a []float32, mask []uint16, n int) {
	for t := range n {
		to := Halves(d[t*TilePairs:][:Lanes/2])
		for l, v := range (*[Lanes]float32)(a[t*Lanes:]) {
			if mask != nil && mask[t]>>l&1 == 0 {
				v = 0
			}
			to[l] = ToBfloat(v)
		}
	}
}
