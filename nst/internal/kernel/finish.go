package kernel

import "math"

// large is the number of values from which on a map will not stay in a core's cache
// until somebody reads it: it is written past the caches. Such stores are not in order
// with others; Each waits for them, once, which every routine by itself would do for
// longer than it takes to compute the next values.
const large = 1 << 20

// noBias leaves every value as it is, -0 too.
var noBias = func() (b [Lanes]float32) {
	for l := range b {
		b[l] = float32(math.Copysign(0, -1))
	}
	return b
}()

// finishRowPortable writes the pixels of a, len(y)/16 of them, to y with the bias added
// and, with relu, negative values made zero; the bits of what is above zero then are
// set, where bits are wanted.
func finishRowPortable(y, a, bias []float32, relu bool, bits []uint16) {
	for t := range len(y) / Lanes {
		from, to := (*[Lanes]float32)(a[t*Lanes:]), (*[Lanes]float32)(y[t*Lanes:])
		for l, v := range from {
			v += bias[l]
			if relu && v < 0 {
				v = 0
			}
			to[l] = v
		}
		if bits != nil {
			bits[t] = positive(to)
		}
	}
}
