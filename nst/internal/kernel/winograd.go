package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// winograd convolves in tiles; product multiplies the 36 matrices.
type winograd struct{ product product }

// tiling is the arrangement of the tiles over the maps.
type tiling struct {
	convolution
	product   product
	across, n int  // number of tiles in a row, and in total
	stream    bool // write the outputs past the caches
}

// cached is the number of values of transformed outputs that are processed together.
const cached = 1 << 19

func (g winograd) convolve(w Workers, c convolution) {
	t := g.tiling(c)
	// If there are more filters than transformed values, process all tiles at once, so
	// that the filters are read once and the workers share the points.
	if t.ss.C*t.sd.C >= t.n*(t.ss.C+t.sd.C) {
		phases(w, []*tiling{t})
	} else {
		t.groups(w)
	}
}

// groups completes one group of tiles after the other: it transforms a group's inputs,
// multiplies 36 small matrices, and transforms the result back.
func (t *tiling) groups(w Workers) {
	group := t.product.group(t.ss.C, t.sd.C)
	group = max(1, min(group, t.n/(2*max(1, int(w)))))
	w.Each((t.n+group-1)/group, func(i int) {
		first := i * group
		n := min(group, t.n-first)
		p := t.product.plan(t.ss, t.sd, n)
		// Process outputs in batches of one or two megabytes, which need less memory.
		batch := max(1, min(p.pairs, cached/(simd.Points*p.rows*simd.PanelRow)))
		p = p.outputsOf(batch)
		mem := borrow(p.inputs + p.outputs)
		defer mem.release()
		v, m := mem.data[:p.inputs], mem.data[p.inputs:][:p.outputs]
		t.loadAll(p, v, first, n, 0, t.ss.Blocks())
		for from := 0; from < p.pairs; from += batch {
			to := min(from+batch, p.pairs)
			for q := range simd.Points {
				t.product.multiply(p, m, v, q, from, to)
			}
			for b := 2 * from; b < min(2*to, t.sd.Blocks()); b++ {
				t.store(m[(b-2*from)*p.rows*Lanes:], p.outStride, b, first, n)
			}
		}
	})
}

func (g winograd) tiling(c convolution) *tiling {
	t := &tiling{convolution: c, product: g.product, stream: c.sd.Len() >= large}
	t.across, t.n = c.tiles()
	return t
}

// phases does each of the three steps for all tiles before the next step. The tiles are those
// of several maps of one shape, which share the filters.
func phases(w Workers, all []*tiling) {
	t, n := all[0], all[0].n
	p := t.product.plan(t.ss, t.sd, len(all)*n)
	mem := borrow(p.inputs + p.outputs)
	defer mem.release()
	v, m := mem.data[:p.inputs], mem.data[p.inputs:][:p.outputs]
	const together = 2 // blocks that share cache lines, with bfloat16
	w.Each((t.ss.Blocks()+together-1)/together, func(i int) {
		from, to := i*together, min((i+1)*together, t.ss.Blocks())
		for k, t := range all {
			t.loadAll(p, v[k*n*p.tile:], 0, n, from, to)
		}
	})
	// A task is a point, or a part of its filters if there are too few points for the workers.
	parts := min(p.pairs, (8*max(1, int(w))+simd.Points-1)/simd.Points)
	w.Each(simd.Points*parts, func(i int) {
		part := i % parts
		from, to := part*p.pairs/parts, (part+1)*p.pairs/parts
		t.product.multiply(p, m[2*from*p.rows*Lanes:], v, i/parts, from, to)
	})
	w.Each(t.sd.Blocks(), func(b int) {
		for k, t := range all {
			t.store(m[(b*p.rows+k*n)*Lanes:], p.outStride, b, 0, n)
		}
	})
}

// loadAll transforms tiles first … first+n-1 of blocks from … to-1.
func (t *tiling) loadAll(p layout, v []float32, first, n, from, to int) {
	for b := from; b < to; b++ {
		t.load(p, v[p.block(b):], b, first, n)
	}
	t.product.finish(p, v, to)
}

