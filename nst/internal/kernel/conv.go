package kernel

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Conv is a frozen 3x3 convolution with stride 1 over blocked maps. It keeps the size:
//
//	y[o][i][j] = bias[o] + sum over c, k, l of weight[o][c][k][l] * x[c][i+k-1][j+l-1]
//
// (a cross-correlation, as in torch). Float32 and BF16x3 use Winograd's F(4x4, 3x3); BF16
// uses the formula. A Conv is safe for concurrent use.
type Conv struct {
	in, out   int
	padding   Padding
	precision Precision
	weight    []float32 // as given
	bias      []float32 // ceil16(out), spare lanes zero

	// The filters, transformed at the first use, or in every call with LowMemory.
	forward, backward func() algorithm
	lowMemory         bool
}

// NewConv returns the convolution of in to out channels with weight [out][in][3][3] and
// bias [out]; a nil bias is zero. It keeps weight, which must not change. The filters are
// transformed at their first use, on all processors.
func NewConv(in, out int, weight, bias []float32, pad Padding, precision Precision) *Conv {
	if in < 1 || out < 1 {
		panic(fmt.Sprintf("kernel: NewConv: %d to %d channels; both must be positive", in, out))
	}
	pad.check("NewConv")
	s := Shape{out, in, 9}
	check("NewConv", s, operand{"weight", weight, s.Plain()})
	c := &Conv{in: in, out: out, padding: pad, precision: precision, weight: weight,
		bias: Alloc(roundUp(out, Lanes))}
	if bias != nil {
		check("NewConv", s, operand{"bias", bias, out})
		copy(c.bias, bias[:out])
	}
	c.forward = sync.OnceValue(func() algorithm { return c.prepare(false) })
	c.backward = sync.OnceValue(func() algorithm { return c.prepare(true) })
	return c
}

// LowMemory returns the same convolution with bit-identical results. It transforms the
// filters in every call and does not keep the result, which is four times as large as the
// filters. With the precisions of AMX it keeps the result.
func (c *Conv) LowMemory() *Conv {
	l := *c
	l.lowMemory = c.precision == Float32
	return &l
}

// Prepare transforms the filters of Forward before its first call.
func (c *Conv) Prepare() { c.forward() }

// algorithm is a method of convolution, with its transformed filters.
type algorithm interface {
	convolve(w Workers, c convolution)
}

// convolution holds the arguments of a convolution of src, whose halo is filled, into dst. Neither is empty.
type convolution struct {
	src, dst []float32
	ss, sd   Shape
	mask     []uint16 // over src, or nil
	halo     int      // pixels of the halo of dst that are outputs too, 0 or 1; src is zero beyond its own
	// Of a convolution, nil and false for its adjoint:
	bias []float32
	relu bool
	bits []uint16 // over dst, of what the ReLU lets through, or nil
}

// tiles returns the number of Winograd's tiles in a row, and in total.
func (c *convolution) tiles() (across, n int) {
	across = (c.sd.W + 2*c.halo + simd.TileOut - 1) / simd.TileOut
	return across, (c.sd.H + 2*c.halo + simd.TileOut - 1) / simd.TileOut * across
}

// low returns the lower bound of the ReLU, or -Inf without one.
func (c *convolution) low() float32 { return low(c.relu) }

// biasOf returns the bias of block b of dst.
func (c *convolution) biasOf(b int) []float32 {
	if c.bias == nil {
		return simd.NoBias[:]
	}
	return c.bias[b*Lanes:][:Lanes]
}

// bitsAt returns the bits from the pixel that begins at o in dst, or nil.
func (c *convolution) bitsAt(o int) []uint16 {
	if c.bits == nil {
		return nil
	}
	return c.bits[o/Lanes:]
}

// doBy convolves as do does, together with others if m meets them.
func (c *Conv) doBy(m *Member, w Workers, back bool, v convolution) {
	if m.meets(c, &v) {
		m.do(c, w, back, &v)
		return
	}
	c.do(w, back, v)
}

