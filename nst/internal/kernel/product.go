package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// product stores the 36 matrices of transformed inputs and multiplies them with those of
// the filters. The implementations are single and triple.
type product interface {
	// plan returns the layout of n tiles for a convolution of a map of shape ss to sd.
	plan(ss, sd Shape, n int) layout
	// group returns a good number of tiles to process together: enough to reuse the
	// filters, few enough to stay in the cache.
	group(in, out int) int
	// transform computes B^T d B for n adjacent tiles of a block of inputs.
	transform(p layout, v, src []float32, mask []uint16, row, maskRow, n int)
	// finish is called after the blocks of inputs before block to are transformed.
	finish(p layout, v []float32, to int)
	// multiply computes pairs from … to-1 of blocks of outputs at point q for all tiles; m
	// begins with the first pair.
	multiply(p layout, m, v []float32, q, from, to int)
}

// layout describes the places of the transformed tiles in working memory, in float32.
type layout struct {
	rows    int // number of tiles, with those that fill up
	inputs  int // the length of all inputs, and of all outputs
	outputs int
	// Distances between points. They avoid powers of two, which would map all 36 points
	// to the same cache lines.
	inStride, outStride int
	tile                int // distance between tiles of the inputs
	low                 int // distance from a value to its rounding error, if that is stored
	blocks              int // of inputs, in the units of the product
	pairs               int // of blocks of outputs
	odd                 bool
}

// outputsOf returns the layout with room for the given number of pairs of blocks of outputs.
func (p layout) outputsOf(pairs int) layout {
	p.outStride = 2*pairs*p.rows*Lanes + Lanes
	p.outputs = simd.Points * p.outStride
	return p
}

// block returns the index at which block b of the inputs begins.
func (p layout) block(b int) int {
	if p.low == 0 {
		return b * p.rows * Lanes
	}
	return b/2*p.rows*simd.TilePairs + b%2*Lanes/2
}
