package kernel

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// everything runs all kernels that have assembly on one shape and returns what they
// compute, by name.
func everything(c, h, w int) map[string][]float32 {
	r := map[string][]float32{}
	const n = 3
	s := Shape{c, h, w}
	out := func(name string, k int) []float32 {
		a := garbage(k)
		r[name] = a
		return a
	}
	x, g := blocked(random(1, s.Plain()), s), blocked(random(2, s.Plain()), s)
	img := random(3, 3*h*w)
	for pad := PadZero; pad <= PadReflect; pad++ {
		conv := NewConv(c, c, random(4, c*c*9), random(5, c), pad, Float32)
		y, bits := out(fmt.Sprint("conv ", pad), s.Len()), make([]uint16, s.Bits())
		conv.Forward(n, y, x, h, w, true, bits)
		clearHalo(y, s)
		dx := out(fmt.Sprint("conv back ", pad), s.Len())
		conv.Backward(n, dx, g, bits, h, w)
		clearHalo(dx, s)
		for size := 3; size <= 7; size += 2 {
			conv := NewImageConv(3, c, size, random(6, 3*c*size*size), random(7, c), pad)
			y := out(fmt.Sprint("image ", size, pad), s.Len())
			conv.Forward(n, y, img, h, w, true, bits)
			clearHalo(y, s)
			conv.Backward(n, out(fmt.Sprint("image back ", size, pad), 3*h*w), g, bits, h, w)
		}
	}
	Gram(n, Float32, out("gram", c*c), x, s)
	dx := out("gram back", s.Len())
	GramBackward(n, Float32, dx, random(8, c*c), x, s)
	clearHalo(dx, s)
	o := Shape{c, h / 2, w / 2}
	for k := PoolMax; k <= PoolL2; k++ {
		y, dx := out(fmt.Sprint("pool ", k), o.Len()), out(fmt.Sprint("pool back ", k), s.Len())
		Pool(n, k, 1.3, y, x, s)
		clearHalo(y, o)
		PoolBackward(n, k, 1.3, dx, y, x, s)
		clearHalo(dx, s)
	}
	maps := func(name string, f func(d []float32)) {
		d := out(name, s.Len())
		f(d)
		clearHalo(d, s)
	}
	maps("relu", func(d []float32) { ReLU(n, d, x, s) })
	maps("relu back", func(d []float32) { ReLUBackward(n, d, g, x, s) })
	maps("distance back", func(d []float32) { MapDistanceBackward(n, d, g, x, 0.7, s) })
	Add(n, out("add", len(img)), img, img)
	AddScaled(out("add scaled", len(img)), img, 0.7, img)
	r["distance of vectors"] = []float32{float32(Dot(img, img))}
	bits := math.Float64bits(MapDistance(n, g, x, s))
	r["distance"] = []float32{float32(bits >> 40), float32(bits >> 20 & 0xfffff), float32(bits & 0xfffff)}
	return r
}

// TestInstructionSets: AVX-512 and AVX2 agree to the bit; portable code agrees
// where nothing is fused, and is close elsewhere.
func TestInstructionSets(t *testing.T) {
	have := simd.Available()
	exact := []string{"pool", "relu", "distance", "add"}
	for _, c := range []int{1, 16, 33, 64} {
		if testing.Short() && c == 64 {
			continue
		}
		for _, hw := range [][2]int{{1, 1}, {4, 4}, {5, 18}, {12, 17}, {9, 45}, {34, 67}} {
			results := make([]map[string][]float32, len(have))
			for k, i := range have {
				simd.With(i, func() { results[k] = everything(c, hw[0], hw[1]) })
			}
			for k := 1; k < len(have); k++ {
				for name, got := range results[k] {
					want := results[k-1][name]
					what := fmt.Sprintf("%s, %d channels %v: %v and %v", name, c, hw, have[k-1], have[k])
					if have[k-1].String() == "portable" && !slices.ContainsFunc(exact, func(p string) bool { return strings.HasPrefix(name, p) }) {
						near(t, what, got, wide(want), 1e-5)
						continue
					}
					for i := range got {
						if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
							t.Errorf("%s: value %d: %v and %v", what, i, want[i], got[i])
							break
						}
					}
				}
			}
		}
	}
}
