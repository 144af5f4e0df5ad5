package simd

import "math/bits"

// Sparse reports whether SparseRows takes less time than Gemm and GramTile where half of the values
// are 0. With AVX-512, these have registers twice as wide and SparseRows does not: it was not measured there.
func Sparse() bool { return active == avx2 }

// SparseRow is the number of values in a row that SparseRows adds.
const SparseRow = 4 * Lanes

// sparseRowsPortable adds multiples of the rows of a matrix u, of 64 values each, to n vectors of four blocks:
//
//	for r := range n { for i := range 64 { for j := range 64 {
//		m[j/16*mStride + r*mNext + j%16] += v[r*vNext + i<<vShift] * u[i*64 + j]
//	} } }
//
// in the order of i. It leaves out each i whose bit in words[r] is 0. n pixels of four blocks of next and more,
// which are plane apart, are fetched into the cache.
func sparseRowsPortable(m []float32, mStride, mNext int, v []float32, vNext, vShift int, u []float32, words []uint64, n int, next, more []float32, plane int) {
	for r := range n {
		for word := words[r]; word != 0; word &= word - 1 {
			i := bits.TrailingZeros64(word)
			x, u := v[r*vNext+i<<vShift], (*[SparseRow]float32)(u[i*SparseRow:])
			for b := range SparseRow / Lanes {
				m := (*[Lanes]float32)(m[b*mStride+r*mNext:])
				for l := range m {
					m[l] += x * u[b*Lanes+l]
				}
			}
		}
	}
}

// gatherRowPortable copies the pixels of a block, one for each word, with the shift added:
//
//	d[t*step+l] = a[t*16+l] + shift[l]
//
// Bits 16*block … 16*block+15 of words[t] are set where a value of pixel t is not 0, and cleared where it is.
func gatherRowPortable(d []float32, step int, a, shift []float32, words []uint64, block int) {
	for t := range words {
		var set uint64
		to := (*[Lanes]float32)(d[t*step:])
		for l, v := range (*[Lanes]float32)(a[t*Lanes:]) {
			to[l] = v + shift[l]
			if to[l] != 0 {
				set |= 1 << l
			}
		}
		words[t] = words[t]&^(0xffff<<(Lanes*block)) | set<<(Lanes*block)
	}
}
