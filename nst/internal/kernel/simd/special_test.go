package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func random(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	a := make([]float32, n)
	for i := range a {
		a[i] = float32(r.NormFloat64())
	}
	return a
}

// TestSpecial checks that NaN, infinities and signed zeros give the same everywhere.
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
		for name, row := range map[string]func(d, p, q []float32, scale float32){"max": PoolMax, "average": PoolAverage, "L2": PoolL2} {
			row(out("pool "+name, n), p, q, 0.5)
		}
		for name, back := range map[string]func(d, e, grad, p, q []float32, scale float32, stream bool){"max": PoolMaxBack, "average": PoolAverageBack, "L2": PoolL2Back} {
			for _, stream := range []bool{false, true} {
				name := fmt.Sprint("pool back ", name, stream)
				back(out(name, 2*n), out(name+" below", 2*n), g, p, q, 0.5, stream)
			}
		}
		Relu(out("relu", 2*n), p)
		Keep(out("keep", 2*n), p, q)
		Add(out("add", 2*n), p, q)
		Difference(out("difference", 2*n), p, q, 3)
		words := make([]uint16, n/Lanes)
		FinishRow(out("bias and ReLU", n), p, q, 0, words, false)
		bits := out("bits", n/Lanes)
		for i, w := range words {
			bits[i] = float32(w)
		}
		FinishRow(out("no bias", n), p, NoBias[:], free, nil, true)
		return r
	}
	var want map[string][]float32
	With(portable, func() { want = all() })
	for _, isa := range Available() {
		With(isa, func() {
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

// TestFilterPoints checks that all instruction sets have the same bits, portable too.
func TestFilterPoints(t *testing.T) {
	const stride = 37
	var w [Taps][Lanes]float32
	for i, v := range random(5, Taps*Lanes) {
		w[i/Lanes][i%Lanes] = v
	}
	for i := range w { // zeros of both signs
		w[i][3], w[i][4] = 0, float32(math.Copysign(0, -1))
	}
	want := make([]float32, Points*stride)
	filterPointsPortable(want, stride, &w)
	for _, set := range Available() {
		got := make([]float32, Points*stride)
		With(set, func() { FilterPoints(got, stride, &w) })
		for i, v := range want {
			if math.Float32bits(got[i]) != math.Float32bits(v) {
				t.Fatalf("%v: value %d is %v, want %v", set, i, got[i], v)
			}
		}
	}
}
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
		if got := ToBfloat(c.in); got != c.want {
			t.Errorf("ToBfloat(%v) = %#04x, want %#04x", c.in, got, c.want)
		}
	}
	if h := ToBfloat(float32(math.NaN())); FromBfloat(h) == FromBfloat(h) {
		t.Errorf("ToBfloat(NaN) = %#04x, which is a number", h)
	}
	worst := 0.0
	for _, v := range random(1, 10000) {
		high, low := SplitBfloat(v)
		sum := float64(FromBfloat(high)) + float64(FromBfloat(low))
		worst = max(worst, math.Abs(sum-float64(v))/math.Abs(float64(v)))
	}
	if worst > 1./(1<<16) {
		t.Errorf("two numbers of bfloat16 are off by %g of the value, want at most 2^-16", worst)
	}
}
