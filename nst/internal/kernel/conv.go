package kernel

import (
	"fmt"
	"runtime"
	"sync"
)

// Conv is a frozen 3x3 convolution with stride 1 that keeps the size, over
// blocked maps, by Winograd's F(4x4, 3x3):
//
//	y[o][i][j] = bias[o] + sum over c, k, l of weight[o][c][k][l] * x[c][i+k-1][j+l-1]
//
// (a cross-correlation, as torch's). It is safe for concurrent use.
type Conv struct {
	in, out int
	padding Padding
	weight  []float32 // as given; the backward filters are made of it when first asked for
	bias    []float32 // ceil16(out), spare lanes zero
	zero    []float32 // ceil16(in) zeros: the bias of the backward convolution

	forward  []float32 // [36][panel]
	backward func() []float32
}

// NewConv prepares the convolution of in to out channels with weight
// [out][in][3][3] and bias [out], or none if bias is nil. It keeps weight, which
// must not change from then on. The filters are transformed on all processors.
func NewConv(in, out int, weight, bias []float32, pad Padding) *Conv {
	if in < 1 || out < 1 {
		panic(fmt.Sprintf("kernel: NewConv: %d to %d channels; both must be positive", in, out))
	}
	pad.check("NewConv")
	s := Shape{out, in, 9}
	check("NewConv", s, operand{"weight", weight, s.Plain()})
	c := &Conv{in: in, out: out, padding: pad, weight: weight,
		bias: Alloc(roundUp(out, Lanes)), zero: Alloc(roundUp(in, Lanes))}
	if bias != nil {
		check("NewConv", s, operand{"bias", bias, out})
		copy(c.bias, bias[:out])
	}
	c.forward = c.prepare(false)
	c.backward = sync.OnceValue(func() []float32 { return c.prepare(true) })
	return c
}

// prepare transforms the filters into 36 panels, those of the adjoint if back.
func (c *Conv) prepare(back bool) []float32 {
	in, out := c.in, c.out
	if back {
		in, out = out, in
	}
	n := panelLen(in, out)
	u := Alloc(points * n)
	kn := roundUp(in, Lanes)
	// A task is one pair of blocks of outputs: nobody else writes its lines.
	Workers(runtime.GOMAXPROCS(0)).Each(n/(kn*panelRow), func(p int) {
		for k := range in {
			for j := range min(panelRow, out-p*panelRow) {
				o, i := p*panelRow+j, k
				if back {
					o, i = i, o
				}
				g := (*[9]float32)(c.weight[(o*c.in+i)*9:])
				filterPoints(u[(p*kn+k)*panelRow+j:], n, g, back)
			}
		}
	})
	return u
}

// Forward computes y [out] from x [in], both blocked, height x width, with the
// bias, and with relu max(y, 0). It writes the halo of x. y and x must not
// overlap. The halo of y is left as it is.
func (c *Conv) Forward(w Workers, y, x []float32, height, width int, relu bool) {
	sx, sy := Shape{c.in, height, width}, Shape{c.out, height, width}
	check("Conv.Forward", sx, operand{"x", x, sx.Len()})
	check("Conv.Forward", sy, operand{"y", y, sy.Len()})
	c.padding.fillHalo(w, x, sx)
	winograd(w, y, sy, x, sx, nil, c.forward, c.bias, 0, relu)
}

// Backward computes dx [in], the gradient to the input, from dy [out], the
// gradient to the output; where y, the output after its ReLU, is given, dy counts
// only where y is positive. It writes the halo of dy but not its interior. dx
// must not overlap dy or y.
func (c *Conv) Backward(w Workers, dx, dy, y []float32, height, width int) {
	sx, sy := Shape{c.in, height, width}, Shape{c.out, height, width}
	check("Conv.Backward", sx, operand{"dx", dx, sx.Len()})
	check("Conv.Backward", sy, operand{"dy", dy, sy.Len()})
	if y != nil {
		check("Conv.Backward", sy, operand{"y", y, sy.Len()})
	}
	PadZero.fillHalo(w, dy, sy)
	// Without padding of zeros the halo was input too: its gradient is computed
	// into the halo of dx and folded back.
	halo := 0
	if c.padding != PadZero {
		halo = 1
	}
	winograd(w, dx, sx, dy, sy, y, c.backward(), c.zero, halo, false)
	c.padding.foldHalo(w, dx, sx)
}

