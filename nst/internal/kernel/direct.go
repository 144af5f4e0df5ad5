package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// direct convolves in bfloat16 without a transform. The tile registers multiply so fast
// that the fewer products of Winograd's method are not worth its larger errors. The
// filters are [pair of blocks of outputs][32 inputs][9 taps][2 tiles].
type direct struct{ filters []float32 }

// directLen returns the length of the filters of in to out channels.
func directLen(in, out int) int {
	return (out + simd.PanelRow - 1) / simd.PanelRow * ((in + simd.PanelRow - 1) / simd.PanelRow) * simd.Taps * 2 * simd.TileSize
}

// newDirect rounds the filters of c, those of the adjoint if back.
func newDirect(c *Conv, back bool) direct {
	in, out := c.channels(back)
	d := direct{Alloc(directLen(in, out))}
	c.eachPair(back, func(p int) {
		for o := p * simd.PanelRow; o < min((p+1)*simd.PanelRow, out); o++ {
			for i := range in {
				d.pack(in, i, o, c.filter(i, o, back), back)
			}
		}
	})
	return d
}

// pack writes the filter g [3][3] from input c to output o, turned by 180 degrees if
// flip, into filters for in inputs.
func (d direct) pack(in, c, o int, g *[simd.Taps]float32, flip bool) {
	blocks := (in + simd.PanelRow - 1) / simd.PanelRow
	u := simd.Halves(d.filters[(o/simd.PanelRow*blocks+c/simd.PanelRow)*simd.Taps*2*simd.TileSize:][:simd.Taps*2*simd.TileSize])
	at := o%simd.PanelRow/Lanes*2*simd.TileSize + c%simd.PanelRow/2*2*Lanes + o%Lanes*2 + c%2
	for t := range simd.Taps {
		v := g[t]
		if flip {
			v = g[simd.Taps-1-t]
		}
		u[t*4*simd.TileSize+at] = simd.ToBfloat(v)
	}
}

// convolve works on bands of rows of the outputs: it rounds the inputs of a band and
// multiplies them while they are in the cache.
func (d direct) convolve(w Workers, c convolution) {
	height, width := c.sd.H+2*c.halo, c.sd.W+2*c.halo
	b := &band{convolution: c, direct: d, blocks: (c.ss.Blocks() + 1) / 2, stream: c.sd.Len() >= large}
	b.width = roundUp(width, simd.TileRows)
	b.row = (b.width + 2) * simd.TilePairs
	// The inputs of a band fill a megabyte, and every worker has several bands.
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

// band holds a few rows with all their inputs, [32 channels][rows+2][width+2][32].
type band struct {
	convolution
	direct
	blocks      int // of 32 inputs
	rows, width int // of outputs; the width is rounded up to a multiple of sixteen
	row, plane  int // distances between rows and between blocks of the inputs
	stream      bool
}

// load rounds rows from … to-1 of the inputs. Values beyond the map and its halo are zero.
// It does not write the columns that fill up the last tile.
func (b *band) load(x []float32, from, to int) {
	s := b.ss
	begin := -b.halo - 1                    // the first column
	left := max(0, -1-begin)                // columns before the halo
	n := min(s.W+2, b.sd.W+2*b.halo+2-left) // columns of the map and its halo
	for k := range b.blocks {
		for y := from; y < to; y++ {
			line := x[k*b.plane+(y-from)*b.row:][:b.row]
			if y < -1 || y > s.H {
				clear(line)
				continue
			}
			clear(line[:left*simd.TilePairs])
			right := left + n
			clear(line[right*simd.TilePairs : min(right+left, b.width+2)*simd.TilePairs])
			for half := range 2 {
				to := line[left*simd.TilePairs+half*Lanes/2:]
				block := 2*k + half
				if block >= s.Blocks() {
					for i := range n {
						clear(to[i*simd.TilePairs:][:Lanes/2])
					}
					continue
				}
				o := s.Index(block*Lanes, y, begin+left)
				var mask []uint16
				if b.mask != nil {
					mask = b.mask[o/Lanes:]
				}
				simd.BfloatRow(to, b.src[o:], mask, n)
			}
		}
	}
}

// multiply computes row y of the pair p of blocks of outputs.
func (b *band) multiply(x, line []float32, p, y int) {
	u := b.filters[p*b.blocks*simd.Taps*2*simd.TileSize:][:b.blocks*simd.Taps*2*simd.TileSize]
	simd.RowProduct(line, b.width*Lanes, x, b.plane, b.row, u, b.blocks, b.width/simd.TileRows)
	for k := range min(2, b.sd.Blocks()-2*p) {
		at := b.sd.Index((2*p+k)*Lanes, y, -b.halo)
		simd.FinishRow(b.dst[at:][:(b.sd.W+2*b.halo)*Lanes], line[k*b.width*Lanes:], b.biasOf(2*p+k), b.low(), b.bitsAt(at), b.stream)
	}
}
