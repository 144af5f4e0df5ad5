package simd

const (
	GramRows   = 8 // channels that one call of GramTile multiplies
	GramBlocks = 3 // by at most so many blocks of channels
)

// gramTilePortable multiplies 8 channels by nb blocks of channels, over rows of width
// pixels:
//
//	for r := range 8 { for j := range nb*16 {
//		tile[r*nb*16+j] = sum over y < rows, x < width of
//			a[y*row+x*16+r] * b[j/16*plane+y*row+x*16+j%16]
//	} }
//
// with the sum in the order of y, then x. nb is 1, 2 or 3. fetch values of next are fetched
// into the cache per pixel.
func gramTilePortable(tile, a, b, next []float32, plane, row, rows, width, nb, fetch int) {
	for r := 0; r < GramRows; r += 2 {
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
