package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// pairPoints computes the 36 points of the filters of c, or of its adjoint if back, from
// input k to pair p of blocks of outputs. It writes point q to u[q*stride:]. Points
// without an output are zero.
func pairPoints(u []float32, stride int, c *Conv, back bool, p, k int) {
	_, out := c.channels(back)
	for half := range 2 {
		var w [simd.Taps][Lanes]float32
		first := p*simd.PanelRow + half*Lanes
		for l := range min(Lanes, out-first) {
			g := c.filter(k, first+l, back)
			if back { // turned by 180 degrees
				for i, v := range g {
					w[simd.Taps-1-i][l] = v
				}
				continue
			}
			for i, v := range g {
				w[i][l] = v
			}
		}
		simd.FilterPoints(u[half*Lanes:], stride, &w)
	}
}
