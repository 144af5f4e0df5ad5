package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// with runs f under an instruction set.
func with(i instructions, f func()) {
	old := active
	active = i
	defer func() { active = old }()
	f()
}

func TestChoose(t *testing.T) {
	have := []instructions{portable, avx2}
	for _, c := range []struct {
		name    string
		want    instructions
		problem string
	}{
		{"", avx2, ""},
		{"portable", portable, ""},
		{"avx2", avx2, ""},
		{"avx512", avx2, "not available"},
		{"AVX2", avx2, "unknown"},
		{"sse", avx2, "unknown"},
	} {
		got, err := choose(c.name, have)
		if got != c.want {
			t.Errorf("%q: %v, want %v", c.name, got, c.want)
		}
		switch {
		case c.problem == "" && err != nil:
			t.Errorf("%q: %v", c.name, err)
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem) || !strings.Contains(err.Error(), "portable, avx2")):
			t.Errorf("%q: error %v, want one with %q and what would do", c.name, err, c.problem)
		}
	}
	if Err() == nil && !slices.Contains(isaNames[:], ISA()) {
		t.Errorf("ISA() = %q", ISA())
	}
}

// everything runs all kernels that have assembly on one shape and gives what they
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
	have := available()
	exact := []string{"pool", "relu", "distance", "add"}
	for _, c := range []int{1, 16, 33, 64} {
		if testing.Short() && c == 64 {
			continue
		}
		for _, hw := range [][2]int{{1, 1}, {4, 4}, {5, 18}, {12, 17}, {9, 45}, {34, 67}} {
			results := make([]map[string][]float32, len(have))
			for k, i := range have {
				with(i, func() { results[k] = everything(c, hw[0], hw[1]) })
			}
			for k := 1; k < len(have); k++ {
				for name, got := range results[k] {
					want := results[k-1][name]
					what := fmt.Sprintf("%s, %d channels %v: %v and %v", name, c, hw, have[k-1], have[k])
					if have[k-1] == portable && !slices.ContainsFunc(exact, func(p string) bool { return strings.HasPrefix(name, p) }) {
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

// TestSpecial: NaN, infinities and signed zeros take the same way everywhere.
func TestSpecial(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	values := []float32{nan, inf, -inf, 0, float32(math.Copysign(0, -1)), 1, -1, 2}
	const n = 64 * Lanes // pixels by lanes
	pick := func(seed uint64, n int) []float32 {
		r := rand.New(rand.NewPCG(seed, 2))
		a := make([]float32, n)
		for i := range a {
			a[i] = values[r.IntN(len(values))]
		}
		return a
	}
	p, q, g := pick(1, 2*n), pick(2, 2*n), pick(3, n)
	all := func() map[string][]float32 {
		r := map[string][]float32{}
		out := func(name string, k int) []float32 { r[name] = make([]float32, k); return r[name] }
		for k := PoolMax; k <= PoolL2; k++ {
			poolRow(k, 0.5, out(fmt.Sprint("pool ", k), n), p, q)
			for _, stream := range []bool{false, true} {
				name := fmt.Sprint("pool back ", k, stream)
				poolRowBackward(k, 0.5, out(name, 2*n), out(name+" below", 2*n), g, p, q, stream)
			}
		}
		relu(out("relu", 2*n), p)
		keep(out("keep", 2*n), p, q)
		add(out("add", 2*n), p, q)
		difference(out("difference", 2*n), p, q, 3)
		words := make([]uint16, n/Lanes)
		finishRow(out("bias and ReLU", n), p, q, true, words, false)
		bits := out("bits", n/Lanes)
		for i, w := range words {
			bits[i] = float32(w)
		}
		finishRow(out("no bias", n), p, noBias[:], false, nil, true)
		return r
	}
	var want map[string][]float32
	with(portable, func() { want = all() })
	for _, isa := range available() {
		with(isa, func() {
			for name, got := range all() {
				for i, v := range got {
					w := want[name][i]
					if math.Float32bits(v) != math.Float32bits(w) && !(v != v && w != w) {
						t.Errorf("%v: %s: value %d is %v, portable %v", isa, name, i, v, w)
						break
					}
				}
			}
		})
	}
}

// TestFilterPoints wants the same bits of every instruction set, portable too.
func TestFilterPoints(t *testing.T) {
	const stride = 37
	var w [taps][Lanes]float32
	for i, v := range random(5, taps*Lanes) {
		w[i/Lanes][i%Lanes] = v
	}
	for i := range w { // zeros of both signs
		w[i][3], w[i][4] = 0, float32(math.Copysign(0, -1))
	}
	want := make([]float32, points*stride)
	filterPointsPortable(want, stride, &w)
	for _, set := range available() {
		got := make([]float32, points*stride)
		with(set, func() { filterPoints(got, stride, &w) })
		for i, v := range want {
			if math.Float32bits(got[i]) != math.Float32bits(v) {
				t.Fatalf("%v: value %d is %v, want %v", set, i, got[i], v)
			}
		}
	}
}
