package kernel

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
	// multiply computes pairs from … to-1 of blocks of outputs of point q of all tiles.
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

// block is where block b of the inputs begins.
func (p layout) block(b int) int {
	if p.low == 0 {
		return b * p.rows * Lanes
	}
	return b/2*p.rows*tilePairs + b%2*Lanes/2
}

// single multiplies float32. Its filters are [36][panel].
type single struct{ filters []float32 }

func (single) plan(ss, sd Shape, n int) layout {
	p := layout{rows: n, tile: Lanes, blocks: ss.Blocks(), pairs: (sd.Blocks() + 1) / 2, odd: sd.Blocks()%2 != 0}
	p.inStride, p.outStride = ss.Blocks()*n*Lanes+Lanes, sd.Blocks()*n*Lanes+Lanes
	p.inputs, p.outputs = points*p.inStride, points*p.outStride
	return p
}

func (single) group(in, out int) int {
	if max(in, out) >= 256 {
		return 112
	}
	return 28
}

func (single) transform(p layout, v, src []float32, mask []uint16, row, maskRow, n int) {
	inputPoints(v, p.inStride, src, mask, row, maskRow, n)
}

func (single) finish(layout, []float32, int) {}

func (s single) multiply(p layout, m, v []float32, q, from, to int) {
	u := s.filters[q*(len(s.filters)/points):]
	for i := from; i < to; i++ {
		nb := 2
		if p.odd && i == p.pairs-1 {
			nb = 1
		}
		multiply(m[q*p.outStride+2*i*p.rows*Lanes:], p.rows*Lanes, v[q*p.inStride:], p.rows*Lanes,
			u[i*p.blocks*Lanes*panelRow:], p.blocks, p.rows, nb)
	}
}

// multiply is gemm for any number n of pixels.
func multiply(m []float32, mStride int, v []float32, vStride int, u []float32, kb, n, nb int) {
	groups := (n + tilePixels - 1) / tilePixels
	for t := 0; groups > 0; groups-- {
		mr := (n - t + groups - 1) / groups
		gemm(m[t*Lanes:], mStride, v[t*Lanes:], vStride, u, kb, mr, nb)
		t += mr
	}
}

// triple multiplies sums of two numbers of bfloat16, in tile registers. Its filters
// are [36][pair of blocks][32 channels][4 tiles].
type triple struct{ filters []float32 }

func (triple) plan(ss, sd Shape, n int) layout {
	p := layout{rows: roundUp(n, tileRows), tile: tilePairs, blocks: (ss.Blocks() + 1) / 2, pairs: (sd.Blocks() + 1) / 2,
		odd: ss.Blocks()%2 != 0}
	p.inStride, p.outStride = p.blocks*p.rows*tilePairs+Lanes, 2*p.pairs*p.rows*Lanes+Lanes
	p.low = points * p.inStride
	p.inputs, p.outputs = 2*p.low, points*p.outStride
	return p
}

func (triple) group(in, out int) int {
	if max(in, out) >= 256 {
		return 128
	}
	return 32
}

func (triple) transform(p layout, v, src []float32, mask []uint16, row, maskRow, n int) {
	splitPoints(v, p.inStride, p.low, src, mask, row, maskRow, n)
}

// finish clears the upper sixteen channels of the last pair of blocks where there is
// no block: their filters are zero, but zero times garbage may be NaN.
func (triple) finish(p layout, v []float32, to int) {
	if !p.odd || to != 2*p.blocks-1 {
		return
	}
	for q := range points {
		for _, o := range [2]int{0, p.low} {
			last := v[o+q*p.inStride+(p.blocks-1)*p.rows*tilePairs:]
			for t := range p.rows {
				clear(last[t*tilePairs+Lanes/2:][:Lanes/2])
			}
		}
	}
}

func (s triple) multiply(p layout, m, v []float32, q, from, to int) {
	u := s.filters[q*(len(s.filters)/points)+from*p.blocks*4*tileSize:]
	tripleProduct(m[q*p.outStride+2*from*p.rows*Lanes:], p.rows*Lanes, v[q*p.inStride:], p.rows*tilePairs, p.low,
		u, p.blocks, p.rows/tileRows, to-from)
}
