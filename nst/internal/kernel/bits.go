package kernel

import (
	"fmt"
	"math"
)

// A ReLU stores which values are above zero as bits, [ceil(C/16)][H+2][W+2] words for a map
// of shape C, H, W: bit l of a word is set if channel l of its block is above zero. Forward
// of a convolution writes the bits and Backward reads them. The words of the halo are
// undefined.

// Bits is the number of words with a bit for each value of the blocked map.
func (s Shape) Bits() int { return s.Len() / Lanes }

func checkBits(kernel string, bits []uint16, s Shape) {
	if bits != nil && len(bits) < s.Bits() {
		panic(fmt.Sprintf("kernel: %s: bits has %d words, %d are needed for shape %d x %d x %d",
			kernel, len(bits), s.Bits(), s.C, s.H, s.W))
	}
}

// low returns the lower bound of a ReLU, or -Inf without one.
func low(relu bool) float32 {
	if relu {
		return 0
	}
	return float32(math.Inf(-1))
}
