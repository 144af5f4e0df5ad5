//go:build !amd64 || purego

package kernel

// Without assembly every routine is its portable self.

const tilePixels = 14

func settle() {}

func gemm(m []float32, mStride int, v []float32, vStride int, u, _ []float32, kb, mr, nb int) {
	gemmPortable(m, mStride, v, vStride, u, kb, mr, nb)
}

func filterPoints(u []float32, stride int, w *[taps][Lanes]float32) {
	filterPointsPortable(u, stride, w)
}

func inputPoints(v []float32, stride int, src []float32, mask []uint16, row, maskRow, n int) {
	inputPointsPortable(v, stride, src, mask, row, maskRow, n)
}

func splitPoints(v []float32, stride, low int, src []float32, mask []uint16, row, maskRow, n int) {
	splitPointsPortable(v, stride, low, src, mask, row, maskRow, n)
}

func tripleProduct(m []float32, mStride int, v []float32, vStride, low int, u []float32, kb, rows, pairs int) {
	tripleProductPortable(m, mStride, v, vStride, low, u, kb, rows, pairs)
}

func rowProduct(y []float32, yStride int, x []float32, xStride, row int, u []float32, kb, groups int) {
	rowProductPortable(y, yStride, x, xStride, row, u, kb, groups)
}

func splitRow(d, a []float32, low, n int) { splitRowPortable(d, a, low, n) }

func pairRow(d, a []float32, low, n int) { pairRowPortable(d, a, low, n) }

func crossProduct(tile, a, b []float32, plane, block, low, n int) {
	crossProductPortable(tile, a, b, plane, block, low, n)
}

func bfloatRow(d, a []float32, mask []uint16, n int) { bfloatRowPortable(d, a, mask, n) }

func finishRow(y, a, bias []float32, relu bool, bits []uint16, _ bool) {
	finishRowPortable(y, a, bias, relu, bits)
}

func outputPoints(dst []float32, row int, m []float32, stride int, bias []float32, relu bool, bits []uint16, bitsRow, n int, _ bool) {
	outputPointsPortable(dst, row, m, stride, bias, relu, bits, bitsRow, n)
}

func imageTile(y []float32, yStride int, x []float32, taps []int, u, bias []float32, mr, nb int) {
	imageTilePortable(y, yStride, x, taps, u, bias, mr, nb)
}

func imageBack(out []float32, oplane, orow int, x []float32, plane, row int, u, _ []float32, size int) {
	imageBackPortable(out, oplane, orow, x, plane, row, u, size)
}

func toPlanes(dst []float32, stride int, src []float32, mask []uint16, n int) {
	toPlanesPortable(dst, stride, src, mask, n)
}

func gramTile(tile, a, b, _ []float32, plane, row, rows, width, nb int) {
	gramTilePortable(tile, a, b, plane, row, rows, width, nb)
}

func poolRow(kind Pooling, scale float32, d, p, q []float32) {
	poolRowPortable(kind, scale, d, p, q)
}

func poolRowBackward(kind Pooling, scale float32, d, e, g, p, q []float32, _ bool) {
	poolRowBackwardPortable(kind, scale, d, e, g, p, q)
}

func squares(acc *[Lanes]float64, a, b []float32)  { squaresPortable(acc, a, b) }
func products(acc *[Lanes]float64, a, b []float32) { productsPortable(acc, a, b) }

func addScaled(d, a []float32, f float32, b []float32) { addScaledPortable(d, a, f, b) }

func difference(d, a, b []float32, f float32) { differencePortable(d, a, b, f) }
func add(d, a, b []float32)                   { addPortable(d, a, b) }
func relu(d, a []float32)                     { reluPortable(d, a) }
func keep(d, a, b []float32)                  { keepPortable(d, a, b) }
