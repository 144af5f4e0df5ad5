package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// panelLen is the length of a panel of filters for in input and out output
// channels: [ceil(out/32)][ceil16(in)][32].
func panelLen(in, out int) int {
	return (out + simd.PanelRow - 1) / simd.PanelRow * roundUp(in, Lanes) * simd.PanelRow
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// beyond returns a from at on, empty beyond its end. Some routines fetch it into the cache
// while they work, as next, for the call that follows.
func beyond(a []float32, at int) []float32 { return a[min(at, len(a)):] }
