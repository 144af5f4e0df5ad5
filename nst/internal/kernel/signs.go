package kernel

import "math"

// Signs computes both signs of every channel of the blocked map x of shape s:
//
//	y[2c] = max(x[c], 0), y[2c+1] = max(-x[c], 0)
//
// y is blocked with shape {2*s.C, s.H, s.W}.
func Signs(w Workers, y, x []float32, s Shape) {
	t := Shape{2 * s.C, s.H, s.W}
	check("Signs", s, operand{"x", x, s.Len()})
	check("Signs", t, operand{"y", y, t.Len()})
	w.Each(t.Blocks()*t.H, func(i int) {
		b, r := i/t.H, i%t.H
		to, from := t.line(y, b, r), s.line(x, b/2, r)
		from = from[b%2*Lanes/2:]
		for o := 0; o < len(to); o += Lanes {
			to, from := (*[Lanes]float32)(to[o:]), (*[Lanes / 2]float32)(from[o:])
			for l, v := range from {
				// Without branches: the signs of a texture cannot be predicted.
				word := math.Float32bits(v)
				negative := uint32(int32(word) >> 31)
				to[2*l] = math.Float32frombits(word &^ negative)
				to[2*l+1] = math.Float32frombits(word & negative &^ (1 << 31))
			}
		}
	})
}

// SignsBackward computes dx, of shape s, from dy and from the y of Signs: the gradient
// of each sign counts where it is above 0.
func SignsBackward(w Workers, dx, dy, y []float32, s Shape) {
	t := Shape{2 * s.C, s.H, s.W}
	check("SignsBackward", s, operand{"dx", dx, s.Len()})
	check("SignsBackward", t, operand{"dy", dy, t.Len()}, operand{"y", y, t.Len()})
	w.Each(s.Blocks()*s.H, func(i int) {
		b, r := i/s.H, i%s.H
		to := s.line(dx, b, r)
		for half := range 2 {
			if 2*b+half == t.Blocks() { // the rest is spare lanes
				for o := Lanes / 2; o < len(to); o += Lanes {
					clear(to[o:][:Lanes/2])
				}
				break
			}
			from, at := t.line(dy, 2*b+half, r), t.line(y, 2*b+half, r)
			for o := 0; o < len(to); o += Lanes {
				to := (*[Lanes / 2]float32)(to[o+half*Lanes/2:])
				from, at := (*[Lanes]float32)(from[o:]), (*[Lanes]float32)(at[o:])
				for l := range to {
					to[l] = where(from[2*l], at[2*l]) - where(from[2*l+1], at[2*l+1])
				}
			}
		}
	})
}

// where returns v if at, which is 0 or more, is above 0, and 0 otherwise.
func where(v, at float32) float32 {
	return math.Float32frombits(math.Float32bits(v) & uint32(-int32(math.Float32bits(at))>>31))
}