// load transforms tiles first … first+n-1 of block b.
func (t *tiling) load(p layout, v []float32, b, first, n int) {
	for i := 0; i < n; {
		y := (first+i)/t.across*simd.TileOut - t.halo - 1
		col := (first + i) % t.across
		x := col*simd.TileOut - t.halo - 1
		run := 0 // number of tiles from here that lie inside the map and its halo
		if x >= -1 && y >= -1 && y+simd.TileIn <= t.ss.H+1 {
			run = min(n-i, t.across-col, (t.ss.W+1-x-simd.TileIn)/simd.TileOut+1)
		}
		if x+simd.TileIn > t.ss.W+1 || run <= 0 {
			t.loadEdge(p, v[i*p.tile:], b, y, x)
			i++
			continue
		}
		o := t.ss.Index(b*Lanes, y, x)
		mask := t.mask
		if mask != nil {
			mask = mask[o/Lanes:]
		}
		t.product.transform(p, v[i*p.tile:], t.src[o:], mask, t.ss.row(), t.ss.W+2, run)
		i += run
	}
}

// loadEdge transforms the tile that begins at row y and column x of src. The part of the
// tile beyond the halo is zero.
func (t *tiling) loadEdge(p layout, v []float32, b, y, x int) {
	s := t.ss
	mem := borrow(simd.Points * Lanes)
	defer mem.release()
	d := mem.data[:simd.Points*Lanes]
	clear(d)
	var words [simd.Points]uint16
	mask := words[:]
	j0, j1 := max(0, -1-x), min(simd.TileIn, s.W+1-x)
	for i := range simd.TileIn {
		if y+i < -1 || y+i > s.H || j0 >= j1 {
			continue
		}
		o := s.Index(b*Lanes, y+i, x+j0)
		size := (j1 - j0) * Lanes
		copy(d[(i*simd.TileIn+j0)*Lanes:][:size], t.src[o:o+size])
		if t.mask != nil {
			copy(mask[i*simd.TileIn+j0:][:j1-j0], t.mask[o/Lanes:])
		}
	}
	if t.mask == nil {
		mask = nil
	}
	t.product.transform(p, v, d, mask, simd.TileIn*Lanes, simd.TileIn, 1)
}

// store transforms tiles first … first+n-1 of block b back. It writes only outputs inside
// the map, or in the part of the halo that belongs to the outputs.
func (t *tiling) store(m []float32, stride, b, first, n int) {
	s, bias := t.sd, t.biasOf(b)
	for i := 0; i < n; {
		y := (first+i)/t.across*simd.TileOut - t.halo
		col := (first + i) % t.across
		x := col*simd.TileOut - t.halo
		rows, cols := min(simd.TileOut, s.H+t.halo-y), s.W+t.halo-x
		o := s.Index(b*Lanes, y, x)
		if rows == simd.TileOut && cols >= simd.TileOut {
			run := min(n-i, t.across-col, cols/simd.TileOut)
			simd.OutputPoints(t.dst[o:], s.row(), m[i*Lanes:], stride, bias, t.low(), t.bitsAt(o), s.W+2, run, t.stream)
			i += run
			continue
		}
		mem := borrow(simd.TileOut * simd.TileOut * Lanes)
		d := mem.data[:simd.TileOut*simd.TileOut*Lanes]
		var words [simd.TileOut * simd.TileOut]uint16
		var bits []uint16
		if t.bits != nil {
			bits = words[:]
		}
		simd.OutputPoints(d, simd.TileOut*Lanes, m[i*Lanes:], stride, bias, t.low(), bits, simd.TileOut, 1, false)
		for r := range rows {
			copy(t.dst[o+r*s.row():][:min(cols, simd.TileOut)*Lanes], d[r*simd.TileOut*Lanes:])
			if t.bits != nil {
				copy(t.bits[o/Lanes+r*(s.W+2):][:min(cols, simd.TileOut)], words[r*simd.TileOut:])
			}
		}
		mem.release()
		i++
	}
}
