package kernel

import (
	"math"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// withZeros makes two thirds of the values 0, as a ReLU does with some maps more than with others.
func withZeros(x []float32) {
	for i := range x {
		x[i] = max(0, x[i]-0.4)
	}
}

// TestZeros compares products without zeros with the bits of those with them.
func TestZeros(t *testing.T) {
	for _, s := range []Shape{{64, 1, 1}, {64, 3, 5}, {64, 37, 70}, {128, 9, 131}, {192, 21, 24}, {512, 16, 16}} {
		x, dg := random(1, s.Plain()), random(2, s.C*s.C)
		withZeros(x)
		xb := blocked(x, s)
		perPart, chunk := gramPartition(s)
		sums, want := make([]float64, gramSumsLen(s)/2), make([]float64, gramSumsLen(s)/2)
		gramSparse(3, sums, nil, xb, nil, s, perPart, chunk)
		gramSingle(3, want, nil, xb, nil, s, perPart, chunk)
		for i := range sums {
			a, b := i/s.C%s.C/Lanes, i%s.C/Lanes
			if b >= a && math.Float64bits(sums[i]) != math.Float64bits(want[i]) && simd.Sparse() {
				t.Fatalf("%v: sum %d is %v, want %v", s, i, sums[i], want[i])
			}
		}
		for _, bias := range [][]float32{nil, random(4, s.C)} {
			for _, sum := range []bool{false, true} {
				up := blocked(random(3, s.Plain()), s)
				dx, back := append([]float32{}, up...), append([]float32{}, up...)
				gramBackwardSparse(3, dx, dg, xb, bias, s, sum)
				gramBackwardSingle(3, back, dg, xb, bias, s, sum)
				clearHalo(dx, s)
				clearHalo(back, s)
				for i := range dx {
					if dx[i] != back[i] && simd.Sparse() {
						t.Fatalf("%v: value %d of the gradient is %v, want %v", s, i, dx[i], back[i])
					}
				}
			}
		}
		if s.H*s.W > 1 && sparse(2, xb, nil, s) != simd.Sparse() {
			t.Errorf("%v: whether the map has many zeros is judged wrongly", s)
		}
	}
	s := Shape{64, 40, 20}
	if sparse(1, blocked(random(1, s.Plain()), s), nil, s) {
		t.Error("a map without zeros is taken for one with many")
	}
}

func TestTransposeBits(t *testing.T) {
	var a, b [64]uint64
	for i := range a {
		a[i] = 0x9e3779b97f4a7c15 * uint64(i*i+1)
	}
	b = a
	transposeBits(&b)
	for i := range a {
		for j := range b {
			if a[i]>>j&1 != b[j]>>i&1 {
				t.Fatalf("bit %d of word %d", j, i)
			}
		}
	}
}
