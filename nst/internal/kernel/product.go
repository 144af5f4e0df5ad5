package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// product is how the 36 matrices of transformed inputs are held and multiplied with
// those of the filters: single or triple.
type product interface {
	// plan lays out n tiles of maps ss to sd.
	plan(ss, sd Shape, n int) layout
	// group is a good number of tiles to work together: enough to reuse the filters,
	// few enough to stay in the cache.
	group(in, out int) int
	// transform is B^T d B of n tiles side by side of a block of inputs.
	transform(p layout, v, src []float32, mask []uint16, row, maskRow, n int)
	// finish follows the blocks of inputs up to to.
	finish(p layout, v []float32, to int)
	// multiply computes pairs from … to-1 of blocks of outputs of point q of all tiles;
	// m begins with the first of them.
	multiply(p layout, m, v []float32, q, from, to int)
}

// layout says where in working memory the transformed tiles are; sizes are float32s.
type layout struct {
	rows    int // tiles, with those that only fill up
	inputs  int // the length of all inputs, and of all outputs
	outputs int
	// From point to point. These are kept off powers of two, which would map all 36 to
	// the same lines of the cache.
	inStride, outStride int
	tile                int // from tile to tile of the inputs
	low                 int // from a value to what it leaves, if that is held
	blocks              int // of inputs, in the units of the product
	pairs               int // of blocks of outputs
	odd                 bool
}

// outputsOf makes room for so many pairs of blocks of outputs.
func (p layout) outputsOf(pairs int) layout {
	p.outStride = 2*pairs*p.rows*Lanes + Lanes
	p.outputs = simd.Points * p.outStride
	return p
}

// block is where block b of the inputs begins.
func (p layout) block(b int) int {
	if p.low == 0 {
		return b * p.rows * Lanes
	}
	return b/2*p.rows*simd.TilePairs + b%2*Lanes/2
}
