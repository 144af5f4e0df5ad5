package kernel

import (
	"fmt"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// ReLU computes y = max(x, 0) over blocked maps; NaN stays NaN. y may be x.
func ReLU(w Workers, y, x []float32, s Shape) {
	check("ReLU", s, operand{"y", y, s.Len()}, operand{"x", x, s.Len()})
	w.Each(s.Blocks()*s.H, func(i int) {
		simd.Relu(s.line(y, i/s.H, i%s.H), s.line(x, i/s.H, i%s.H))
	})
}

// ReLUBackward computes dx = dy where y > 0 and 0 elsewhere, over blocked maps. y is the
// result of ReLU or its x. dx may be dy.
func ReLUBackward(w Workers, dx, dy, y []float32, s Shape) {
	check("ReLUBackward", s, operand{"dx", dx, s.Len()}, operand{"dy", dy, s.Len()}, operand{"y", y, s.Len()})
	w.Each(s.Blocks()*s.H, func(i int) {
		b, r := i/s.H, i%s.H
		simd.Keep(s.line(dx, b, r), s.line(dy, b, r), s.line(y, b, r))
	})
}

// Add computes dst = a + b; dst may be a or b. All three have the same length.
func Add(w Workers, dst, a, b []float32) {
	same("Add", len(dst), len(a), len(b))
	eachSpan(w, len(dst), func(_, from, to int) {
		simd.Add(dst[from:to], a[from:to], b[from:to])
	})
}

// span is the number of values in a task over flat slices: 64 KiB.
const span = 1 << 14

func spans(n int) int { return (n + span - 1) / span }

// eachSpan splits 0..n-1 into spans and calls f with the number of each span and its
// bounds.
func eachSpan(w Workers, n int, f func(i, from, to int)) {
	w.Each(spans(n), func(i int) { f(i, i*span, min((i+1)*span, n)) })
}

// same panics if lengths differ.
func same(kernel string, n int, others ...int) {
	for _, m := range others {
		if m != n {
			panic(fmt.Sprintf("kernel: %s: lengths %d and %d differ", kernel, n, m))
		}
	}
}
