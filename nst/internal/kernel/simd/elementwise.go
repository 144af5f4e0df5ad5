package simd

// addPortable computes d[i] = a[i] + b[i]. d may be a or b, here and in those that follow.
func addPortable(d, a, b []float32) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = a[i] + b[i]
	}
}

// differencePortable computes d[i] = f * (a[i] - b[i]).
func differencePortable(d, a, b []float32, f float32) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = f * (a[i] - b[i])
	}
}

// addScaledPortable computes d[i] = a[i] + float32(f*b[i]). The conversion keeps compilers
// from fusing, which would change bits.
func addScaledPortable(d, a []float32, f float32, b []float32) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = a[i] + float32(f*b[i])
	}
}

// reluPortable computes d[i] = max(a[i], 0); NaN stays NaN.
func reluPortable(d, a []float32) {
	a = a[:len(d)]
	for i, v := range a {
		if v < 0 {
			v = 0
		}
		d[i] = v
	}
}

// keepPortable computes d[i] = a[i] where b[i] > 0, else 0.
func keepPortable(d, a, b []float32) {
	a, b = a[:len(d)], b[:len(d)]
	for i, v := range b {
		if v > 0 {
			d[i] = a[i]
		} else {
			d[i] = 0
		}
	}
}
