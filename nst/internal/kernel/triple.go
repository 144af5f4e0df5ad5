package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// triple multiplies factors that are sums of two bfloat16 numbers, in tile registers. Its
// filters are [36][pair of blocks][32 channels][4 tiles].
type triple struct{ filters []float32 }

// newTriple transforms the filters of c, those of the adjoint if back.
func newTriple(c *Conv, back bool) triple {
	in, out := c.channels(back)
	blocks := (in + simd.PanelRow - 1) / simd.PanelRow
	n := roundUp(out, simd.PanelRow) / simd.PanelRow * blocks * 4 * simd.TileSize
	u := Alloc(simd.Points * n)
	c.eachPair(back, func(p int) {
		var t [simd.Points * simd.PanelRow]float32
		for k := range in {
			pairPoints(t[:], simd.PanelRow, c, back, p, k)
			for q := range simd.Points {
				tiles := u[q*n+(p*blocks+k/simd.PanelRow)*4*simd.TileSize:]
				for o, v := range t[q*simd.PanelRow:][:simd.PanelRow] {
					packTriple(tiles, k%simd.PanelRow, o, v)
				}
			}
		}
	})
	return triple{u}
}

func (triple) plan(ss, sd Shape, n int) layout {
	p := layout{rows: roundUp(n, simd.TileRows), tile: simd.TilePairs, blocks: (ss.Blocks() + 1) / 2, pairs: (sd.Blocks() + 1) / 2,
		odd: ss.Blocks()%2 != 0}
	p.inStride = p.blocks*p.rows*simd.TilePairs + Lanes
	p.low = simd.Points * p.inStride
	p.inputs = 2 * p.low
	return p.outputsOf(p.pairs)
}

func (triple) group(in, out int) int {
	if max(in, out) >= 256 {
		return 128
	}
	return 32
}

func (triple) transform(p layout, v, src []float32, mask []uint16, row, maskRow, n int) {
	simd.SplitPoints(v, p.inStride, p.low, src, mask, row, maskRow, n)
}

// finish clears the upper sixteen channels of the last pair if it has only one block. Their
// filters are zero, but zero times an undefined value may be NaN.
func (triple) finish(p layout, v []float32, to int) {
	if !p.odd || to != 2*p.blocks-1 {
		return
	}
	for q := range simd.Points {
		for _, o := range [2]int{0, p.low} {
			last := v[o+q*p.inStride+(p.blocks-1)*p.rows*simd.TilePairs:]
			for t := range p.rows {
				clear(last[t*simd.TilePairs+Lanes/2:][:Lanes/2])
			}
		}
	}
}

func (s triple) multiply(p layout, m, v []float32, q, from, to int) {
	u := s.filters[q*(len(s.filters)/simd.Points)+from*p.blocks*4*simd.TileSize:]
	simd.TripleProduct(m[q*p.outStride:], p.rows*Lanes, v[q*p.inStride:], p.rows*simd.TilePairs, p.low,
		u, p.blocks, p.rows/simd.TileRows, to-from)
}

// packTriple writes the filter u[c][o] of 32 inputs and 32 outputs as four tiles of
// pairs of inputs, [high, low][o/16][c/2][o%16][c%2].
func packTriple(tiles []float32, c, o int, u float32) {
	at := o/Lanes*2*simd.TileSize + c/2*2*Lanes + o%Lanes*2 + c%2
	h := simd.Halves(tiles)
	h[at], h[at+4*simd.TileSize] = simd.SplitBfloat(u)
}
