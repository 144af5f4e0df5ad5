package kernel

// triple multiplies sums of two numbers of bfloat16, in tile registers. Its filters
// are [36][pair of blocks][32 channels][4 tiles].
type triple struct{ filters []float32 }

// newTriple transforms the filters of c, those of the adjoint if back.
func newTriple(c *Conv, back bool) triple {
	in, out := c.channels(back)
	blocks := (in + panelRow - 1) / panelRow
	n := roundUp(out, panelRow) / panelRow * blocks * 4 * tileSize
	u := Alloc(points * n)
	c.eachPair(back, func(p int) {
		var t [points * panelRow]float32
		for k := range in {
			pairPoints(t[:], panelRow, c, back, p, k)
			for q := range points {
				tiles := u[q*n+(p*blocks+k/panelRow)*4*tileSize:]
				for o, v := range t[q*panelRow:][:panelRow] {
					packTriple(tiles, k%panelRow, o, v)
				}
			}
		}
	})
	return triple{u}
}

func (triple) plan(ss, sd Shape, n int) layout {
	p := layout{rows: roundUp(n, tileRows), tile: tilePairs, blocks: (ss.Blocks() + 1) / 2, pairs: (sd.Blocks() + 1) / 2,
		odd: ss.Blocks()%2 != 0}
	p.inStride = p.blocks*p.rows*tilePairs + Lanes
	p.low = points * p.inStride
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
	tripleProduct(m[q*p.outStride:], p.rows*Lanes, v[q*p.inStride:], p.rows*tilePairs, p.low,
		u, p.blocks, p.rows/tileRows, to-from)
}

// splitPointsPortable is inputPointsPortable with every value as two of bfloat16:
// channel c of tile t of point p is number p*2*stride + t*32 + c of v, and what that
// leaves is low floats, 2*low numbers, further on.
func splitPointsPortable(v []float32, stride, low int, src []float32, mask []uint16, row, maskRow, n int) {
	for t := range n {
		r := inputTile(src[t*tileOut*Lanes:], mask, t*tileOut, row, maskRow)
		for p := range r {
			a := halves(v[p*stride+t*tilePairs:][:Lanes/2])
			b := halves(v[p*stride+t*tilePairs+low:][:Lanes/2])
			for c, x := range r[p] {
				a[c], b[c] = splitBfloat(x)
			}
		}
	}
}

// packTriple writes the filter u[c][o] of 32 inputs and 32 outputs as four tiles of
// pairs of inputs, [high, low][o/16][c/2][o%16][c%2].
func packTriple(tiles []float32, c, o int, u float32) {
	at := o/Lanes*2*tileSize + c/2*2*Lanes + o%Lanes*2 + c%2
	h := halves(tiles)
	h[at], h[at+4*tileSize] = splitBfloat(u)
}

// tripleProductPortable multiplies rows times sixteen rows of 32*kb inputs with pairs
// pairs of blocks of filters, each number being the sum of two of bfloat16, and leaves
// the product of the two small ones out:
//
//	m[b*mStride + t*16 + o] = sum over k of high*high', then low*high', then high*low'
//
// Inputs are as splitPointsPortable writes them, vStride floats from 32 channels to
// the next; filters as packTriple does, [pair][kb][4 tiles].
// A tile register's products are added as TDPBF16PS adds them: even and odd inputs
// apart, and the sum of the two to what is there.
func tripleProductPortable(m []float32, mStride int, v []float32, vStride, low int, u []float32, kb, rows, pairs int) {
	for q := range pairs {
		for t := range rows * tileRows {
			for j := range 2 {
				var sum [Lanes]float32
				for k := range kb {
					x := v[k*vStride+t*tilePairs:]
					high, rest := halves(x[:tilePairs]), halves(x[low:low+tilePairs])
					tiles := u[(q*kb+k)*4*tileSize:][:4*tileSize]
					large, small := halves(tiles[j*tileSize:][:tileSize]), halves(tiles[(2+j)*tileSize:][:tileSize])
					tileRow(&sum, high, large)
					tileRow(&sum, rest, large)
					tileRow(&sum, high, small)
				}
				copy(m[(2*q+j)*mStride+t*Lanes:][:Lanes], sum[:])
			}
		}
	}
}
