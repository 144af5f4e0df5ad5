package kernel

// direct convolves without a transform, in bfloat16: the tile registers multiply so
// fast that Winograd's fewer products would not pay for their larger errors.
// Its filters are [pair of blocks of outputs][32 inputs][9 taps][2 tiles].
type direct struct{ filters []float32 }

// taps of a 3x3 filter.
const taps = 9

// directLen is the length of the filters of in to out channels.
func directLen(in, out int) int {
	return (out + panelRow - 1) / panelRow * ((in + panelRow - 1) / panelRow) * taps * 2 * tileSize
}

// newDirect rounds the filters of c, those of the adjoint if back.
func newDirect(c *Conv, back bool) direct {
	in, out := c.channels(back)
	d := direct{Alloc(directLen(in, out))}
	c.eachPair(back, func(p int) {
		for o := p * panelRow; o < min((p+1)*panelRow, out); o++ {
			for i := range in {
				d.pack(in, i, o, c.filter(i, o, back), back)
			}
		}
	})
	return d
}

// pack writes the filter g [3][3] from input c to output o, turned by 180 degrees if
// flip, into filters for in inputs.
func (d direct) pack(in, c, o int, g *[taps]float32, flip bool) {
	blocks := (in + panelRow - 1) / panelRow
	u := halves(d.filters[(o/panelRow*blocks+c/panelRow)*taps*2*tileSize:][:taps*2*tileSize])
	at := o%panelRow/Lanes*2*tileSize + c%panelRow/2*2*Lanes + o%Lanes*2 + c%2
	for t := range taps {
		v := g[t]
		if flip {
			v = g[taps-1-t]
		}
		u[t*4*tileSize+at] = toBfloat(v)
	}
}

// convolve does bands of rows of the outputs: rounds the inputs of a band, and
// multiplies while they are in the cache.
func (d direct) convolve(w Workers, c convolution) {
	height, width := c.sd.H+2*c.halo, c.sd.W+2*c.halo
	b := &band{convolution: c, direct: d, blocks: (c.ss.Blocks() + 1) / 2, stream: c.sd.Len() >= large}
	b.width = roundUp(width, tileRows)
	b.row = (b.width + 2) * tilePairs
	// A band's inputs fill a megabyte, and every worker has a few bands.
	b.rows = min(1<<18/(b.blocks*b.row)-2, height/(3*max(1, int(w))))
	b.rows = max(1, b.rows)
	b.plane = (b.rows + 2) * b.row
	w.Each((height+b.rows-1)/b.rows, func(i int) {
		mem := borrow(b.blocks*b.plane + 2*b.width*Lanes)
		defer mem.release()
		x, line := mem.data[:b.blocks*b.plane], mem.data[b.blocks*b.plane:][:2*b.width*Lanes]
		first := i*b.rows - b.halo
		last := min(first+b.rows, b.sd.H+b.halo)
		b.load(x, first-1, last+1)
		for p := range (b.sd.Blocks() + 1) / 2 {
			for y := first; y < last; y++ {
				b.multiply(x[(y-first)*b.row:], line, p, y)
			}
		}
	})
}

// band is a few rows with all their inputs, [32 channels][rows+2][width+2][32].
type band struct {
	convolution
	direct
	blocks      int // of 32 inputs
	rows, width int // of outputs; the width to a multiple of sixteen
	row, plane  int // from row to row and block to block of the inputs
	stream      bool
}

// load rounds rows from … to-1 of the inputs; beyond the map and its halo there are
// zeros. Columns that only fill up the last tile are left as they are.
func (b *band) load(x []float32, from, to int) {
	s := b.ss
	begin := -b.halo - 1                    // the column that is first
	left := max(0, -1-begin)                // columns before the halo
	n := min(s.W+2, b.sd.W+2*b.halo+2-left) // columns of the map and its halo
	for k := range b.blocks {
		for y := from; y < to; y++ {
			line := x[k*b.plane+(y-from)*b.row:][:b.row]
			if y < -1 || y > s.H {
				clear(line)
				continue
			}
			clear(line[:left*tilePairs])
			right := left + n
			clear(line[right*tilePairs : min(right+left, b.width+2)*tilePairs])
			for half := range 2 {
				to := line[left*tilePairs+half*Lanes/2:]
				block := 2*k + half
				if block >= s.Blocks() {
					for i := range n {
						clear(to[i*tilePairs:][:Lanes/2])
					}
					continue
				}
				o := s.Index(block*Lanes, y, begin+left)
				var mask []uint16
				if b.mask != nil {
					mask = b.mask[o/Lanes:]
				}
				bfloatRow(to, b.src[o:], mask, n)
			}
		}
	}
}

// multiply computes row y of the pair p of blocks of outputs.
func (b *band) multiply(x, line []float32, p, y int) {
	u := b.filters[p*b.blocks*taps*2*tileSize:][:b.blocks*taps*2*tileSize]
	rowProduct(line, b.width*Lanes, x, b.plane, b.row, u, b.blocks, b.width/tileRows)
	for k := range min(2, b.sd.Blocks()-2*p) {
		at := b.sd.Index((2*p+k)*Lanes, y, -b.halo)
		finishRow(b.dst[at:][:(b.sd.W+2*b.halo)*Lanes], line[k*b.width*Lanes:], b.biasOf(2*p+k), b.relu, b.bitsAt(at), b.stream)
	}
}

// rowProductPortable convolves groups times sixteen pixels of a row, to two blocks of
// outputs:
//
//	y[b*yStride + t*16 + o] = sum over k < kb, taps, c < 32 of
//		x[k*xStride + tap/3*row + (t+tap%3)*16 …][c] * u[k][tap][b][c][o]
//
// in numbers of bfloat16, added as TDPBF16PS adds them: see tripleProductPortable.
func rowProductPortable(y []float32, yStride int, x []float32, xStride, row int, u []float32, kb, groups int) {
	for b := range 2 {
		for t := range groups * tileRows {
			var sum [Lanes]float32
			for k := range kb {
				for tap := range taps {
					o := k*xStride + tap/3*row + (t+tap%3)*tilePairs
					tileRow(&sum, halves(x[o:][:tilePairs]), halves(u[((k*taps+tap)*2+b)*tileSize:][:tileSize]))
				}
			}
			copy(y[b*yStride+t*Lanes:][:Lanes], sum[:])
		}
	}
}

// bfloatRowPortable rounds n pixels of sixteen channels of a; pixel t goes to d[t*16:],
// eight values wide. With a mask, a word a pixel, those whose bit is not set are zero.
func bfloatRowPortable(d, a []float32, mask []uint16, n int) {
	for t := range n {
		to := halves(d[t*tilePairs:][:Lanes/2])
		for l, v := range (*[Lanes]float32)(a[t*Lanes:]) {
			if mask != nil && mask[t]>>l&1 == 0 {
				v = 0
			}
			to[l] = toBfloat(v)
		}
	}
}
