package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The tests know of every kernel a naive float64 version, written from its doc
// comment over plain maps, and compare with awkward sizes. Backward kernels are
// held against the transpose: <A x, g> = <x, A^T g> for a linear one, finite
// differences in float64 for the others.

// sizes are heights and widths: one pixel, odd, off multiples of 4, 14 and 32.
var sizes = [][2]int{{1, 1}, {1, 5}, {2, 2}, {3, 1}, {4, 4}, {5, 7}, {6, 13}, {7, 14}, {8, 15}, {9, 29}, {13, 33}, {18, 31}, {5, 67}, {33, 16}}

func random(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	a := make([]float32, n)
	for i := range a {
		a[i] = float32(r.NormFloat64())
	}
	return a
}

// blocked packs plain and puts NaN into the halo, which no kernel may read
// before it has filled it.
func blocked(plain []float32, s Shape) []float32 {
	a := garbage(s.Len())
	Pack(1, a, plain, s)
	return a
}

func garbage(n int) []float32 {
	a := Alloc(n)
	for i := range a {
		a[i] = float32(math.NaN())
	}
	return a
}

func plain(t testing.TB, a []float32, s Shape) []float32 {
	t.Helper()
	for c := s.C; c < s.Blocks()*Lanes; c++ {
		for y := range s.H {
			for x := range s.W {
				if v := a[s.Index(c, y, x)]; v != 0 {
					t.Fatalf("spare lane %d at %d,%d is %v, want 0", c, y, x, v)
				}
			}
		}
	}
	p := make([]float32, s.Plain())
	Unpack(1, p, a, s)
	return p
}

func wide(a []float32) []float64 {
	b := make([]float64, len(a))
	for i, v := range a {
		b[i] = float64(v)
	}
	return b
}

// near fails unless the relative L2 distance is below tol.
func near(t testing.TB, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	if e := relative(got, want); !(e < tol) {
		t.Errorf("%s: relative L2 error %.3g, want below %.3g", what, e, tol)
	}
}

func relative(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var d, n float64
	for i, w := range want {
		e := float64(got[i]) - w
		d += e * e
		n += w * w
	}
	if n == 0 {
		return math.Sqrt(d)
	}
	return math.Sqrt(d / n)
}

// sameBits runs f with several numbers of workers into fresh results and fails
// unless all agree to the bit.
func sameBits(t *testing.T, n int, f func(w Workers, out []float32)) []float32 {
	t.Helper()
	var first []float32
	for _, w := range []Workers{1, 2, 3, 7} {
		out := garbage(n)
		f(w, out)
		if first == nil {
			first = out
			continue
		}
		for i := range out {
			if math.Float32bits(out[i]) != math.Float32bits(first[i]) {
				t.Fatalf("%d workers: value %d is %v, with one worker %v", w, i, out[i], first[i])
			}
		}
	}
	return first
}

// clearHalo makes what is undefined comparable.
func clearHalo(a []float32, s Shape) { PadZero.fillHalo(1, a, s) }
