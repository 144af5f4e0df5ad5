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
	in, out   int
	padding   Padding
	precision Precision
	weight    []float32 // as given; the backward filters are made of it when first asked for
	bias      []float32 // ceil16(out), spare lanes zero
	zero      []float32 // ceil16(in) zeros: the bias of the backward convolution

	forward  product
	backward func() product
}

// NewConv prepares the convolution of in to out channels with weight
// [out][in][3][3] and bias [out], or none if bias is nil. It keeps weight, which
// must not change from then on. The filters are transformed on all processors.
func NewConv(in, out int, weight, bias []float32, pad Padding, precision Precision) *Conv {
	if in < 1 || out < 1 {
		panic(fmt.Sprintf("kernel: NewConv: %d to %d channels; both must be positive", in, out))
	}
	pad.check("NewConv")
	s := Shape{out, in, 9}
	check("NewConv", s, operand{"weight", weight, s.Plain()})
	c := &Conv{in: in, out: out, padding: pad, precision: precision, weight: weight,
		bias: Alloc(roundUp(out, Lanes)), zero: Alloc(roundUp(in, Lanes))}
	if bias != nil {
		check("NewConv", s, operand{"bias", bias, out})
		copy(c.bias, bias[:out])
	}
	c.forward = c.prepare(false)
	c.backward = sync.OnceValue(func() product { return c.prepare(true) })
	return c
}

// prepare transforms the filters, those of the adjoint if back.
func (c *Conv) prepare(back bool) product {
	in, out := c.in, c.out
	if back {
		in, out = out, in
	}
	pairs := (out + panelRow - 1) / panelRow
	u := Alloc(points * pairs * roundUp(in, panelRow) * panelRow)
	if c.precision == Float32 {
		u = u[:points*panelLen(in, out)]
	}
	n := len(u) / points // of a point
	// A task is one pair of blocks of outputs: nobody else writes its lines.
	Workers(runtime.GOMAXPROCS(0)).Each(pairs, func(p int) {
		var t [points][panelRow]float32
		for k := range in {
			for j := range min(panelRow, out-p*panelRow) {
				o, i := p*panelRow+j, k
				if back {
					o, i = i, o
				}
				filterPoints(&t, j, (*[9]float32)(c.weight[(o*c.in+i)*9:]), back)
			}
			for q := range t {
				panel := u[q*n+p*(n/pairs):][:n/pairs]
				if c.precision == Float32 {
					copy(panel[k*panelRow:], t[q][:])
					continue
				}
				for o, v := range t[q] {
					packTriple(panel[k/32*4*tileSize:], k%32, o, v)
				}
			}
		}
	})
	if c.precision == Float32 {
		return single{u}
	}
	return triple{u}
}

// Forward computes y [out] from x [in], both blocked, height x width, with the
// bias, and with relu max(y, 0). It writes the halo of x. y and x must not
// overlap. The halo of y is left as it is. With relu and bits, [ceil(out/16)]
// [height+2][width+2] words, the bits of what is above zero are written there.
func (c *Conv) Forward(w Workers, y, x []float32, height, width int, relu bool, bits []uint16) {
	sx, sy := Shape{c.in, height, width}, Shape{c.out, height, width}
	check("Conv.Forward", sx, operand{"x", x, sx.Len()})
	check("Conv.Forward", sy, operand{"y", y, sy.Len()})
	checkBits("Conv.Forward", bits, sy)
	c.padding.fillHalo(w, x, sx)
	t := &tiling{src: x, dst: y, bits: bits, bias: c.bias, ss: sx, sd: sy, relu: relu, product: c.forward}
	t.winograd(w)
}

// Backward computes dx [in], the gradient to the input, from dy [out], the
// gradient to the output; with the bits that Forward wrote, dy counts only where
// they are set. It writes the halo of dy but not its interior. dx must not overlap dy.
func (c *Conv) Backward(w Workers, dx, dy []float32, bits []uint16, height, width int) {
	sx, sy := Shape{c.in, height, width}, Shape{c.out, height, width}
	check("Conv.Backward", sx, operand{"dx", dx, sx.Len()})
	check("Conv.Backward", sy, operand{"dy", dy, sy.Len()})
	checkBits("Conv.Backward", bits, sy)
	PadZero.fillHalo(w, dy, sy)
	// Without padding of zeros the halo was input too: its gradient is computed
	// into the halo of dx and folded back.
	halo := 0
	if c.padding != PadZero {
		halo = 1
	}
	t := &tiling{src: dy, dst: dx, mask: bits, bias: c.zero, ss: sy, sd: sx, halo: halo, product: c.backward()}
	t.winograd(w)
	c.padding.foldHalo(w, dx, sx)
}

// Bits is the number of words with a bit for each value of the blocked map.
func (s Shape) Bits() int { return s.Len() / Lanes }

func checkBits(kernel string, bits []uint16, s Shape) {
	if bits != nil && len(bits) < s.Bits() {
		panic(fmt.Sprintf("kernel: %s: bits has %d words, %d are needed for shape %d x %d x %d",
			kernel, len(bits), s.Bits(), s.C, s.H, s.W))
	}
}
