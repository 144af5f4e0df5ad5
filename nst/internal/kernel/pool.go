package kernel

import (
	"fmt"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Pooling is the function of the four values of a 2x2 window.
type Pooling uint8

const (
	// PoolMax is the largest.
	PoolMax Pooling = iota
	// PoolAverage is the mean.
	PoolAverage
	// PoolL2 is the square root of the sum of squares.
	PoolL2
)

// poolings has, for each kind, its name and its routines for a row and for the gradient of a row.
var poolings = [...]struct {
	name string
	row  func(d, p, q []float32, scale float32)
	back func(d, e, grad, p, q []float32, scale float32, stream bool)
}{
	PoolMax:     {"max", simd.PoolMax, simd.PoolMaxBack},
	PoolAverage: {"average", simd.PoolAverage, simd.PoolAverageBack},
	PoolL2:      {"l2", simd.PoolL2, simd.PoolL2Back},
}

func (k Pooling) String() string {
	if int(k) < len(poolings) {
		return poolings[k].name
	}
	return fmt.Sprintf("Pooling(%d)", uint8(k))
}

func (k Pooling) check(kernel string) {
	if int(k) >= len(poolings) {
		panic(fmt.Sprintf("kernel: %s: unknown pooling %d", kernel, uint8(k)))
	}
}

// Pool reduces windows of 2x2 pixels, with stride 2, of the blocked map x of shape s to one
// pixel, times scale:
//
//	y[c][i][j] = scale * reduce(x[c][2i][2j], x[c][2i][2j+1], x[c][2i+1][2j], x[c][2i+1][2j+1])
//
// y is blocked with shape {s.C, s.H/2, s.W/2}. An odd last row or column is not read. The
// result of a window with a NaN is NaN, except that the maximum ignores a NaN that is not
// the first value of the window.
func Pool(w Workers, kind Pooling, scale float32, y, x []float32, s Shape) {
	kind.check("Pool")
	t := Shape{s.C, s.H / 2, s.W / 2}
	check("Pool", s, operand{"x", x, s.Len()})
	check("Pool", t, operand{"y", y, t.Len()})
	row := poolings[kind].row
	w.Each(t.Blocks()*t.H, func(i int) {
		b, r := i/t.H, i%t.H
		row(t.line(y, b, r), s.line(x, b, 2*r), s.line(x, b, 2*r+1), scale)
	})
}

// PoolBackward computes dx, of shape s, from dy, of the pooled shape, and from the x of
// Pool:
//
//	max      the first maximum of its window in reading order gets scale*dy, the others 0
//	average  each gets scale*dy/4
//	L2       each gets scale*dy*x/norm, or 0 where the norm of the window is 0
//
// An odd last row or column gets 0. The average does not read x, which may then be nil.
func PoolBackward(w Workers, kind Pooling, scale float32, dx, dy, x []float32, s Shape) {
	kind.check("PoolBackward")
	t := Shape{s.C, s.H / 2, s.W / 2}
	check("PoolBackward", s, operand{"dx", dx, s.Len()})
	if kind != PoolAverage {
		check("PoolBackward", s, operand{"x", x, s.Len()})
	}
	check("PoolBackward", t, operand{"dy", dy, t.Len()})
	rows, back := (s.H+1)/2, poolings[kind].back
	w.Each(s.Blocks()*rows, func(i int) {
		b, r := i/rows, i%rows
		if r >= t.H {
			clear(s.line(dx, b, 2*r))
			return
		}
		d, e := s.line(dx, b, 2*r), s.line(dx, b, 2*r+1)
		var p, q []float32
		if kind != PoolAverage {
			p, q = s.line(x, b, 2*r), s.line(x, b, 2*r+1)
		}
		back(d, e, t.line(dy, b, r), p, q, scale, s.Len() >= large)
		clear(d[2*t.W*Lanes:])
		clear(e[2*t.W*Lanes:])
	})
}
