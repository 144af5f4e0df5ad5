package kernel

import (
	"math/bits"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Maps after a ReLU have many zeros: about half of the values in VGG-19, and three quarters in its last layer. Gram matrices and
// their gradients leave them out, value by value. Their sums have the same order as those with the
// zeros, and so the same bits.

// sparseMost is the share of values other than 0 up to which this saves time.
const sparseMost = 0.75

// sparse reports whether leaving out the zeros of x plus the shift saves time, judged by a few
// rows. There is a shift for each lane; nil: none.
func sparse(w Workers, x, shift []float32, s Shape) bool {
	if !simd.Sparse() || s.C == 0 || s.C%simd.SparseRow != 0 {
		return false
	}
	rows := min(s.H, sampleRows)
	mem := borrow(s.Blocks() * rows)
	defer mem.release()
	sets := mem.data[:s.Blocks()*rows]
	w.Each(s.Blocks(), func(b int) {
		mem := borrow(s.W * (Lanes + 2))
		defer mem.release()
		words := mem.words()[s.W*Lanes/2:][:s.W]
		clear(words)
		for i := range rows {
			simd.GatherRow(mem.data, Lanes, s.line(x, b, sampleRow(s, i)), lanesOf(shift, b), words, 0)
			set := 0
			for _, v := range words {
				set += bits.OnesCount64(v)
			}
			sets[b*rows+i] = float32(set)
		}
	})
	var set float64
	for _, v := range sets {
		set += float64(v)
	}
	return set <= sparseMost*float64(s.C*rows*s.W)
}

// lanesOf returns the shift of block b.
func lanesOf(shift []float32, b int) []float32 {
	if shift == nil {
		return simd.NoBias[:]
	}
	return shift[b*Lanes:][:Lanes]
}

// sampleRows is the number of rows that are judged, at even distances.
const sampleRows = 16

func sampleRow(s Shape, i int) int { return i * s.H / min(s.H, sampleRows) }

// gather writes pixels from … from+width-1 of some rows from y on, of 64 channels from channel c on, with the shift
// added, to [rows*width][64], and to words which values are not 0: a bit for each channel.
func gather(to []float32, words []uint64, x, shift []float32, s Shape, c, y, rows, from, width int) {
	for b := range simd.SparseRow / Lanes {
		for r := range rows {
			simd.GatherRow(to[r*width*simd.SparseRow+b*Lanes:], simd.SparseRow, x[s.Index(c+b*Lanes, y+r, from):],
				lanesOf(shift, c/Lanes+b), words[r*width:][:width], b)
		}
	}
}

// transposeBits turns a square of bits: bit j of word i becomes bit i of word j.
func transposeBits(a *[64]uint64) {
	mask := uint64(1)<<32 - 1
	for n := 32; n > 0; n /= 2 {
		for i := 0; i < 64; i = (i + n + 1) &^ n {
			t := (a[i]>>n ^ a[i+n]) & mask
			a[i] ^= t << n
			a[i+n] ^= t
		}
		mask ^= mask << (n / 2)
	}
}
