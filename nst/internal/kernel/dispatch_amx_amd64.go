//go:build !purego

package kernel

// What goes through the tile registers, and prepares their operands.

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
