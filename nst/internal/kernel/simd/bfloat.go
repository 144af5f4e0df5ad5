package simd

import (
	"math"
	"unsafe"
)

// A bfloat16 is the upper half of a float32: its range with eight bits of precision.
// Two of them, one for what the other leaves, hold a float32 to about 2^-17.

// ToBfloat rounds to the nearest, ties to even, as VCVTNEPS2BF16 does: numbers below
// the normal range become zero, a NaN stays one.
func ToBfloat(v float32) uint16 {
	u := math.Float32bits(v)
	switch exponent := u >> 23 & 0xff; {
	case exponent == 0:
		return uint16(u >> 16 & 0x8000)
	case v != v:
		return uint16(u>>16 | 0x40)
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// FromBfloat returns the float32 whose upper half is h.
func FromBfloat(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// SplitBfloat returns v as a sum of two.
func SplitBfloat(v float32) (high, low uint16) {
	high = ToBfloat(v)
	return high, ToBfloat(v - FromBfloat(high))
}

// Halves returns the memory of a as words of sixteen bits, two for each value of a.
func Halves(a []float32) []uint16 {
	if len(a) == 0 {
		return nil
	}
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(a))), 2*len(a))
}

const (
	// TileRows is the number of rows of a tile register: pixels, or winograd tiles.
	TileRows = 16
	// TilePairs is the number of pairs of input channels that a tile register holds,
	// and TileSize that of float32 in its memory.
	TilePairs = 16
	TileSize  = TileRows * TilePairs
)

// tileRow adds a row of 32 inputs times a tile of filters.
func tileRow(sum *[Lanes]float32, x, u []uint16) {
	var even, odd [Lanes]float32
	for k := range TilePairs {
		a, b := FromBfloat(x[2*k]), FromBfloat(x[2*k+1])
		row := (*[2 * Lanes]uint16)(u[2*k*Lanes:]) // without checks of bounds in the loop
		for o := range Lanes {
			even[o] += a * FromBfloat(row[2*o])
			odd[o] += b * FromBfloat(row[2*o+1])
		}
	}
	for o := range sum {
		sum[o] += even[o] + odd[o]
	}
}
