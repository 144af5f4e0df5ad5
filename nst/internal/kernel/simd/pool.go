package simd

import "math"

// Pooling reads rows p and q of a map, windows of 2x2 pixels side by side, and writes a
// row d of half the width. Its gradient reads a row grad of half the width and writes rows d
// and e, the gradients to p and q; stream writes them past the caches where they are
// aligned: see Settle. All have sixteen channels per pixel.

// poolMaxPortable computes scale times the largest of each window. NaN wins only as the
// window's first value.
func poolMaxPortable(d, p, q []float32, scale float32) {
	for o := 0; o < len(d); o += Lanes {
		d, p, q := (*[Lanes]float32)(d[o:]), (*[2 * Lanes]float32)(p[2*o:]), (*[2 * Lanes]float32)(q[2*o:])
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
	}
}

// poolAveragePortable computes scale times the mean of each window.
func poolAveragePortable(d, p, q []float32, scale float32) {
	quarter := scale * 0.25
	for o := 0; o < len(d); o += Lanes {
		d, p, q := (*[Lanes]float32)(d[o:]), (*[2 * Lanes]float32)(p[2*o:]), (*[2 * Lanes]float32)(q[2*o:])
		for l := range d {
			d[l] = quarter * ((p[l] + p[l+Lanes]) + (q[l] + q[l+Lanes]))
		}
	}
}

// poolL2Portable computes scale times the root of the sum of squares of each window.
func poolL2Portable(d, p, q []float32, scale float32) {
	for o := 0; o < len(d); o += Lanes {
		d, p, q := (*[Lanes]float32)(d[o:]), (*[2 * Lanes]float32)(p[2*o:]), (*[2 * Lanes]float32)(q[2*o:])
		for l := range d {
			d[l] = scale * norm2x2(p[l], p[l+Lanes], q[l], q[l+Lanes])
		}
	}
}

func norm2x2(a, b, c, d float32) float32 {
	// The conversions keep compilers from fusing, which would change bits.
	q := float32(float32(a*a)+float32(b*b)) + float32(float32(c*c)+float32(d*d))
	return float32(math.Sqrt(float64(q)))
}

// poolMaxBackPortable gives scale*grad to the first of the largest values of each window,
// in reading order, and 0 to the others.
func poolMaxBackPortable(d, e, grad, p, q []float32, scale float32, stream bool) {
	for o := 0; o < len(grad); o += Lanes {
		g := (*[Lanes]float32)(grad[o:])
		d, e := (*[2 * Lanes]float32)(d[2*o:]), (*[2 * Lanes]float32)(e[2*o:])
		p, q := (*[2 * Lanes]float32)(p[2*o:]), (*[2 * Lanes]float32)(q[2*o:])
		for l, g := range g {
			v, at := p[l], &d[l]
			if p[l+Lanes] > v {
				v, at = p[l+Lanes], &d[l+Lanes]
			}
			if q[l] > v {
				v, at = q[l], &e[l]
			}
			if q[l+Lanes] > v {
				at = &e[l+Lanes]
			}
			d[l], d[l+Lanes], e[l], e[l+Lanes] = 0, 0, 0, 0
			*at = scale * g
		}
	}
}

// poolAverageBackPortable gives scale*grad/4 to each value of a window. It does not read p
// and q, which may be nil.
func poolAverageBackPortable(d, e, grad, p, q []float32, scale float32, stream bool) {
	quarter := scale * 0.25
	for o := 0; o < len(grad); o += Lanes {
		g := (*[Lanes]float32)(grad[o:])
		d, e := (*[2 * Lanes]float32)(d[2*o:]), (*[2 * Lanes]float32)(e[2*o:])
		for l, g := range g {
			v := quarter * g
			d[l], d[l+Lanes], e[l], e[l+Lanes] = v, v, v, v
		}
	}
}

// poolL2BackPortable gives scale*grad*x/norm to each value x of a window, where norm is the
// root of its sum of squares, or 0 where that is 0.
func poolL2BackPortable(d, e, grad, p, q []float32, scale float32, stream bool) {
	for o := 0; o < len(grad); o += Lanes {
		g := (*[Lanes]float32)(grad[o:])
		d, e := (*[2 * Lanes]float32)(d[2*o:]), (*[2 * Lanes]float32)(e[2*o:])
		p, q := (*[2 * Lanes]float32)(p[2*o:]), (*[2 * Lanes]float32)(q[2*o:])
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