// winograd convolves src, whose halo is filled, into dst; with halo 1 also into
// the halo of dst, src being zero beyond its halo. The tiles are worked in
// groups: transform a group's inputs, multiply 36 small matrices, transform back.
func winograd(w Workers, dst []float32, sd Shape, src []float32, ss Shape, mask, u, bias []float32, halo int, relu bool) {
	rows, cols := sd.H+2*halo, sd.W+2*halo
	if sd.H == 0 || sd.W == 0 {
		return
	}
	across := (cols + tileOut - 1) / tileOut
	tiles := (rows + tileOut - 1) / tileOut * across
	group := groupSize(tiles, ss.C, sd.C)
	kb, nb := ss.Blocks(), sd.Blocks()
	panel := len(u) / points
	w.Each((tiles+group-1)/group, func(i int) {
		first := i * group
		n := min(group, tiles-first)
		// Strides between points are kept off powers of two, which would map
		// all 36 to the same lines of the cache.
		vp, mp := kb*n*Lanes+Lanes, nb*n*Lanes+Lanes
		mem := borrow(points * (vp + mp))
		defer mem.release()
		v, m := mem.data[:points*vp], mem.data[points*vp:][:points*mp]
		for b := range kb {
			for t := range n {
				ty, tx := (first+t)/across*tileOut-halo, (first+t)%across*tileOut-halo
				loadTile(v[(b*n+t)*Lanes:], vp, src, mask, ss, b, ty-1, tx-1)
			}
		}
		for p := range points {
			for j := 0; j < nb; j += 2 {
				multiply(m[p*mp+j*n*Lanes:], n*Lanes, v[p*vp:], n*Lanes, u[p*panel+j*Lanes*kb*Lanes:], kb, n, min(2, nb-j))
			}
		}
		for b := range nb {
			for t := range n {
				ty, tx := (first+t)/across*tileOut-halo, (first+t)%across*tileOut-halo
				storeTile(dst, sd, b, ty, tx, halo, m[(b*n+t)*Lanes:], mp, bias[b*Lanes:][:Lanes], relu)
			}
		}
	})
}

// groupSize is the number of tiles that are worked together: enough to reuse
// the filters, few enough to stay in the cache and to feed all workers. It
// depends on the shape only.
func groupSize(tiles, in, out int) int {
	n := 28
	switch c := max(in, out); {
	case c >= 512:
		n = 256
	case c >= 256:
		n = 112
	case c >= 128:
		n = 56
	}
	return min(n, max(1, (tiles+7)/8))
}

// multiply is gemm for any number n of vectors.
func multiply(m []float32, mStride int, v []float32, vStride int, u []float32, kb, n, nb int) {
	const most = 14
	groups := (n + most - 1) / most
	for t := 0; groups > 0; groups-- {
		mr := (n - t + groups - 1) / groups
		gemm(m[t*Lanes:], mStride, v[t*Lanes:], vStride, u, kb, mr, nb)
		t += mr
	}
}

// loadTile transforms the tile of src that begins at row y and column x. What
// lies beyond the halo is zero.
func loadTile(v []float32, stride int, src, mask []float32, s Shape, b, y, x int) {
	if y >= -1 && x >= -1 && y+tileIn <= s.H+1 && x+tileIn <= s.W+1 {
		o := s.Index(b*Lanes, y, x)
		if mask != nil {
			mask = mask[o:]
		}
		inputPoints(v, stride, src[o:], mask, s.row())
		return
	}
	var d, k [points * Lanes]float32
	for i := range tileIn {
		if y+i < -1 || y+i > s.H {
			continue
		}
		j0, j1 := max(0, -1-x), min(tileIn, s.W+1-x)
		if j0 >= j1 {
			continue
		}
		o := s.Index(b*Lanes, y+i, x+j0)
		n := (j1 - j0) * Lanes
		copy(d[(i*tileIn+j0)*Lanes:][:n], src[o:o+n])
		if mask != nil {
			copy(k[(i*tileIn+j0)*Lanes:][:n], mask[o:o+n])
		}
	}
	if mask != nil {
		inputPoints(v, stride, d[:], k[:], tileIn*Lanes)
	} else {
		inputPoints(v, stride, d[:], nil, tileIn*Lanes)
	}
}

// storeTile transforms back into the tile of dst that begins at row y and
// column x, as far as it lies inside the map with halo pixels around it.
func storeTile(dst []float32, s Shape, b, y, x, halo int, m []float32, stride int, bias []float32, relu bool) {
	rows, cols := min(tileOut, s.H+halo-y), min(tileOut, s.W+halo-x)
	o := s.Index(b*Lanes, y, x)
	if rows == tileOut && cols == tileOut {
		outputPoints(dst[o:], s.row(), m, stride, bias, relu)
		return
	}
	var d [tileOut * tileOut * Lanes]float32
	outputPoints(d[:], tileOut*Lanes, m, stride, bias, relu)
	for i := range rows {
		copy(dst[o+i*s.row():][:cols*Lanes], d[i*tileOut*Lanes:])
	}
}
