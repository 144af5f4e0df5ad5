package kernel

// ninePoint returns the sum of VariationNinePoint: squares of the differences of each pixel
// from its eight neighbours, each pair once, of planes with a repeated edge.
func ninePoint(w Workers, wx, wy float64, x []float32, planes, height, width int) float64 {
	if height == 0 || width == 0 {
		return 0
	}
	sums := make([]float64, planes*(height+1))
	w.Each(len(sums), func(i int) {
		p, y := i/(height+1), i%(height+1)
		plane := x[p*height*width:][:height*width]
		above, below := plane[max(y-1, 0)*width:][:width], plane[min(y, height-1)*width:][:width]
		var straight, diagonal float64
		square := func(d float32) float64 { return float64(d) * float64(d) }
		for j := range width + 1 {
			left, right := max(j-1, 0), min(j, width-1)
			diagonal += square(below[right]-above[left]) + square(below[left]-above[right])
			if y < height {
				straight += square(below[right] - below[left])
			}
			if j < width {
				straight += square(below[j] - above[j])
			}
		}
		sums[i] = wx*straight + wy*diagonal
	})
	return addUp(sums)
}

// ninePointBackward computes dx, scale times the gradient of ninePoint.
func ninePointBackward(w Workers, wx, wy, scale float64, dx, x []float32, planes, height, width int) {
	w.Each(planes*height, func(i int) {
		p, y := i/height, i%height
		plane := x[p*height*width:][:height*width]
		row := func(y int) []float32 { return plane[min(max(y, 0), height-1)*width:][:width] }
		here, above, below := row(y), row(y-1), row(y+1)
		d := dx[i*width:][:width]
		inside := y > 0 && y < height-1
		for j, v := range here {
			if inside && j > 0 && j < width-1 { // the same sum in the same order
				g := wx * (float64(v-here[j-1]) + float64(v-here[j+1]) + float64(v-above[j]) + float64(v-below[j]))
				g += wy * float64(v-above[j-1])
				g += wy * float64(v-above[j+1])
				g += wy * float64(v-below[j-1])
				g += wy * float64(v-below[j+1])
				d[j] = float32(2 * scale * g)
				continue
			}
			column := func(j int) int { return min(max(j, 0), width-1) }
			g := wx * (float64(v-here[column(j-1)]) + float64(v-here[column(j+1)]) + float64(v-above[j]) + float64(v-below[j]))
			// A pixel at the edge is also repeated beyond it, where it has diagonals, too.
			for a := y - btoi(y == 0); a <= y+btoi(y == height-1); a++ {
				for b := j - btoi(j == 0); b <= j+btoi(j == width-1); b++ {
					for s := a - 1; s <= a+1; s += 2 {
						for t := b - 1; t <= b+1; t += 2 {
							if s >= -1 && s <= height && t >= -1 && t <= width {
								g += wy * float64(v-row(s)[column(t)])
							}
						}
					}
				}
			}
			d[j] = float32(2 * scale * g)
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
