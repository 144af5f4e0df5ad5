package simd

// Taps of a 3x3 filter.
const Taps = 9

// filterPointsPortable writes the 36 values of G w G^T of sixteen filters w to u, point q
// to u[q*stride:], with
//
//	G = 1/4    0     0
//	   -1/6  -1/6  -1/6
//	   -1/6   1/6  -1/6
//	   1/24  1/12   1/6
//	   1/24 -1/12   1/6
//	     0     0     1
//
// in float64.
func filterPointsPortable(u []float32, stride int, w *[Taps][Lanes]float32) {
	for l := range Lanes {
		var t [TileIn][3]float64
		for j := range 3 {
			t[0][j], t[1][j], t[2][j], t[3][j], t[4][j], t[5][j] =
				filterLine(float64(w[j][l]), float64(w[3+j][l]), float64(w[6+j][l]))
		}
		for i := range t {
			a, b, c, d, e, f := filterLine(t[i][0], t[i][1], t[i][2])
			for j, v := range [TileIn]float64{a, b, c, d, e, f} {
				u[(i*TileIn+j)*stride+l] = float32(v)
			}
		}
	}
}

// filterLine is G times a column.
func filterLine(a, b, c float64) (r0, r1, r2, r3, r4, r5 float64) {
	s, t := (a+c)*(1./6), b*(1./6)
	p, q := a*(1./24)+c*(1./6), b*(1./12)
	return a * 0.25, -s - t, t - s, p + q, p - q, c
}
