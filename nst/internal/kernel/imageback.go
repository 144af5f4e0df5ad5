package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// The backward pass of ImageConv: from the blocked gradient to the planar image.

// backPlanes is the number of values of sixteen channels that are stored in planes at a time.
const backPlanes = 1 << 17

// Backward computes dx [in][height][width], planar, the gradient with respect to the image,
// from dy, blocked, the gradient with respect to the output. With the bits that Forward
// wrote, dy counts only where they are set. It does not write dy.
func (c *ImageConv) Backward(w Workers, dx, dy []float32, bits []uint16, height, width int) {
	s := Shape{c.out, height, width}
	check("ImageConv.Backward", s, operand{"dx", dx, c.in * height * width}, operand{"dy", dy, s.Len()})
	checkBits("ImageConv.Backward", bits, s)
	if height == 0 || width == 0 {
		return
	}
	// The gradient with respect to the padded image, or to the image alone if the padding
	// is zero. The padded image has edge more pixels on every side.
	r, edge := c.size/2, 0
	if c.padding != PadZero {
		edge = r
	}
	h, wd := height+2*edge, width+2*edge
	full := dx
	if edge > 0 {
		mem := borrow(c.in * h * wd)
		defer mem.release()
		full = mem.data[:c.in*h*wd]
	}
	// A piece reads 2*r rows and columns more than it computes. Large pieces are better, if
	// sixteen planes fit in the cache and all workers have equal work.
	across := (wd + 287) / 288
	cols := roundUp((wd+across-1)/across, simd.BackCols)
	most := max(1, (backPlanes/(Lanes*cols)-2*r)/simd.BackRows)
	tiles := (h + simd.BackRows - 1) / simd.BackRows
	down := min(tiles, roundUp((tiles+most-1)/most, max(1, int(w))))
	// Use one size for all pieces, although some are a little smaller.
	room := c.pieceLen((tiles+down-1)/down*simd.BackRows, cols)
	w.Each(down*across, func(i int) {
		mem := borrow(room)
		defer mem.release()
		from, to := i/across*tiles/down*simd.BackRows, (i/across+1)*tiles/down*simd.BackRows
		c.backPiece(mem.data, full, dy, bits, s, from, i%across*cols, to-from, cols, h, wd, edge)
	})
	if edge == 0 {
		return
	}
	w.Each(c.in, func(p int) {
		foldPlane(dx[p*height*width:][:height*width], full[p*h*wd:][:h*wd], height, width, edge, c.padding)
	})
}

// planeSize returns the size of the planes for a piece of rows x cols.
func (c *ImageConv) planeSize(rows, cols int) (width, height int) {
	r := c.size / 2
	return roundUp(cols+2*r, Lanes), rows + 2*r
}

// pieceLen returns the length of the memory of a piece.
func (c *ImageConv) pieceLen(rows, cols int) int {
	width, height := c.planeSize(rows, cols)
	return Lanes*(height*width+Lanes) + roundUp(c.in, simd.BackChannels)*rows*cols
}

// backPiece computes rows x cols pixels from q0, p0 of the gradient with respect to the
// (padded) image, h x wd, as far as they lie inside it. mem is its working memory. It
// processes one block of channels after the other: it stores the block in planes, masked
// and surrounded by zeros, from which all taps read.
func (c *ImageConv) backPiece(mem, full, dy []float32, bits []uint16, s Shape, q0, p0, rows, cols, h, wd, edge int) {
	r, area := c.size/2, c.size*c.size
	pw, ph := c.planeSize(rows, cols)
	plane := ph*pw + Lanes // avoids powers of two
	groups := (c.in + simd.BackChannels - 1) / simd.BackChannels
	oplane := rows * cols
	planes := mem[:Lanes*plane]
	out := mem[Lanes*plane:][:groups*simd.BackChannels*oplane]
	clear(out)
	// The planes begin at this row and column of dy, and hold its columns from … to-1.
	row0, col0 := q0-edge-r, p0-edge-r
	from := min(max(0, col0), s.W)
	to := max(from, min(s.W, col0+pw))
	// During the work on a block, each tile prefetches a part of a row of the next block.
	tiles := (min(rows, h-q0) + simd.BackRows - 1) / simd.BackRows * ((min(cols, wd-p0) + simd.BackCols - 1) / simd.BackCols)
	perRow := max(1, tiles/ph)
	ahead := func(tile int) int {
		row := min(max(row0+tile/perRow, 0), s.H-1)
		return s.Index(0, row, from) + tile%perRow*(to-from)/perRow*Lanes
	}
	for b := range s.Blocks() {
		for i := range ph {
			at, row := planes[i*pw:], row0+i
			if row < 0 || row >= s.H || from == to {
				for l := range Lanes {
					clear(at[l*plane:][:pw])
				}
				continue
			}
			for l := range Lanes {
				clear(at[l*plane:][:from-col0])
				clear(at[l*plane+to-col0:][:pw-(to-col0)])
			}
			var mask []uint16
			if bits != nil {
				mask = bits[s.Index(b*Lanes, row, from)/Lanes:]
			}
			simd.ToPlanes(at[from-col0:], plane, s.line(dy, b, row)[from*Lanes:], mask, to-from)
		}
		for g := range groups {
			u := c.backward[(g*roundUp(c.out, Lanes)+b*Lanes)*area*4:][:Lanes*area*4]
			tile := 0
			for i := 0; i < min(rows, h-q0); i += simd.BackRows {
				for x := 0; x < min(cols, wd-p0); x += simd.BackCols {
					next := beyond(dy, (b+1)*s.plane()+ahead(tile))
					tile++
					simd.ImageBack(out[g*simd.BackChannels*oplane+i*cols+x:], oplane, cols, planes[i*pw+x:], plane, pw, u, next, c.size)
				}
			}
		}
	}
	for p := range c.in {
		for i := range min(rows, h-q0) {
			copy(full[(p*h+q0+i)*wd+p0:][:min(cols, wd-p0)], out[p*oplane+i*cols:])
		}
	}
}

// foldPlane adds every pixel of full, which has edge more pixels on every side, to the
// pixel of dx that it is a copy of.
func foldPlane(dx, full []float32, height, width, edge int, p Padding) {
	fw := width + 2*edge
	for y := range height {
		copy(dx[y*width:][:width], full[(y+edge)*fw+edge:])
	}
	for y := -edge; y < height+edge; y++ {
		row := full[(y+edge)*fw:][:fw]
		to := dx[p.at(y, height)*width:][:width]
		if y < 0 || y >= height {
			addTo(to, row[edge:edge+width])
		}
		for i := range edge {
			to[p.at(i-edge, width)] += row[i]
			to[p.at(width+i, width)] += row[edge+width+i]
		}
	}
}
