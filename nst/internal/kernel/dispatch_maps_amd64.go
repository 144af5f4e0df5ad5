//go:build !purego

package kernel

import "unsafe"

// What goes through maps value by value.

func finishRow(y, a, bias []float32, relu bool, bits []uint16, stream bool) {
	n := len(y) / Lanes
	if active == portable || n == 0 {
		finishRowPortable(y, a, bias, relu, bits)
		return
	}
	reach(a, n*Lanes)
	reach(bias, Lanes)
	var nobody [64]uint16
	words := bits
	if bits == nil {
		words = nobody[:]
	} else {
		_ = bits[:n:len(bits)]
	}
	stream = stream && uintptr(unsafe.Pointer(&y[0]))%(4*Lanes) == 0
	for from := 0; from < n; {
		k := min(n-from, len(words))
		switch y, a := &y[from*Lanes], &a[from*Lanes]; {
		case active == avx512 && stream:
			streamRowAVX512(y, a, &bias[0], &words[0], k, low(relu))
		case active == avx512:
			finishRowAVX512(y, a, &bias[0], &words[0], k, low(relu))
		case stream:
			streamRowAVX2(y, a, &bias[0], &words[0], k, low(relu))
		default:
			finishRowAVX2(y, a, &bias[0], &words[0], k, low(relu))
		}
		from += k
	}
}

func toPlanes(dst []float32, stride int, src []float32, mask []uint16, n int) {
	if k := n / Lanes; k > 0 && active != portable {
		reach(dst, (Lanes-1)*stride+n)
		reach(src, n*Lanes)
		if mask != nil {
			_ = mask[:n:len(mask)]
		}
		switch {
		case active == avx512 && mask == nil:
			toPlanesAVX512(&dst[0], &src[0], stride, k)
		case active == avx512:
			toPlanesMaskedAVX512(&dst[0], &src[0], &mask[0], stride, k)
		case mask == nil:
			toPlanesAVX2(&dst[0], &src[0], stride, k)
		default:
			toPlanesMaskedAVX2(&dst[0], &src[0], &mask[0], stride, k)
		}
		if k *= Lanes; k == n {
			return
		}
		dst, src, n = dst[k:], src[k*Lanes:], n-k
		if mask != nil {
			mask = mask[k:]
		}
	}
	toPlanesPortable(dst, stride, src, mask, n)
}

func poolRow(kind Pooling, scale float32, d, p, q []float32) {
	n := len(d) / Lanes
	if active == portable || n == 0 {
		poolRowPortable(kind, scale, d, p, q)
		return
	}
	reach(p, 2*n*Lanes)
	reach(q, 2*n*Lanes)
	wide := active == avx512
	switch {
	case kind == PoolMax && wide:
		poolMaxAVX512(&d[0], &p[0], &q[0], n, scale)
	case kind == PoolMax:
		poolMaxAVX2(&d[0], &p[0], &q[0], n, scale)
	case kind == PoolAverage && wide:
		poolAverageAVX512(&d[0], &p[0], &q[0], n, scale)
	case kind == PoolAverage:
		poolAverageAVX2(&d[0], &p[0], &q[0], n, scale)
	case wide:
		poolL2AVX512(&d[0], &p[0], &q[0], n, scale)
	default:
		poolL2AVX2(&d[0], &p[0], &q[0], n, scale)
	}
}

