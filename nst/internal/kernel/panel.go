package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// panelLen returns the length of a panel of filters for in input and out output channels:
// [ceil(out/32)][ceil16(in)][32].
func panelLen(in, out int) int {
	return (out + simd.PanelRow - 1) / simd.PanelRow * roundUp(in, Lanes) * simd.PanelRow
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// beyond returns a[at:], empty beyond its end. Some routines prefetch it, as next, for the
// call that follows.
func beyond(a []float32, at int) []float32 { return a[min(at, len(a)):] }
