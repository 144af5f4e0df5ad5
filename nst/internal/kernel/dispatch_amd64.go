//go:build !purego

package kernel

import (
	"math"
	"unsafe"
)

// These choose the routine, and check what it reads and writes: the assembly
// knows no lengths. They call routines by name, not through a table, so that
// arguments need not escape.

// tilePixels is the most pixels that gemm and imageTile take at once; AVX2 takes
// six at a time of them.
const tilePixels = 14

const tilePixelsAVX2 = 6

// reach panics unless a[at-1] exists.
func reach(a []float32, at int) { _ = a[:at:len(a)] }

// low is the least value that is let through.
func low(relu bool) float32 {
	if relu {
		return 0
	}
	return float32(math.Inf(-1))
}

func gemm(m []float32, mStride int, v []float32, vStride int, u []float32, kb, mr, nb int) {
	if active == portable || kb < 1 || mr < 1 {
		gemmPortable(m, mStride, v, vStride, u, kb, mr, nb)
		return
	}
	reach(m, (nb-1)*mStride+mr*Lanes)
	reach(v, (kb-1)*vStride+mr*Lanes)
	reach(u, (kb*Lanes-1)*panelRow+nb*Lanes)
	if active == avx512 {
		gemmAVX512(&m[0], &v[0], &u[0], mStride, vStride, kb, mr, nb)
		return
	}
	for t := 0; t < mr; t += tilePixelsAVX2 {
		n := min(tilePixelsAVX2, mr-t)
		for j := range nb {
			gemmAVX2(&m[j*mStride+t*Lanes], &v[t*Lanes], &u[j*Lanes], mStride, vStride, kb, n)
		}
	}
}

func inputPoints(v []float32, stride int, src []float32, mask []uint16, row, maskRow, n int) {
	if active == portable || n < 1 {
		inputPointsPortable(v, stride, src, mask, row, maskRow, n)
		return
	}
	reach(v, (points-1)*stride+n*Lanes)
	reachTiles(src, mask, row, maskRow, n)
	switch {
	case active == avx512 && mask == nil:
		inputPointsAVX512(&v[0], &src[0], stride, row, n)
	case active == avx512:
		inputPointsMaskedAVX512(&v[0], &src[0], &mask[0], stride, row, n, maskRow)
	case mask == nil:
		inputPointsAVX2(&v[0], &src[0], stride, row, n)
	default:
		inputPointsMaskedAVX2(&v[0], &src[0], &mask[0], stride, row, n, maskRow)
	}
}

// tileRegisters tells whether AMX is in use.
func tileRegisters() bool { return active == avx512 && amx() == nil }

// tileConfig gives all eight tile registers 16 rows of 64 bytes.
var tileConfig = func() (c [64]byte) {
	c[0] = 1
	for i := range 8 {
		c[16+2*i], c[48+i] = 64, tileRows
	}
	return c
}()

func splitPoints(v []float32, stride, low int, src []float32, mask []uint16, row, maskRow, n int) {
	if n < 1 || !tileRegisters() {
		splitPointsPortable(v, stride, low, src, mask, row, maskRow, n)
		return
	}
	reach(v, low+(points-1)*stride+(n-1)*tilePairs+Lanes/2)
	reachTiles(src, mask, row, maskRow, n)
	if mask == nil {
		splitPointsAVX512(&v[0], &src[0], stride, row, n, low)
	} else {
		splitPointsMaskedAVX512(&v[0], &src[0], &mask[0], stride, row, n, maskRow, low)
	}
}

func tripleProduct(m []float32, mStride int, v []float32, vStride, low int, u []float32, kb, rows, pairs int) {
	if kb < 1 || rows < 1 || pairs < 1 || !tileRegisters() {
		tripleProductPortable(m, mStride, v, vStride, low, u, kb, rows, pairs)
		return
	}
	reach(m, (2*pairs-1)*mStride+rows*tileSize)
	reach(v, low+(kb-1)*vStride+rows*tileSize)
	reach(u, pairs*kb*4*tileSize)
	tripleProductAMX(&tileConfig[0], &m[0], &v[0], &u[0], mStride, vStride, low, kb, rows, pairs)
}

func rowProduct(y []float32, yStride int, x []float32, xStride, row int, u []float32, kb, groups int) {
	if kb < 1 || groups < 1 || !tileRegisters() {
		rowProductPortable(y, yStride, x, xStride, row, u, kb, groups)
		return
	}
	reach(y, yStride+groups*tileSize)
	reach(x, (kb-1)*xStride+2*row+(groups*tileRows+2)*tilePairs)
	reach(u, kb*taps*2*tileSize)
	rowProductAMX(&tileConfig[0], &y[0], &x[0], &u[0], yStride, xStride, row, kb, groups)
}

func bfloatRow(d, a []float32, mask []uint16, n int) {
	if n < 1 || !tileRegisters() {
		bfloatRowPortable(d, a, mask, n)
		return
	}
	reach(d, (n-1)*tilePairs+Lanes/2)
	reach(a, n*Lanes)
	if mask == nil {
		bfloatRowAVX512(&d[0], &a[0], n)
		return
	}
	_ = mask[:n:len(mask)]
	bfloatRowMaskedAVX512(&d[0], &a[0], &mask[0], n)
}

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

func splitRow(d, a []float32, low, n int) {
	if n < 1 || !tileRegisters() {
		splitRowPortable(d, a, low, n)
		return
	}
	reach(d, low+(n-1)*tilePairs+Lanes/2)
	reach(a, n*Lanes)
	splitRowAVX512(&d[0], &a[0], low, n)
}

