package kernel

import (
	"fmt"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// ImageConv is a frozen convolution of a planar image, [in][H][W] with few channels, to a
// blocked map, with filters of size 3, 5 or 7 and stride 1. It keeps the size:
//
//	y[o][i][j] = bias[o] + sum over c, k, l of weight[o][c][k][l] * x[c][i+k-size/2][j+l-size/2]
//
// It is safe for concurrent use.
type ImageConv struct {
	in, out, size int
	padding       Padding
	forward       []float32 // [out/32][in*size*size][32]
	backward      []float32 // [in/3][out][kx][ky][4]: three channels and a spare
	bias          []float32 // ceil16(out)
}

// NewImageConv returns the convolution with weight [out][in][size][size] and bias [out]; a
// nil bias is zero. It keeps neither slice.
func NewImageConv(in, out, size int, weight, bias []float32, pad Padding) *ImageConv {
	if in < 1 || out < 1 {
		panic(fmt.Sprintf("kernel: NewImageConv: %d to %d channels; both must be positive", in, out))
	}
	if size != 3 && size != 5 && size != 7 {
		panic(fmt.Sprintf("kernel: NewImageConv: size %d; 3, 5 and 7 are known", size))
	}
	pad.check("NewImageConv")
	area := size * size
	s := Shape{out, in, area}
	check("NewImageConv", s, operand{"weight", weight, s.Plain()})
	groups := (in + simd.BackChannels - 1) / simd.BackChannels
	c := &ImageConv{in: in, out: out, size: size, padding: pad,
		forward:  Alloc(roundUp(out, simd.PanelRow) * in * area),
		backward: Alloc(groups * roundUp(out, Lanes) * area * 4),
		bias:     Alloc(roundUp(out, simd.PanelRow))}
	if bias != nil {
		check("NewImageConv", s, operand{"bias", bias, out})
		copy(c.bias, bias[:out])
	}
	for o := range out {
		for k := range in * area {
			v := weight[o*in*area+k]
			ch, t := k/area, k%area
			c.forward[(o/simd.PanelRow*in*area+k)*simd.PanelRow+o%simd.PanelRow] = v
			turned := t%size*size + t/size
			c.backward[((ch/simd.BackChannels*roundUp(out, Lanes)+o)*area+turned)*4+ch%simd.BackChannels] = v
		}
	}
	return c
}

// Forward computes the blocked map y [out] from the planar image x [in], both height x
// width, with the bias. With relu it computes max(y, 0). bits are as in [Conv.Forward].
func (c *ImageConv) Forward(w Workers, y, x []float32, height, width int, relu bool, bits []uint16) {
	s := Shape{c.out, height, width}
	check("ImageConv.Forward", s, operand{"y", y, s.Len()}, operand{"x", x, c.in * height * width})
	checkBits("ImageConv.Forward", bits, s)
	if height == 0 || width == 0 {
		return
	}
	r := c.size / 2
	ph, pw := height+2*r, width+2*r
	mem := borrow(c.in * ph * pw)
	defer mem.release()
	padded := mem.data[:c.in*ph*pw]
	w.Each(c.in*ph, func(i int) {
		p, py := i/ph, i%ph
		var from []float32
		if q := c.padding.at(py-r, height); q >= 0 {
			from = x[(p*height+q)*width:][:width]
		}
		padLine(padded[i*pw:][:pw], from, r, c.padding)
	})
	area := c.size * c.size
	taps := make([]int, c.in*area)
	for k := range taps {
		p, t := k/area, k%area
		taps[k] = p*ph*pw + t/c.size*pw + t%c.size
	}
	w.Each(height, func(i int) {
		for b := 0; b < s.Blocks(); b += 2 {
			c.forwardRow(y, padded[i*pw:], taps, s, b, i, relu, bits)
		}
	})
}

// forwardRow computes row i of blocks b and b+1 of y from x; taps are the offsets of the
// row's taps. It writes a few pixels at a time, so that memory stores them while it
// computes the next ones.
func (c *ImageConv) forwardRow(y, x []float32, taps []int, s Shape, b, i int, relu bool, bits []uint16) {
	var tile [2 * simd.TilePixels * Lanes]float32
	u := c.forward[b*Lanes*len(taps):][:len(taps)*simd.PanelRow]
	n := min(2, s.Blocks()-b)
	groups := (s.W + simd.TilePixels - 1) / simd.TilePixels
	for t := 0; groups > 0; groups-- {
		size := (s.W - t + groups - 1) / groups
		simd.ImageTile(tile[:], simd.TilePixels*Lanes, x[t:], taps, u, c.bias[b*Lanes:], size, n)
		for k := range n {
			o := s.Index((b+k)*Lanes, i, t)
			words := bits
			if bits != nil {
				words = bits[o/Lanes:]
			}
			simd.FinishRow(y[o:][:size*Lanes], tile[k*simd.TilePixels*Lanes:], simd.NoBias[:], low(relu), words, s.Len() >= large)
		}
		t += size
	}
}

// padLine writes from to dst, extended by r on both sides. If from is nil, it writes zeros.
func padLine(dst, from []float32, r int, p Padding) {
	if from == nil {
		clear(dst)
		return
	}
	copy(dst[r:], from)
	n := len(from)
	for i := range r {
		for _, x := range [2]int{i - r, n + i} {
			dst[x+r] = 0
			if q := p.at(x, n); q >= 0 {
				dst[x+r] = from[q]
			}
		}
	}
}
