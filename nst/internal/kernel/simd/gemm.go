package simd

// PanelRow is the number of filters of one input channel that lie together in a panel:
// two blocks of outputs, of which the second may be empty.
const PanelRow = 2 * Lanes

// TilePixels is the most pixels that Gemm and ImageTile take at once.
const TilePixels = 14

// GemmPixels returns how many pixels Gemm keeps in registers at once. It takes more of them in
// parts of this size.
func GemmPixels() int {
	if active == avx2 {
		return 6
	}
	return TilePixels
}

// gemmPortable multiplies mr vectors of blocked channels by two blocks of filters:
//
//	for t := range mr { for j := range nb*16 {
//		m[j/16*mStride + t*16 + j%16] = sum over k < kb*16 of
//			v[k/16*vStride + t*16 + k%16] * u[k*32 + j]
//	} }
//
// with the sum in the order of k. nb is 1 or 2, mr at most TilePixels. next is only fetched
// into the cache.
func gemmPortable(m []float32, mStride int, v []float32, vStride int, u, next []float32, kb, mr, nb int) {
	t := 0
	for ; t+2 <= mr; t += 2 {
		for j := 0; j < nb*Lanes; j += 4 {
			var a0, a1, a2, a3, b0, b1, b2, b3 float32
			for k := range kb {
				v := (*[2 * Lanes]float32)(v[k*vStride+t*Lanes:])
				u := u[k*Lanes*PanelRow+j:]
				for i := range Lanes {
					u := (*[4]float32)(u[i*PanelRow:])
					x, y := v[i], v[i+Lanes]
					a0 += x * u[0]
					a1 += x * u[1]
					a2 += x * u[2]
					a3 += x * u[3]
					b0 += y * u[0]
					b1 += y * u[1]
					b2 += y * u[2]
					b3 += y * u[3]
				}
			}
			o := j/Lanes*mStride + t*Lanes + j%Lanes
			*(*[4]float32)(m[o:]) = [4]float32{a0, a1, a2, a3}
			*(*[4]float32)(m[o+Lanes:]) = [4]float32{b0, b1, b2, b3}
		}
	}
	for ; t < mr; t++ {
		for j := 0; j < nb*Lanes; j += 4 {
			var a0, a1, a2, a3 float32
			for k := range kb {
				v := (*[Lanes]float32)(v[k*vStride+t*Lanes:])
				u := u[k*Lanes*PanelRow+j:]
				for i, x := range v {
					u := (*[4]float32)(u[i*PanelRow:])
					a0 += x * u[0]
					a1 += x * u[1]
					a2 += x * u[2]
					a3 += x * u[3]
				}
			}
			*(*[4]float32)(m[j/Lanes*mStride+t*Lanes+j%Lanes:]) = [4]float32{a0, a1, a2, a3}
		}
	}
}