func pairRow(d, a []float32, low, n int) {
	if whole := n / 2; whole > 0 && tileRegisters() {
		reach(d, low+whole*Lanes)
		reach(a, 2*whole*Lanes)
		pairRowAVX512(&d[0], &a[0], low, whole)
		if n %= 2; n == 0 {
			return
		}
		d, a = d[whole*Lanes:], a[2*whole*Lanes:]
	}
	pairRowPortable(d, a, low, n)
}

func crossProduct(tile, a, b []float32, plane, block, low, n int) {
	if n < 1 || !tileRegisters() {
		crossProductPortable(tile, a, b, plane, block, low, n)
		return
	}
	reach(tile, 4*tileSize)
	reach(a, low+(2*Lanes-1)*plane+n*tilePairs)
	reach(b, low+block+n*tileSize)
	crossProductAMX(&tileConfig[0], &tile[0], &a[0], &b[0], plane, block, low, n)
}

// reachTiles is reach for n tiles of inputs side by side, and their mask if there is one.
func reachTiles(src []float32, mask []uint16, row, maskRow, n int) {
	width := (n-1)*tileOut + tileIn
	reach(src, (tileIn-1)*row+width*Lanes)
	if mask != nil {
		_ = mask[: (tileIn-1)*maskRow+width : len(mask)]
	}
}

func outputPoints(dst []float32, row int, m []float32, stride int, bias []float32, relu bool, bits []uint16, bitsRow, n int, stream bool) {
	if active == portable || n < 1 {
		outputPointsPortable(dst, row, m, stride, bias, relu, bits, bitsRow, n)
		return
	}
	reach(dst, (tileOut-1)*row+n*tileOut*Lanes)
	reach(m, (points-1)*stride+n*Lanes)
	reach(bias, Lanes)
	record := relu && bits != nil
	if record {
		_ = bits[: (tileOut-1)*bitsRow+n*tileOut : len(bits)]
	}
	stream = stream && row%Lanes == 0 && uintptr(unsafe.Pointer(&dst[0]))%(4*Lanes) == 0
	wide := active == avx512
	switch {
	case record && wide && stream:
		streamPointsRecordedAVX512(&dst[0], &m[0], &bias[0], &bits[0], row, stride, n, bitsRow)
	case record && wide:
		outputPointsRecordedAVX512(&dst[0], &m[0], &bias[0], &bits[0], row, stride, n, bitsRow)
	case record && stream:
		streamPointsRecordedAVX2(&dst[0], &m[0], &bias[0], &bits[0], row, stride, n, bitsRow)
	case record:
		outputPointsRecordedAVX2(&dst[0], &m[0], &bias[0], &bits[0], row, stride, n, bitsRow)
	case wide && stream:
		streamPointsAVX512(&dst[0], &m[0], &bias[0], row, stride, n, low(relu))
	case wide:
		outputPointsAVX512(&dst[0], &m[0], &bias[0], row, stride, n, low(relu))
	case stream:
		streamPointsAVX2(&dst[0], &m[0], &bias[0], row, stride, n, low(relu))
	default:
		outputPointsAVX2(&dst[0], &m[0], &bias[0], row, stride, n, low(relu))
	}
}

func imageTile(y []float32, yStride int, x []float32, taps []int, u, bias []float32, mr, nb int) {
	if active == portable || len(taps) == 0 || mr < 1 {
		imageTilePortable(y, yStride, x, taps, u, bias, mr, nb)
		return
	}
	n := len(taps)
	reach(y, (nb-1)*yStride+mr*Lanes)
	reach(u, (n-1)*panelRow+nb*Lanes)
	reach(bias, nb*Lanes)
	reach(x, taps[n-1]+mr) // taps ascend
	_ = x[taps[0]]
	if active == avx512 {
		imageTileAVX512(&y[0], &x[0], &u[0], &bias[0], &taps[0], n, yStride, mr, nb)
		return
	}
	for t := 0; t < mr; t += tilePixelsAVX2 {
		k := min(tilePixelsAVX2, mr-t)
		for j := range nb {
			imageTileAVX2(&y[j*yStride+t*Lanes], &x[t], &u[j*Lanes], &bias[j*Lanes], &taps[0], n, yStride, k)
		}
	}
}

func imageBack(out []float32, oplane, orow int, x []float32, plane, row int, u []float32, size int) {
	if active == portable {
		imageBackPortable(out, oplane, orow, x, plane, row, u, size)
		return
	}
	reach(out, (backChannels-1)*oplane+(backRows-1)*orow+backCols)
	reach(x, (Lanes-1)*plane+(backRows+size-2)*row+backCols+size-1)
	reach(u, Lanes*size*size*4)
	if active == avx512 {
		imageBackAVX512(&out[0], &x[0], &u[0], oplane, orow, plane, row, size)
	} else {
		imageBackAVX2(&out[0], &x[0], &u[0], oplane, orow, plane, row, size)
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

func gramTile(tile, a, b []float32, plane, row, rows, width, nb int) {
	if active == portable || rows < 1 || width < 1 {
		gramTilePortable(tile, a, b, plane, row, rows, width, nb)
		return
	}
	reach(tile, gramRows*nb*Lanes)
	reach(a, (rows-1)*row+(width-1)*Lanes+gramRows)
	reach(b, (nb-1)*plane+(rows-1)*row+width*Lanes)
	if active == avx512 {
		gramTileAVX512(&tile[0], &a[0], &b[0], plane, row, rows, width, nb)
		return
	}
	for j := range nb {
		gramTileAVX2(&tile[j*Lanes], &a[0], &b[j*plane], nb*Lanes, row, rows, width)
	}
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
