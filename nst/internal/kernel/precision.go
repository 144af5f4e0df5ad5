package kernel

import (
	"fmt"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Precision is the number format of the factors in a convolution. Maps, sums and everything
// else are always float32.
type Precision uint8

const (
	// Float32 multiplies float32.
	Float32 Precision = iota
	// BF16x3 represents each factor as the sum of two bfloat16 numbers and omits the
	// product of the two small ones.
	BF16x3
	// BF16 rounds each factor to bfloat16.
	BF16
)

var precisionNames = [...]string{Float32: "float32", BF16x3: "bf16x3", BF16: "bf16"}

func (p Precision) String() string {
	if int(p) < len(precisionNames) {
		return precisionNames[p]
	}
	return fmt.Sprintf("Precision(%d)", uint8(p))
}

// Err returns an error if the precision is not available on this machine. The kernels
// support it nevertheless, in portable code for tests.
func (p Precision) Err() error {
	if p == Float32 {
		return nil
	}
	return simd.AMX()
}
