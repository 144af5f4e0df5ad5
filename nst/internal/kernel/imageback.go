package kernel

// The way back of ImageConv: from the blocked gradient to the planar image.

const (
	backChannels = 3  // channels of the image that one call of imageBackPortable works on
	backRows     = 6  // its rows
	backCols     = 16 // its columns
	// backPlanes is how many values of sixteen channels are laid out in planes at a time.
	backPlanes = 1 << 17
)

// Backward computes dx [in][height][width], planar, the gradient to the image,
// from dy, blocked, the gradient to the output; with the bits that Forward wrote, dy
// counts only where they are set. dy is not written to.
func (c *ImageConv) Backward(w Workers, dx, dy []float32, bits []uint16, height, width int) {
	s := Shape{c.out, height, width}
	check("ImageConv.Backward", s, operand{"dx", dx, c.in * height * width}, operand{"dy", dy, s.Len()})
	checkBits("ImageConv.Backward", bits, s)
	if height == 0 || width == 0 {
		return
	}
	// The gradient to the padded image, edge pixels beyond the image, or to the
	// image alone where the padding is zero.
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
	// A piece reads 2*r rows and columns more than it gives: large ones are better,
	// as long as sixteen planes fit the cache and all workers have the same to do.
	across := (wd + 287) / 288
	cols := roundUp((wd+across-1)/across, backCols)
	most := max(1, (backPlanes/(Lanes*cols)-2*r)/backRows)
	tiles := (h + backRows - 1) / backRows
	down := min(tiles, roundUp((tiles+most-1)/most, max(1, int(w))))
	// The same for all pieces, of which some are a little smaller.
	room := c.pieceLen((tiles+down-1)/down*backRows, cols)
	w.Each(down*across, func(i int) {
		mem := borrow(room)
		defer mem.release()
		from, to := i/across*tiles/down*backRows, (i/across+1)*tiles/down*backRows
		c.backPiece(mem.data, full, dy, bits, s, from, i%across*cols, to-from, cols, h, wd, edge)
	})
	if edge == 0 {
		return
	}
	w.Each(c.in, func(p int) {
		foldPlane(dx[p*height*width:][:height*width], full[p*h*wd:][:h*wd], height, width, edge, c.padding)
	})
}

// planeSize is that of the planes for a piece of rows x cols.
func (c *ImageConv) planeSize(rows, cols int) (width, height int) {
	r := c.size / 2
	return roundUp(cols+2*r, Lanes), rows + 2*r
}

// pieceLen is how much memory a piece takes.
func (c *ImageConv) pieceLen(rows, cols int) int {
	width, height := c.planeSize(rows, cols)
	return Lanes*(height*width+Lanes) + roundUp(c.in, backChannels)*rows*cols
}

// backPiece computes, with mem, rows x cols pixels from q0, p0 on of the gradient to the
// (padded) image, h x wd, as far as they lie inside. It goes through the blocks of
// channels; each is laid out in planes, masked, with zeros around, and then read by
// all taps.
func (c *ImageConv) backPiece(mem, full, dy []float32, bits []uint16, s Shape, q0, p0, rows, cols, h, wd, edge int) {
	r, area := c.size/2, c.size*c.size
	pw, ph := c.planeSize(rows, cols)
	plane := ph*pw + Lanes // off powers of two
	groups := (c.in + backChannels - 1) / backChannels
	oplane := rows * cols
	planes := mem[:Lanes*plane]
	out := mem[Lanes*plane:][:groups*backChannels*oplane]
	clear(out)
	// The planes begin at this row and column of dy, and hold its columns from … to-1.
	row0, col0 := q0-edge-r, p0-edge-r
	from := min(max(0, col0), s.W)
	to := max(from, min(s.W, col0+pw))
	// While a block is worked on, a part of a row of the next is fetched at every tile.
	tiles := (min(rows, h-q0) + backRows - 1) / backRows * ((min(cols, wd-p0) + backCols - 1) / backCols)
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
			toPlanes(at[from-col0:], plane, s.line(dy, b, row)[from*Lanes:], mask, to-from)
		}
		for g := range groups {
			u := c.backward[(g*roundUp(c.out, Lanes)+b*Lanes)*area*4:][:Lanes*area*4]
			tile := 0
			for i := 0; i < min(rows, h-q0); i += backRows {
				for x := 0; x < min(cols, wd-p0); x += backCols {
					next := beyond(dy, (b+1)*s.plane()+ahead(tile))
					tile++
					imageBack(out[g*backChannels*oplane+i*cols+x:], oplane, cols, planes[i*pw+x:], plane, pw, u, next, c.size)
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

// toPlanesPortable lays n pixels of one block out in planes:
//
//	dst[l*stride+x] = src[x*16+l], or 0 where there is a mask and bit l of mask[x] is not set
func toPlanesPortable(dst []float32, stride int, src []float32, mask []uint16, n int) {
	for x := range n {
		s := (*[Lanes]float32)(src[x*Lanes:])
		if mask == nil {
			for l, v := range s {
				dst[l*stride+x] = v
			}
			continue
		}
		for l, v := range s {
			if mask[x]>>l&1 == 0 {
				v = 0
			}
			dst[l*stride+x] = v
		}
	}
}

// imageBackPortable adds to 6 rows of 16 pixels of three planes what 16 channels
// give, with filters of the given size, r = size/2:
//
//	for p := range 3 { for i := range 6 { for j := range 16 {
//		out[p*oplane+i*orow+j] += sum over l < 16, kx < size, ky < size of
//			x[l*plane + (i+2*r-ky)*row + j+2*r-kx] * u[((l*size+kx)*size+ky)*4+p]
//	} } }
//
// with the sum, begun with what is there, in the order of l, kx, ky.
func imageBackPortable(out []float32, oplane, orow int, x []float32, plane, row int, u []float32, size int) {
	last := size - 1
	for i := range backRows {
		for j := 0; j < backCols; j += 2 {
			a := (*[2]float32)(out[i*orow+j:])
			b := (*[2]float32)(out[oplane+i*orow+j:])
			c := (*[2]float32)(out[2*oplane+i*orow+j:])
			a0, a1, b0, b1, c0, c1 := a[0], a[1], b[0], b[1], c[0], c[1]
			k := u
			for l := range Lanes {
				for kx := range size {
					o := l*plane + (i+last)*row + j + last - kx
					for range size {
						v, u := (*[2]float32)(x[o:]), (*[4]float32)(k)
						a0 += v[0] * u[0]
						a1 += v[1] * u[0]
						b0 += v[0] * u[1]
						b1 += v[1] * u[1]
						c0 += v[0] * u[2]
						c1 += v[1] * u[2]
						k = k[4:]
						o -= row
					}
				}
			}
			*a, *b, *c = [2]float32{a0, a1}, [2]float32{b0, b1}, [2]float32{c0, c1}
		}
	}
}

// foldPlane adds every pixel of full, which has edge pixels more on every side,
// to the pixel of dx that it was copied from.
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
