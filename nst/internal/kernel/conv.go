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
				copy(u[q*n+(p*kn+k)*panelRow:], t[q][:])
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
