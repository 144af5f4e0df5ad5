package kernel

import (
	"fmt"
	"math"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// TestTripleProduct holds the tile registers to the bits of the portable reference,
// and that to the product in float64.
func TestTripleProduct(t *testing.T) {
	const kb, pairs = 3, 2
	for rows := 1; rows <= 3; rows++ {
		n := rows * simd.TileRows
		vs, ms := n*simd.TilePairs+16, n*Lanes+48
		low := kb * vs
		v, u := Alloc(2*low), Alloc(pairs*kb*4*simd.TileSize)
		x, weight := random(1, n*kb*32), random(2, kb*32*pairs*32)
		for i := range n {
			for c := range kb * 32 {
				o := c/32*vs + i*simd.TilePairs
				simd.Halves(v[o:])[c%32], simd.Halves(v[o+low:])[c%32] = simd.SplitBfloat(x[i*kb*32+c])
			}
		}
		for c := range kb * 32 {
			for o := range pairs * 32 {
				packTriple(u[(o/32*kb+c/32)*4*simd.TileSize:], c%32, o%32, weight[c*pairs*32+o])
			}
		}
		product := func() []float32 {
			m := make([]float32, 2*pairs*ms)
			simd.TripleProduct(m, ms, v, vs, low, u, kb, rows, pairs)
			return m
		}
		var want []float32
		simd.With(simd.Available()[0], func() { want = product() })
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
