package kernel

// pairPoints computes the 36 points of the filters of c, or of its adjoint if back, from
// input k to pair p of blocks of outputs: point q to u[q*stride:]. Where there is no
// output they are zero.
func pairPoints(u []float32, stride int, c *Conv, back bool, p, k int) {
	_, out := c.channels(back)
	for half := range 2 {
		var w [taps][Lanes]float32
		first := p*panelRow + half*Lanes
		for l := range min(Lanes, out-first) {
			g := c.filter(k, first+l, back)
			if back { // turned by 180 degrees
				for i, v := range g {
					w[taps-1-i][l] = v
				}
				continue
			}
			for i, v := range g {
				w[i][l] = v
			}
		}
		filterPoints(u[half*Lanes:], stride, &w)
	}
}
