package kernel

import (
	"fmt"
	"math"
	"testing"
)

func TestBfloat(t *testing.T) {
	for _, c := range []struct {
		in   float32
		want uint16
	}{
		{0, 0}, {float32(math.Copysign(0, -1)), 0x8000}, {1, 0x3f80}, {-2, 0xc000},
		{1 + 1./256, 0x3f80},                                              // halfway: to even
		{1 + 3./256, 0x3f82},                                              // halfway: to even
		{1 + 1./256 + 1./65536, 0x3f81},                                   // above halfway
		{math.MaxFloat32, 0x7f80},                                         // rounds to infinity
		{float32(math.Inf(-1)), 0xff80}, {math.SmallestNonzeroFloat32, 0}, // below the normal range
	} {
		if got := toBfloat(c.in); got != c.want {
			t.Errorf("toBfloat(%v) = %#04x, want %#04x", c.in, got, c.want)
		}
	}
	if h := toBfloat(float32(math.NaN())); fromBfloat(h) == fromBfloat(h) {
		t.Errorf("toBfloat(NaN) = %#04x, which is a number", h)
	}
	worst := 0.0
	for _, v := range random(1, 10000) {
		high, low := splitBfloat(v)
		sum := float64(fromBfloat(high)) + float64(fromBfloat(low))
		worst = max(worst, math.Abs(sum-float64(v))/math.Abs(float64(v)))
	}
	if worst > 1./(1<<16) {
		t.Errorf("two numbers of bfloat16 are off by %g of the value, want at most 2^-16", worst)
	}
}

// TestTripleProduct holds the tile registers to the bits of the portable reference,
// and that to the product in float64.
func TestTripleProduct(t *testing.T) {
	const kb, pairs = 3, 2
	for rows := 1; rows <= 3; rows++ {
		n := rows * tileRows
		vs, ms := n*tilePairs+16, n*Lanes+48
		low := kb * vs
		v, u := Alloc(2*low), Alloc(pairs*kb*4*tileSize)
		x, weight := random(1, n*kb*32), random(2, kb*32*pairs*32)
		for i := range n {
			for c := range kb * 32 {
				o := c/32*vs + i*tilePairs
				halves(v[o:])[c%32], halves(v[o+low:])[c%32] = splitBfloat(x[i*kb*32+c])
			}
		}
		for c := range kb * 32 {
			for o := range pairs * 32 {
				packTriple(u[(o/32*kb+c/32)*4*tileSize:], c%32, o%32, weight[c*pairs*32+o])
			}
		}
		product := func() []float32 {
			m := make([]float32, 2*pairs*ms)
			tripleProduct(m, ms, v, vs, low, u, kb, rows, pairs)
			return m
		}
		var want []float32
		with(portable, func() { want = product() })
		var got, exact []float64
		for i := range n {
			for o := range pairs * 32 {
				sum := 0.0
				for c := range kb * 32 {
					sum += float64(x[i*kb*32+c]) * float64(weight[c*pairs*32+o])
				}
				got, exact = append(got, float64(want[o/Lanes*ms+i*Lanes+o%Lanes])), append(exact, sum)
			}
		}
		single := make([]float32, len(got))
		for i, v := range got {
			single[i] = float32(v)
		}
		near(t, fmt.Sprint(rows, " rows"), single, exact, 1e-5)
		if err := BF16x3.Err(); err != nil {
			t.Logf("tile registers not compared: %v", err)
			continue
		}
		for i, v := range product() {
			if math.Float32bits(v) != math.Float32bits(want[i]) {
				t.Fatalf("%d rows: value %d is %v, portable %v", rows, i, v, want[i])
			}
		}
	}
}
