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
	b := &band{convolution: c, direct: d, blocks: (c.ss.Blocks() + 1) / 2}
	b.width = roundUp(width, tileRows)
	b.row = (b.width + 2) * tilePairs
	// A band's inputs fill half a megabyte, and every worker has a few bands.
	b.rows = min(1<<17/(b.blocks*b.row)-2, height/(3*max(1, int(w))))
	b.rows = max(1, b.rows)
	b.plane = (b.rows + 2) * b.row
	w.Each((height+b.rows-1)/b.rows, func(i int) {
		mem := borrow(b.blocks*b.plane + 2*tileSize)
		defer mem.release()
		x, edge := mem.data[:b.blocks*b.plane], mem.data[b.blocks*b.plane:][:2*tileSize]
		first := i*b.rows - b.halo
		last := min(first+b.rows, b.sd.H+b.halo)
		b.load(x, first-1, last+1)
		for p := range (b.sd.Blocks() + 1) / 2 {
			for y := first; y < last; y++ {
				b.multiply(x[(y-first)*b.row:], edge, p, y)
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
func (b *band) multiply(x, edge []float32, p, y int) {
	s := b.sd
	width := s.W + 2*b.halo
	u := b.filters[p*b.blocks*taps*2*tileSize:][:b.blocks*taps*2*tileSize]
	nb := min(2, s.Blocks()-2*p)
	at := [2]int{s.Index(2*p*Lanes, y, -b.halo), 0}
	if nb == 2 {
		at[1] = s.Index((2*p+1)*Lanes, y, -b.halo)
	}
	whole := width / tileRows
	if nb == 1 {
		whole = 0 // the second block is nowhere
	}
	if whole > 0 {
		rowProduct(b.dst[at[0]:], s.plane(), x, b.plane, b.row, u, b.blocks, whole)
	}
	for first := whole * tileRows; first < width; first += tileRows {
		rowProduct(edge, tileSize, x[first*tilePairs:], b.plane, b.row, u, b.blocks, 1)
		for k := range nb {
			copy(b.dst[at[k]+first*Lanes:][:min(tileRows, width-first)*Lanes], edge[k*tileSize:])
		}
	}
	if b.bias == nil { // of the adjoint: no ReLU either
		return
	}
	for k := range nb {
		line := b.dst[at[k]:][:width*Lanes]
		finishRow(line, b.bias[(2*p+k)*Lanes:][:Lanes], b.relu, b.bitsAt(at[k]))
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

// finishRowPortable adds the bias to every pixel of y and, with relu, makes negative
// values zero and sets the bits of what stays, where bits are wanted.
func finishRowPortable(y, bias []float32, relu bool, bits []uint16) {
	for t := range len(y) / Lanes {
		p := (*[Lanes]float32)(y[t*Lanes:])
		for l, v := range p {
			v += bias[l]
			if relu && v < 0 {
				v = 0
			}
			p[l] = v
		}
		if bits != nil {
			bits[t] = positive(p)
		}
	}
}
