// Package vec is the arithmetic on []float32 vectors that the optimisers share.
//
// Sums are in float64, over blocks of a fixed length whose partial sums are added in
// order: the result depends only on the operands. A product of two float32 is exact in
// float64, so a fused multiply-add does not change it. In float32 every product is
// rounded by an explicit conversion, which prevents fusing. The results are
// bit-identical on every machine.
//
// All operands of a call have the length of the first one.
package vec

import (
	"math"
	"slices"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// block is the number of elements of one partial sum.
const block = 1 << 12

// Dot returns the sum of a[i]*b[i].
func Dot(a, b []float32) float64 {
	b = b[:len(a)]
	var sum float64
	for len(a) > block {
		sum += dot(a[:block], b[:block])
		a, b = a[block:], b[block:]
	}
	return sum + dot(a, b)
}

func dot(a, b []float32) float64 { return kernel.Dot(a, b) }

// AbsSum returns the sum of |a[i]|.
func AbsSum(a []float32) float64 {
	var sum float64
	for len(a) > 0 {
		part := a[:min(block, len(a))]
		var s float64
		for _, v := range part {
			s += math.Abs(float64(v))
		}
		sum += s
		a = a[len(part):]
	}
	return sum
}

// MaxAbs returns the largest |a[i]|: 0 for an empty vector, NaN if an element is NaN.
func MaxAbs(a []float32) float64 { return float64(math.Float32frombits(greatest(a))) }

// greatest returns the largest of the elements' bits without the sign. The bits have the
// order of the magnitudes, with NaN above infinity. Comparing floats takes ten times as
// long, because of NaN.
func greatest(a []float32) uint32 {
	const magnitude = 1<<31 - 1
	var m0, m1, m2, m3 uint32
	for ; len(a) >= 4; a = a[4:] {
		m0 = max(m0, math.Float32bits(a[0])&magnitude)
		m1 = max(m1, math.Float32bits(a[1])&magnitude)
		m2 = max(m2, math.Float32bits(a[2])&magnitude)
		m3 = max(m3, math.Float32bits(a[3])&magnitude)
	}
	for _, v := range a {
		m0 = max(m0, math.Float32bits(v)&magnitude)
	}
	return max(m0, m1, m2, m3)
}

// AddScaled computes y[i] += alpha*x[i].
func AddScaled(y []float32, alpha float32, x []float32) { kernel.AddScaled(y, y, alpha, x[:len(y)]) }

// Step computes dst[i] = x[i] + t*d[i].
func Step(dst, x []float32, t float32, d []float32) {
	kernel.AddScaled(dst, x[:len(dst)], t, d[:len(dst)])
}

// IsStep reports whether every y[i] has the bits of x[i] + t*d[i].
func IsStep(y, x []float32, t float32, d []float32) bool {
	x, d = x[:len(y)], d[:len(y)]
	for i, v := range y {
		if math.Float32bits(v) != math.Float32bits(x[i]+float32(t*d[i])) {
			return false
		}
	}
	return true
}

// Sub computes dst[i] = a[i] - b[i].
func Sub(dst, a, b []float32) {
	kernel.Sub(dst, a[:len(dst)], b[:len(dst)])
}

// Scale computes dst[i] = alpha*x[i]; dst may be x.
func Scale(dst []float32, alpha float32, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = alpha * x[i]
	}
}

// Sqrt returns the square root, correctly rounded.
func Sqrt(v float32) float32 { return float32(math.Sqrt(float64(v))) }

// NotFinite returns the index of the first element that is NaN or infinite; -1 if there is none.
func NotFinite(a []float32) int {
	const infinity = 0x7f800000
	if greatest(a) < infinity {
		return -1
	}
	return slices.IndexFunc(a, func(v float32) bool { return v-v != 0 })
}