func poolRowBackward(kind Pooling, scale float32, d, e, g, p, q []float32, stream bool) {
	n := len(g) / Lanes
	if active == portable || n == 0 {
		poolRowBackwardPortable(kind, scale, d, e, g, p, q)
		return
	}
	for _, a := range [...][]float32{d, e, p, q} {
		reach(a, 2*n*Lanes)
	}
	stream = stream && (uintptr(unsafe.Pointer(&d[0]))|uintptr(unsafe.Pointer(&e[0])))%(4*Lanes) == 0
	wide := active == avx512
	switch {
	case kind == PoolMax && wide && stream:
		streamPoolBackMaxAVX512(&d[0], &e[0], &g[0], &p[0], &q[0], n, scale)
	case kind == PoolMax && wide:
		poolBackMaxAVX512(&d[0], &e[0], &g[0], &p[0], &q[0], n, scale)
	case kind == PoolMax && stream:
		streamPoolBackMaxAVX2(&d[0], &e[0], &g[0], &p[0], &q[0], n, scale)
	case kind == PoolMax:
		poolBackMaxAVX2(&d[0], &e[0], &g[0], &p[0], &q[0], n, scale)
	case kind == PoolAverage && wide && stream:
		streamPoolBackAverageAVX512(&d[0], &e[0], &g[0], n, scale)
	case kind == PoolAverage && wide:
		poolBackAverageAVX512(&d[0], &e[0], &g[0], n, scale)
	case kind == PoolAverage && stream:
		streamPoolBackAverageAVX2(&d[0], &e[0], &g[0], n, scale)
	case kind == PoolAverage:
		poolBackAverageAVX2(&d[0], &e[0], &g[0], n, scale)
	case wide && stream:
		streamPoolBackL2AVX512(&d[0], &e[0], &g[0], &p[0], &q[0], n, scale)
	case wide:
		poolBackL2AVX512(&d[0], &e[0], &g[0], &p[0], &q[0], n, scale)
	case stream:
		streamPoolBackL2AVX2(&d[0], &e[0], &g[0], &p[0], &q[0], n, scale)
	default:
		poolBackL2AVX2(&d[0], &e[0], &g[0], &p[0], &q[0], n, scale)
	}
}

func squares(acc *[Lanes]float64, a, b []float32) {
	b = b[:len(a)]
	if n := len(a) / Lanes; n > 0 && active != portable {
		if active == avx512 {
			squaresAVX512(&acc[0], &a[0], &b[0], n)
		} else {
			squaresAVX2(&acc[0], &a[0], &b[0], n)
		}
		a, b = a[n*Lanes:], b[n*Lanes:]
	}
	squaresPortable(acc, a, b)
}

func products(acc *[Lanes]float64, a, b []float32) {
	b = b[:len(a)]
	if n := len(a) / Lanes; n > 0 && active != portable {
		if active == avx512 {
			productsAVX512(&acc[0], &a[0], &b[0], n)
		} else {
			productsAVX2(&acc[0], &a[0], &b[0], n)
		}
		a, b = a[n*Lanes:], b[n*Lanes:]
	}
	productsPortable(acc, a, b)
}

func addScaled(d, a []float32, f float32, b []float32) {
	a, b = a[:len(d)], b[:len(d)]
	if n := len(d) / Lanes; n > 0 && active != portable {
		if active == avx512 {
			addScaledAVX512(&d[0], &a[0], &b[0], n, f)
		} else {
			addScaledAVX2(&d[0], &a[0], &b[0], n, f)
		}
		d, a, b = d[n*Lanes:], a[n*Lanes:], b[n*Lanes:]
	}
	addScaledPortable(d, a, f, b)
}

func difference(d, a, b []float32, f float32) {
	d, b = d[:len(a)], b[:len(a)]
	if n := len(a) / Lanes; n > 0 && active != portable {
		if active == avx512 {
			differenceAVX512(&d[0], &a[0], &b[0], n, f)
		} else {
			differenceAVX2(&d[0], &a[0], &b[0], n, f)
		}
		d, a, b = d[n*Lanes:], a[n*Lanes:], b[n*Lanes:]
	}
	differencePortable(d, a, b, f)
}

func add(d, a, b []float32) {
	d, b = d[:len(a)], b[:len(a)]
	if n := len(a) / Lanes; n > 0 && active != portable {
		if active == avx512 {
			addAVX512(&d[0], &a[0], &b[0], n)
		} else {
			addAVX2(&d[0], &a[0], &b[0], n)
		}
		d, a, b = d[n*Lanes:], a[n*Lanes:], b[n*Lanes:]
	}
	addPortable(d, a, b)
}

func relu(d, a []float32) {
	d = d[:len(a)]
	if n := len(a) / Lanes; n > 0 && active != portable {
		if active == avx512 {
			reluAVX512(&d[0], &a[0], n)
		} else {
			reluAVX2(&d[0], &a[0], n)
		}
		d, a = d[n*Lanes:], a[n*Lanes:]
	}
	reluPortable(d, a)
}

func keep(d, a, b []float32) {
	d, b = d[:len(a)], b[:len(a)]
	if n := len(a) / Lanes; n > 0 && active != portable {
		if active == avx512 {
			keepAVX512(&d[0], &a[0], &b[0], n)
		} else {
			keepAVX2(&d[0], &a[0], &b[0], n)
		}
		d, a, b = d[n*Lanes:], a[n*Lanes:], b[n*Lanes:]
	}
	keepPortable(d, a, b)
}
