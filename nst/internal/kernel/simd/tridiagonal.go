package simd

// rankTwoPortable adds two multiples of vectors to each of some rows of a matrix, and then
// multiplies it by two vectors:
//
//	for r := range rows { for i := range len(v) {
//		m[r*stride+i] += f[r]*v[i] + h[r]*w[i]
//		s[r] += m[r*stride+i] * p[i]
//		t[r] += m[r*stride+i] * q[i]
//	} }
//
// with s and t from 0, of 16 partial sums each, which are added in halves. len(v) is a
// multiple of 16.
func rankTwoPortable(m []float32, stride int, f, h, v, w, p, q, s, t []float32, rows int) {
	for r := range rows {
		var sum, other [Lanes]float32
		a, b := f[r], h[r]
		for o := 0; o < len(v); o += Lanes {
			m := (*[Lanes]float32)(m[r*stride+o:])
			v, w := (*[Lanes]float32)(v[o:]), (*[Lanes]float32)(w[o:])
			p, q := (*[Lanes]float32)(p[o:]), (*[Lanes]float32)(q[o:])
			for l := range m {
				m[l] += a*v[l] + b*w[l]
				sum[l] += m[l] * p[l]
				other[l] += m[l] * q[l]
			}
		}
		s[r], t[r] = halves(&sum), halves(&other)
	}
}

// rankTwoHalfPortable adds two multiples of vectors to each of some rows of a matrix, and then
// multiplies it by a vector, and another by what of it is after the first 16 columns:
//
//	for r := range rows { for i := range len(v) {
//		m[r*stride+i] += f[r]*v[i] + h[r]*w[i]
//		s[r] += m[r*stride+i] * p[i]
//		if i >= 16 { t[i] += m[r*stride+i] * e[r] }
//	} }
//
// with s from 0, of 16 partial sums, which are added in halves. len(v) is a multiple of 16.
func rankTwoHalfPortable(m []float32, stride int, f, h, e, v, w, p, s, t []float32, rows int) {
	for r := range rows {
		var sum [Lanes]float32
		a, b, c := f[r], h[r], e[r]
		for o := 0; o < len(v); o += Lanes {
			m := (*[Lanes]float32)(m[r*stride+o:])
			v, w, p, t := (*[Lanes]float32)(v[o:]), (*[Lanes]float32)(w[o:]), (*[Lanes]float32)(p[o:]), (*[Lanes]float32)(t[o:])
			for l := range m {
				m[l] += a*v[l] + b*w[l]
				sum[l] += m[l] * p[l]
				if o > 0 {
					t[l] += m[l] * c
				}
			}
		}
		s[r] = halves(&sum)
	}
}

// halves adds 16 sums: the second half to the first, and so on.
func halves(a *[Lanes]float32) float32 {
	for n := Lanes / 2; n > 0; n /= 2 {
		for l := range n {
			a[l] += a[l+n]
		}
	}
	return a[0]
}

// turnPortable multiplies complex numbers by f + ih, and adds their real parts to d:
//
//	re[i], im[i] = f*re[i] - h*im[i], h*re[i] + f*im[i]
//	d[i] += re[i]
func turnPortable(d, re, im []float32, f, h float32) {
	re, im = re[:len(d)], im[:len(d)]
	for i := range d {
		a, b := re[i], im[i]
		re[i], im[i] = f*a-h*b, h*a+f*b
		d[i] += re[i]
	}
}
