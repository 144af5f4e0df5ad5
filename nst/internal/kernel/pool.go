package kernel

import (
	"fmt"
	"math"
)

// Pooling is what becomes of the four values of a 2x2 window.
type Pooling uint8

const (
	// PoolMax is the largest.
	PoolMax Pooling = iota
	// PoolAverage is the mean.
	PoolAverage
	// PoolL2 is the square root of the sum of squares.
	PoolL2
)

func (k Pooling) String() string {
	switch k {
	case PoolMax:
		return "max"
	case PoolAverage:
		return "average"
	case PoolL2:
		return "l2"
	}
	return fmt.Sprintf("Pooling(%d)", uint8(k))
}

func (k Pooling) check(kernel string) {
	if k > PoolL2 {
		panic(fmt.Sprintf("kernel: %s: unknown pooling %d", kernel, uint8(k)))
	}
}

// Pool reduces windows of 2x2 pixels, stride 2, of the blocked map x of shape s
// to one pixel, times scale:
//
//	y[c][i][j] = scale * reduce(x[c][2i][2j], x[c][2i][2j+1], x[c][2i+1][2j], x[c][2i+1][2j+1])
//
// y is blocked with shape {s.C, s.H/2, s.W/2}; an odd last row or column is not
// looked at. NaN comes through, save that the maximum passes over a NaN that is
// not the window's first.
func Pool(w Workers, kind Pooling, scale float32, y, x []float32, s Shape) {
	kind.check("Pool")
	t := Shape{s.C, s.H / 2, s.W / 2}
	check("Pool", s, operand{"x", x, s.Len()})
	check("Pool", t, operand{"y", y, t.Len()})
	w.Each(t.Blocks()*t.H, func(i int) {
		b, r := i/t.H, i%t.H
		poolRow(kind, scale, t.line(y, b, r), s.line(x, b, 2*r), s.line(x, b, 2*r+1))
	})
}

// poolRowPortable pools rows p and q into d.
func poolRowPortable(kind Pooling, scale float32, d, p, q []float32) {
	for o := 0; o < len(d); o += Lanes {
		d := (*[Lanes]float32)(d[o:])
		p := (*[2 * Lanes]float32)(p[2*o:])
		q := (*[2 * Lanes]float32)(q[2*o:])
		switch kind {
		case PoolMax:
			for l := range d {
				v := p[l]
				if p[l+Lanes] > v {
					v = p[l+Lanes]
				}
				if q[l] > v {
					v = q[l]
				}
				if q[l+Lanes] > v {
					v = q[l+Lanes]
				}
				d[l] = scale * v
			}
		case PoolAverage:
			quarter := scale * 0.25
			for l := range d {
				d[l] = quarter * ((p[l] + p[l+Lanes]) + (q[l] + q[l+Lanes]))
			}
		case PoolL2:
			for l := range d {
				d[l] = scale * norm2x2(p[l], p[l+Lanes], q[l], q[l+Lanes])
			}
		}
	}
}

func norm2x2(a, b, c, d float32) float32 {
	// The conversions keep compilers from fusing, which would change bits.
	q := float32(float32(a*a)+float32(b*b)) + float32(float32(c*c)+float32(d*d))
	return float32(math.Sqrt(float64(q)))
}

// PoolBackward computes dx, of shape s, from dy, of the pooled shape, and the x
// of Pool:
//
//	max      the first maximum of its window in reading order gets scale*dy, the others 0
//	average  each gets scale*dy/4
//	L2       each gets scale*dy*x/norm, or 0 where the norm of the window is 0
//
// An odd last row or column gets 0. x is not read for the average and may be nil then.
func PoolBackward(w Workers, kind Pooling, scale float32, dx, dy, x []float32, s Shape) {
	kind.check("PoolBackward")
	t := Shape{s.C, s.H / 2, s.W / 2}
	if kind == PoolAverage {
		x = dx
	}
	check("PoolBackward", s, operand{"dx", dx, s.Len()}, operand{"x", x, s.Len()})
	check("PoolBackward", t, operand{"dy", dy, t.Len()})
	rows := (s.H + 1) / 2
	w.Each(s.Blocks()*rows, func(i int) {
		b, r := i/rows, i%rows
		if r >= t.H {
			clear(s.line(dx, b, 2*r))
			return
		}
		d, e := s.line(dx, b, 2*r), s.line(dx, b, 2*r+1)
		poolRowBackward(kind, scale, d, e, t.line(dy, b, r), s.line(x, b, 2*r), s.line(x, b, 2*r+1), s.Len() >= large)
		clear(d[2*t.W*Lanes:])
		clear(e[2*t.W*Lanes:])
	})
}

// poolRowBackwardPortable writes rows d and e, the gradients to p and q, from g.
func poolRowBackwardPortable(kind Pooling, scale float32, d, e, g, p, q []float32) {
	for o := 0; o < len(g); o += Lanes {
		g := (*[Lanes]float32)(g[o:])
		d, e := (*[2 * Lanes]float32)(d[2*o:]), (*[2 * Lanes]float32)(e[2*o:])
		p, q := (*[2 * Lanes]float32)(p[2*o:]), (*[2 * Lanes]float32)(q[2*o:])
		switch kind {
		case PoolMax:
			for l, g := range g {
				v, at := p[l], 0
				if p[l+Lanes] > v {
					v, at = p[l+Lanes], 1
				}
				if q[l] > v {
					v, at = q[l], 2
				}
				if q[l+Lanes] > v {
					at = 3
				}
				d[l], d[l+Lanes], e[l], e[l+Lanes] = 0, 0, 0, 0
				switch at {
				case 0:
					d[l] = scale * g
				case 1:
					d[l+Lanes] = scale * g
				case 2:
					e[l] = scale * g
				case 3:
					e[l+Lanes] = scale * g
				}
			}
		case PoolAverage:
			quarter := scale * 0.25
			for l, g := range g {
				v := quarter * g
				d[l], d[l+Lanes], e[l], e[l+Lanes] = v, v, v, v
			}
		case PoolL2:
			for l, g := range g {
				n := norm2x2(p[l], p[l+Lanes], q[l], q[l+Lanes])
				var f float32
				if n != 0 {
					f = scale * g / n
				}
				d[l], d[l+Lanes] = f*p[l], f*p[l+Lanes]
				e[l], e[l+Lanes] = f*q[l], f*q[l+Lanes]
			}
		}
	}
}
