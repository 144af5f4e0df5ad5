package simd

import "math"

// NoBias is a bias that changes no value, not even -0.
var NoBias = func() (b [Lanes]float32) {
	for l := range b {
		b[l] = float32(math.Copysign(0, -1))
	}
	return b
}()

// finishRowPortable writes the pixels of a, len(y)/16 of them, to y with the bias added:
//
//	y[t*16+l] = max(a[t*16+l] + bias[l], low)
//
// low is 0 for a ReLU, else -Inf; NaN stays NaN. With bits, one word per pixel, the bits of
// the values above 0 are set and the others cleared. stream writes y past the caches
// where it is aligned: see Settle.
func finishRowPortable(y, a, bias []float32, low float32, bits []uint16, stream bool) {
	for t := range len(y) / Lanes {
		from, to := (*[Lanes]float32)(a[t*Lanes:]), (*[Lanes]float32)(y[t*Lanes:])
		for l, v := range from {
			v += bias[l]
			if v < low {
				v = low
			}
			to[l] = v
		}
		if bits != nil {
			bits[t] = positive(to)
		}
	}
}

// positive has the bits of the lanes that are above zero.
func positive(v *[Lanes]float32) (word uint16) {
	for l, v := range v {
		if v > 0 {
			word |= 1 << l
		}
	}
	return word
}

// settlePortable waits until what this goroutine has written past the caches is visible
// to all others. Such stores are not in order with others, and a wait takes longer than
// the next values take to compute: one is enough for all that a task writes.
func settlePortable() {}
