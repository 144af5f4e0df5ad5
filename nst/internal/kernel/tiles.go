package kernel

// tiling is one Winograd convolution: how the tiles lie over the maps.
type tiling struct {
	src, dst  []float32
	mask      []float32 // over src, or nil
	bias      []float32
	ss, sd    Shape
	halo      int // pixels of the halo of dst that are outputs too, 0 or 1
	relu      bool
	across, n int // tiles in a row, and in all
}

// winograd convolves src, whose halo is filled, into dst; with halo 1 also into
// the halo of dst, src being zero beyond its own. u has 36 panels.
func winograd(w Workers, dst []float32, sd Shape, src []float32, ss Shape, mask, u, bias []float32, halo int, relu bool) {
	if sd.H == 0 || sd.W == 0 {
		return
	}
	t := &tiling{src: src, dst: dst, mask: mask, bias: bias, ss: ss, sd: sd, halo: halo, relu: relu}
	t.across = (sd.W + 2*halo + tileOut - 1) / tileOut
	t.n = (sd.H + 2*halo + tileOut - 1) / tileOut * t.across
	// Few tiles and many filters: rather all tiles at once, so that the filters
	// are read once, and the workers share the points.
	if t.n <= 256 && ss.C >= 128 && sd.C >= 128 {
		t.phases(w, u)
	} else {
		t.groups(w, u)
	}
}

// strides are the distances between points of the transformed input and output of
// n tiles; they are kept off powers of two, which would map all 36 to the same
// lines of the cache.
func (t *tiling) strides(n int) (vp, mp int) {
	return t.ss.Blocks()*n*Lanes + Lanes, t.sd.Blocks()*n*Lanes + Lanes
}

// groups works groups of tiles from end to end: transform a group's inputs,
// multiply 36 small matrices, transform back.
func (t *tiling) groups(w Workers, u []float32) {
	group := groupSize(w, t.n, t.ss.C, t.sd.C)
	w.Each((t.n+group-1)/group, func(i int) {
		first := i * group
		n := min(group, t.n-first)
		vp, mp := t.strides(n)
		mem := borrow(points * (vp + mp))
		defer mem.release()
		v, m := mem.data[:points*vp], mem.data[points*vp:][:points*mp]
		for b := range t.ss.Blocks() {
			t.load(v[b*n*Lanes:], vp, b, first, n)
		}
		for p := range points {
			for b := 0; b < t.sd.Blocks(); b += 2 {
				t.multiply(m[p*mp:], v[p*vp:], u, p, b, n)
			}
		}
		for b := range t.sd.Blocks() {
			t.store(m[b*n*Lanes:], mp, b, first, n)
		}
	})
}

// phases does each of the three for all tiles before the next.
func (t *tiling) phases(w Workers, u []float32) {
	vp, mp := t.strides(t.n)
	mem := borrow(points * (vp + mp))
	defer mem.release()
	v, m := mem.data[:points*vp], mem.data[points*vp:][:points*mp]
	w.Each(t.ss.Blocks(), func(b int) { t.load(v[b*t.n*Lanes:], vp, b, 0, t.n) })
	// A task is a quarter of the filters of a point.
	const parts = 4
	pairs := (t.sd.Blocks() + 1) / 2
	w.Each(points*parts, func(i int) {
		p, part := i/parts, i%parts
		for q := part * pairs / parts; q < (part+1)*pairs/parts; q++ {
			t.multiply(m[p*mp:], v[p*vp:], u, p, 2*q, t.n)
		}
	})
	w.Each(t.sd.Blocks(), func(b int) { t.store(m[b*t.n*Lanes:], mp, b, 0, t.n) })
}

// multiply computes blocks b and b+1 of point p of n tiles.
func (t *tiling) multiply(m, v, u []float32, p, b, n int) {
	kb := t.ss.Blocks()
	multiply(m[b*n*Lanes:], n*Lanes, v, n*Lanes, u[p*(len(u)/points)+b*Lanes*kb*Lanes:], kb, n, min(2, t.sd.Blocks()-b))
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

// groupSize is the number of tiles that are worked together: enough to reuse
// the filters, few enough to stay in the cache and to feed all workers.
func groupSize(w Workers, tiles, in, out int) int {
	n := 28
	if max(in, out) >= 256 {
		n = 112
	}
	return max(1, min(n, tiles/(2*max(1, int(w)))))
}

// load transforms tiles first … first+n-1 of block b.
func (t *tiling) load(v []float32, stride, b, first, n int) {
	for i := 0; i < n; {
		y := (first+i)/t.across*tileOut - t.halo - 1
		col := (first + i) % t.across
		x := col*tileOut - t.halo - 1
		run := 0 // tiles from here on that lie inside map and halo
		if x >= -1 && y >= -1 && y+tileIn <= t.ss.H+1 {
			run = min(n-i, t.across-col, (t.ss.W+1-x-tileIn)/tileOut+1)
		}
		if x+tileIn > t.ss.W+1 || run <= 0 {
			t.loadEdge(v[i*Lanes:], stride, b, y, x)
			i++
			continue
		}
		o := t.ss.Index(b*Lanes, y, x)
		mask := t.mask
		if mask != nil {
			mask = mask[o:]
		}
		inputPoints(v[i*Lanes:], stride, t.src[o:], mask, t.ss.row(), run)
		i += run
	}
}

// loadEdge transforms the tile that begins at row y and column x of src, of which
// a part lies beyond the halo and is zero.
func (t *tiling) loadEdge(v []float32, stride, b, y, x int) {
	s := t.ss
	mem := borrow(2 * points * Lanes)
	defer mem.release()
	d, k := mem.data[:points*Lanes], mem.data[points*Lanes:][:points*Lanes]
	clear(d)
	j0, j1 := max(0, -1-x), min(tileIn, s.W+1-x)
	for i := range tileIn {
		if y+i < -1 || y+i > s.H || j0 >= j1 {
			continue
		}
		o := s.Index(b*Lanes, y+i, x+j0)
		size := (j1 - j0) * Lanes
		copy(d[(i*tileIn+j0)*Lanes:][:size], t.src[o:o+size])
		if t.mask != nil {
			copy(k[(i*tileIn+j0)*Lanes:][:size], t.mask[o:o+size])
		}
	}
	if t.mask == nil {
		k = nil // what is not copied is masked or not: it is zero
	}
	inputPoints(v, stride, d, k, tileIn*Lanes, 1)
}

// store transforms tiles first … first+n-1 of block b back, as far as they lie
// inside the map with its outputs in the halo.
func (t *tiling) store(m []float32, stride, b, first, n int) {
	s, bias := t.sd, t.bias[b*Lanes:][:Lanes]
	for i := 0; i < n; {
		y := (first+i)/t.across*tileOut - t.halo
		col := (first + i) % t.across
		x := col*tileOut - t.halo
		rows, cols := min(tileOut, s.H+t.halo-y), s.W+t.halo-x
		o := s.Index(b*Lanes, y, x)
		if rows == tileOut && cols >= tileOut {
			run := min(n-i, t.across-col, cols/tileOut)
			outputPoints(t.dst[o:], s.row(), m[i*Lanes:], stride, bias, t.relu, run)
			i += run
			continue
		}
		mem := borrow(tileOut * tileOut * Lanes)
		d := mem.data[:tileOut*tileOut*Lanes]
		outputPoints(d, tileOut*Lanes, m[i*Lanes:], stride, bias, t.relu, 1)
		for r := range rows {
			copy(t.dst[o+r*s.row():][:min(cols, tileOut)*Lanes], d[r*tileOut*Lanes:])
		}
		mem.release()
		i++
	}
}
