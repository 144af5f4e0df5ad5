package simd

// imageTilePortable computes mr neighbouring pixels of one or two blocks of outputs:
//
//	for t := range mr { for j := range nb*16 {
//		y[j/16*yStride + t*16 + j%16] = bias[j] + sum over k of x[taps[k]+t] * u[k*32+j]
//	} }
//
// with the sum, begun with the bias, in the order of k. nb is 1 or 2, mr at most
// TilePixels; taps ascend from 0 or more.
func imageTilePortable(y []float32, yStride int, x []float32, taps []int, u, bias []float32, mr, nb int) {
	for t := range mr {
		for j := 0; j < nb*Lanes; j += 8 {
			b := (*[8]float32)(bias[j:])
			a0, a1, a2, a3, a4, a5, a6, a7 := b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]
			for k, o := range taps {
				v := x[o+t]
				u := (*[8]float32)(u[k*PanelRow+j:])
				a0 += v * u[0]
				a1 += v * u[1]
				a2 += v * u[2]
				a3 += v * u[3]
				a4 += v * u[4]
				a5 += v * u[5]
				a6 += v * u[6]
				a7 += v * u[7]
			}
			d := (*[8]float32)(y[j/Lanes*yStride+t*Lanes+j%Lanes:])
			*d = [8]float32{a0, a1, a2, a3, a4, a5, a6, a7}
		}
	}
}
