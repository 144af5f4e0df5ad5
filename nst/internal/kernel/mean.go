package kernel

// Mean computes m[c], the mean of channel c of the blocked map x over its positions, summed
// in float64. The mean of a map without positions is 0.
func Mean(w Workers, m, x []float32, s Shape) {
	check("Mean", s, operand{"m", m, s.C}, operand{"x", x, s.Len()})
	// One sum for every row; the sums are added in the order of the rows.
	sums := make([][Lanes]float64, s.Blocks()*s.H)
	w.Each(len(sums), func(i int) {
		var acc [Lanes]float64
		row := s.line(x, i/s.H, i%s.H)
		for o := 0; o < len(row); o += Lanes {
			for l, v := range (*[Lanes]float32)(row[o:]) {
				acc[l] += float64(v)
			}
		}
		sums[i] = acc
	})
	for c := range s.C {
		var sum float64
		for y := range s.H {
			sum += sums[c/Lanes*s.H+y][c%Lanes]
		}
		m[c] = 0
		if n := s.H * s.W; n > 0 {
			m[c] = float32(sum / float64(n))
		}
	}
}

// MeanBackward computes dx[c][i][j] = dm[c] / (H*W), blocked.
func MeanBackward(w Workers, dx, dm []float32, s Shape) {
	check("MeanBackward", s, operand{"dx", dx, s.Len()}, operand{"dm", dm, s.C})
	w.Each(s.Blocks()*s.H, func(i int) {
		var v [Lanes]float32
		b := i / s.H
		for l := range min(Lanes, s.C-b*Lanes) {
			v[l] = float32(float64(dm[b*Lanes+l]) / float64(s.H*s.W))
		}
		row := s.line(dx, b, i%s.H)
		for o := 0; o < len(row); o += Lanes {
			*(*[Lanes]float32)(row[o:]) = v
		}
	})
}
