package kernel

import (
	"math"
	"unsafe"
)

// A bfloat16 is the upper half of a float32: its range with eight bits of precision.
// Two of them, one for what the other leaves, hold a float32 to about 2^-17.

// toBfloat rounds to the nearest, ties to even, as VCVTNEPS2BF16 does: numbers below
// the normal range become zero, a NaN stays one.
func toBfloat(v float32) uint16 {
	u := math.Float32bits(v)
	switch exponent := u >> 23 & 0xff; {
	case exponent == 0:
		return uint16(u >> 16 & 0x8000)
	case v != v:
		return uint16(u>>16 | 0x40)
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

func fromBfloat(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// splitBfloat gives v as a sum of two.
func splitBfloat(v float32) (high, low uint16) {
	high = toBfloat(v)
	return high, toBfloat(v - fromBfloat(high))
}

// halves is the memory of a as numbers of bfloat16, two for each of a.
func halves(a []float32) []uint16 {
	if len(a) == 0 {
		return nil
	}
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(a))), 2*len(a))
}

const (
	// tileRows is the number of rows of a tile register: pixels, or winograd tiles.
	tileRows = 16
	// tilePairs is the number of pairs of input channels that a tile register holds,
	// and tileSize that of float32 in its memory.
	tilePairs = 16
	tileSize  = tileRows * tilePairs
)

// splitPointsPortable is inputPointsPortable with every value as two of bfloat16:
// channel c of tile t of point p is number p*2*stride + t*32 + c of v, and what that
// leaves is low floats, 2*low numbers, further on.
func splitPointsPortable(v []float32, stride, low int, src []float32, mask []uint16, row, maskRow, n int) {
	for t := range n {
		r := inputTile(src[t*tileOut*Lanes:], mask, t*tileOut, row, maskRow)
		for p := range r {
			a := halves(v[p*stride+t*tilePairs:][:Lanes/2])
			b := halves(v[p*stride+t*tilePairs+low:][:Lanes/2])
			for c, x := range r[p] {
				a[c], b[c] = splitBfloat(x)
			}
		}
	}
}

// packTriple writes the filter u[c][o] of 32 inputs and 32 outputs as four tiles of
// pairs of inputs, [high, low][o/16][c/2][o%16][c%2].
func packTriple(tiles []float32, c, o int, u float32) {
	at := o/Lanes*2*tileSize + c/2*2*Lanes + o%Lanes*2 + c%2
	h := halves(tiles)
	h[at], h[at+4*tileSize] = splitBfloat(u)
}

// tripleProductPortable multiplies rows times sixteen rows of 32*kb inputs with pairs
// pairs of blocks of filters, each number being the sum of two of bfloat16, and leaves
// the product of the two small ones out:
//
//	m[b*mStride + t*16 + o] = sum over k of high*high', then low*high', then high*low'
//
// Inputs are as splitPointsPortable writes them, vStride floats from 32 channels to
// the next; filters as packTriple does, [pair][kb][4 tiles].
// A tile register's products are added as TDPBF16PS adds them: even and odd inputs
// apart, and the sum of the two to what is there.
func tripleProductPortable(m []float32, mStride int, v []float32, vStride, low int, u []float32, kb, rows, pairs int) {
	for q := range pairs {
		for t := range rows * tileRows {
			for j := range 2 {
				var sum [Lanes]float32
				for k := range kb {
					x := v[k*vStride+t*tilePairs:]
					high, rest := halves(x[:tilePairs]), halves(x[low:low+tilePairs])
					tiles := u[(q*kb+k)*4*tileSize:][:4*tileSize]
					large, small := halves(tiles[j*tileSize:][:tileSize]), halves(tiles[(2+j)*tileSize:][:tileSize])
					tileRow(&sum, high, large)
					tileRow(&sum, rest, large)
					tileRow(&sum, high, small)
				}
				copy(m[(2*q+j)*mStride+t*Lanes:][:Lanes], sum[:])
			}
		}
	}
}

// tileRow adds a row of 32 inputs times a tile of filters.
func tileRow(sum *[Lanes]float32, x, u []uint16) {
	var even, odd [Lanes]float32
	for k := range tilePairs {
		a, b := fromBfloat(x[2*k]), fromBfloat(x[2*k+1])
		for o := range Lanes {
			even[o] += a * fromBfloat(u[(k*Lanes+o)*2])
			odd[o] += b * fromBfloat(u[(k*Lanes+o)*2+1])
		}
	}
	for o := range sum {
		sum[o] += even[o] + odd[o]
	}
}