// do convolves if the maps are not empty; it uses the adjoint if back.
func (c *Conv) do(w Workers, back bool, v convolution) {
	switch {
	case v.sd.H == 0 || v.sd.W == 0:
	case c.lowMemory:
		mem := borrow(singleLen(c.channels(back)))
		defer mem.release()
		s := single{mem.data[:singleLen(c.channels(back))]}
		s.transformFilters(w, c, back)
		winograd{s}.convolve(w, v)
	case back:
		c.backward().convolve(w, v)
	default:
		c.forward().convolve(w, v)
	}
}

// prepare transforms the filters, those of the adjoint if back.
func (c *Conv) prepare(back bool) algorithm {
	switch c.precision {
	case BF16:
		return newDirect(c, back)
	case BF16x3:
		return winograd{newTriple(c, back)}
	}
	return winograd{newSingle(c, back)}
}

// channels returns the numbers of inputs and outputs, of the adjoint if back.
func (c *Conv) channels(back bool) (in, out int) {
	if back {
		return c.out, c.in
	}
	return c.in, c.out
}

// filter returns the filter from input i to output o, of the adjoint if back. The caller
// must turn the adjoint's filter by 180 degrees.
func (c *Conv) filter(i, o int, back bool) *[simd.Taps]float32 {
	if back {
		i, o = o, i
	}
	return (*[simd.Taps]float32)(c.weight[(o*c.in+i)*simd.Taps:])
}

// eachPair calls f for every pair of blocks of outputs, on all processors. The filters of a
// pair are contiguous.
func (c *Conv) eachPair(back bool, f func(p int)) {
	_, out := c.channels(back)
	allProcessors().Each((out+simd.PanelRow-1)/simd.PanelRow, f)
}

// ConvGrid is the side of the squares of outputs that a Conv computes together: maps that
// begin at a multiple of it in another map are rounded as that one, beyond the effect of their border.
const ConvGrid = simd.TileOut

func allProcessors() Workers { return Workers(runtime.GOMAXPROCS(0)) }

// Forward computes y [out] from x [in], both blocked, height x width, with the bias. With
// relu it computes max(y, 0). It writes the halo of x and does not write the halo of y. y
// and x must not overlap. With relu and bits, [ceil(out/16)][height+2][width+2] words, it
// writes the bits of values above zero there.
func (c *Conv) Forward(w Workers, y, x []float32, height, width int, relu bool, bits []uint16) {
	c.forwardBy(nil, w, y, x, height, width, relu, bits)
}

// forwardBy is Forward, together with others if m meets them.
func (c *Conv) forwardBy(m *Member, w Workers, y, x []float32, height, width int, relu bool, bits []uint16) {
	sx, sy := Shape{c.in, height, width}, Shape{c.out, height, width}
	check("Conv.Forward", sx, operand{"x", x, sx.Len()})
	check("Conv.Forward", sy, operand{"y", y, sy.Len()})
	checkBits("Conv.Forward", bits, sy)
	c.padding.fillHalo(w, x, sx)
	c.doBy(m, w, false, convolution{src: x, dst: y, ss: sx, sd: sy, bias: c.bias, relu: relu, bits: bits})
}

// Backward computes dx [in], the gradient with respect to the input, from dy [out], the
// gradient with respect to the output. With the bits that Forward wrote, dy counts only
// where they are set. It writes the halo of dy but not its interior. dx must not overlap dy.
func (c *Conv) Backward(w Workers, dx, dy []float32, bits []uint16, height, width int) {
	c.backwardBy(nil, w, dx, dy, bits, height, width)
}

// backwardBy is Backward, together with others if m meets them.
func (c *Conv) backwardBy(m *Member, w Workers, dx, dy []float32, bits []uint16, height, width int) {
	sx, sy := Shape{c.in, height, width}, Shape{c.out, height, width}
	check("Conv.Backward", sx, operand{"dx", dx, sx.Len()})
	check("Conv.Backward", sy, operand{"dy", dy, sy.Len()})
	checkBits("Conv.Backward", bits, sy)
	PadZero.fillHalo(w, dy, sy)
	// Unless the padding is zero, the halo is a copy of inputs: compute its gradient
	// into the halo of dx and fold it back.
	halo := 0
	if c.padding != PadZero {
		halo = 1
	}
	c.doBy(m, w, true, convolution{src: dy, dst: dx, ss: sy, sd: sx, mask: bits, halo: halo})
	c.padding.foldHalo(w, dx, sx)
}
