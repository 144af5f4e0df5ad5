package kernel

import (
	"math"
	"slices"
	"testing"
)

func TestBlocks(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 33, 48, 50, 113} {
		a, square, want := random(1, n*n), make([]float32, n*n), make([]float32, n*n)
		mirror(1, a, n)
		Multiply(1, square, a, a, n, n, n)
		x, y := garbage(BlocksLen(n)), garbage(BlocksLen(n))
		ToBlocks(2, x, a, n)
		ToBlocks(2, y, square, n)
		back := garbage(n * n)
		FromBlocks(2, back, x, n)
		if !slices.Equal(back, a) {
			t.Fatalf("%d: the matrix is not the same after both conversions", n)
		}
		for name, f := range map[string]struct {
			blocks func(w Workers, c, a, b []float32, n int)
			plain  func(w Workers, c, a, b []float32)
		}{
			"any":       {MultiplyBlocks, func(w Workers, c, a, b []float32) { Multiply(w, c, a, b, n, n, n) }},
			"symmetric": {MultiplyBlocksSymmetric, func(w Workers, c, a, b []float32) { MultiplySymmetric(w, c, a, b, n) }},
		} {
			c, again := garbage(BlocksLen(n)), garbage(BlocksLen(n))
			f.blocks(1, c, x, y, n)
			f.blocks(3, again, x, y, n)
			if !slices.Equal(c, again) {
				t.Errorf("%s, %d: other bits with three workers", name, n)
			}
			f.plain(1, want, a, square)
			FromBlocks(1, back, c, n)
			if !slices.Equal(back, want) {
				t.Errorf("%s, %d: other values than row by row", name, n)
			}
		}
		CombineBlocks(2, x, n, 3, Scaled{2, x}, Scaled{-0.5, y})
		FromBlocks(2, back, x, n)
		trace := 0.0
		for i := range back {
			v := float32(2*a[i]) - float32(0.5*square[i])
			if i%(n+1) == 0 {
				v += 3
				trace += float64(v)
			}
			if back[i] != v {
				t.Fatalf("%d: element %d of the sum is %v, want %v", n, i, back[i], v)
			}
		}
		if got := TraceBlocks(x, n); got != trace {
			t.Errorf("%d: trace %v, want %v", n, got, trace)
		}
		if got, want := SquaredNorm(2, x), Distance(1, x, make([]float32, len(x))); got != want || math.IsNaN(got) {
			t.Errorf("%d: squared norm %v, want %v", n, got, want)
		}
	}
}
