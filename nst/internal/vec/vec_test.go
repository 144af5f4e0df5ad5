package vec

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Lengths around the unrolling (4) and the block.
var lengths = []int{0, 1, 3, 4, 5, 127, block - 1, block, block + 1, 3*block + 7}

func random(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64() * math.Exp(4*r.NormFloat64()))
	}
	return v
}

func TestSums(t *testing.T) {
	for _, n := range lengths {
		a, b := random(n, 1), random(n, 2)
		dot, sum, size, greatest := new(big.Float).SetPrec(200), new(big.Float).SetPrec(200), 0.0, 0.0
		for i := range a {
			x, y := new(big.Float).SetFloat64(float64(a[i])), new(big.Float).SetFloat64(float64(b[i]))
			dot.Add(dot, new(big.Float).SetPrec(200).Mul(x, y))
			sum.Add(sum, x.Abs(x))
			size += math.Abs(float64(a[i]) * float64(b[i]))
			greatest = max(greatest, math.Abs(float64(a[i])))
		}
		wantDot, _ := dot.Float64()
		wantSum, _ := sum.Float64()
		// 4096/4 additions in a row, each off by at most 1.1e-16 of the sum of magnitudes.
		if got := Dot(a, b); math.Abs(got-wantDot) > 1.2e-13*size {
			t.Errorf("n = %d: Dot %v, exactly %v", n, got, wantDot)
		}
		if got := AbsSum(a); math.Abs(got-wantSum) > 4.6e-13*wantSum {
			t.Errorf("n = %d: AbsSum %v, exactly %v", n, got, wantSum)
		}
		if got := MaxAbs(a); got != greatest {
			t.Errorf("n = %d: MaxAbs %v, want %v", n, got, greatest)
		}
	}
	if got := MaxAbs([]float32{1, -3, 2}); got != 3 {
		t.Errorf("MaxAbs %v, want 3", got)
	}
}

func TestElementwise(t *testing.T) {
	for _, n := range lengths {
		x, d := random(n, 3), random(n, 4)
		const alpha = float32(0.3)
		y, step, scaled, sub := slices.Clone(x), make([]float32, n), make([]float32, n), make([]float32, n)
		AddScaled(y, alpha, d)
		Step(step, x, alpha, d)
		Scale(scaled, alpha, d)
		Sub(sub, x, d)
		for i := range x {
			product := float32(float64(alpha) * float64(d[i])) // rounded once, then added: not fused
			sum := float32(float64(x[i]) + float64(product))
			if y[i] != sum || step[i] != sum || scaled[i] != product || sub[i] != float32(float64(x[i])-float64(d[i])) {
				t.Fatalf("n = %d, i = %d: %v %v %v %v", n, i, y[i], step[i], scaled[i], sub[i])
			}
		}
		if !IsStep(step, x, alpha, d) {
			t.Errorf("n = %d: Step is not IsStep", n)
		}
		for _, i := range []int{0, n / 2, n - 1} {
			if n == 0 {
				break
			}
			other := slices.Clone(step)
			other[i] = math.Nextafter32(other[i], 1e9)
			if IsStep(other, x, alpha, d) {
				t.Errorf("n = %d: a bit of element %d is overlooked", n, i)
			}
		}
	}
	if IsStep([]float32{float32(math.Copysign(0, -1))}, []float32{0}, 1, []float32{0}) {
		t.Error("-0 passes for 0")
	}
}

func TestNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		v := []float32{0, -math.MaxFloat32, 1e-45, float32(bad), float32(bad)}
		if i := NotFinite(v); i != 3 {
			t.Errorf("%v: index %d, want 3", bad, i)
		}
		if i := NotFinite(v[:3]); i != -1 {
			t.Errorf("index %d, want -1", i)
		}
	}
}

func BenchmarkDot(b *testing.B) {
	for _, n := range []int{1 << 12, 3 << 18} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x, y := random(n, 1), random(n, 2)
			b.SetBytes(int64(8 * n))
			for b.Loop() {
				Dot(x, y)
			}
		})
	}
}

func BenchmarkAddScaled(b *testing.B) {
	x, y := random(3<<18, 1), random(3<<18, 2)
	b.SetBytes(12 * 3 << 18)
	for b.Loop() {
		AddScaled(x, 1e-3, y)
	}
}

func TestShared(t *testing.T) {
	same := func(a, b []float32) bool {
		return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
	}
	for _, n := range append(lengths, 40*block+11) {
		y, x, z, d := random(n, 5), random(n, 6), random(n, 7), make([]float32, n)
		for w := range kernel.Workers(4) {
			s := NewShared(n, w)
			got, want := slices.Clone(y), slices.Clone(y)
			AddScaled(want, 0.7, x)
			if p := s.AddScaledDot(got, 0.7, x, z); p != Dot(z, want) || !same(got, want) {
				t.Errorf("n = %d, %d workers: AddScaledDot", n, w)
			}
			Scale(want, -0.3, x)
			if p := s.ScaleDot(got, -0.3, x, z); p != Dot(z, want) || !same(got, want) {
				t.Errorf("n = %d, %d workers: ScaleDot", n, w)
			}
			Sub(want, x, y)
			if p := s.SubDot(got, x, y, z); p != Dot(z, want) || !same(got, want) {
				t.Errorf("n = %d, %d workers: SubDot", n, w)
			}
			if p := s.Dot(x, z); p != Dot(x, z) {
				t.Errorf("n = %d, %d workers: Dot", n, w)
			}
			s.Step(d, x, 0.2, z)
			Step(want, x, 0.2, z)
			if !same(d, want) || !s.IsStep(d, x, 0.2, z) {
				t.Errorf("n = %d, %d workers: Step", n, w)
			}
			for _, i := range []int{0, n / 2, n - 1} {
				if n > 0 {
					d[i] = math.Nextafter32(d[i], 1e9)
					if s.IsStep(d, x, 0.2, z) {
						t.Errorf("n = %d, %d workers: a bit of element %d is overlooked", n, w, i)
					}
				}
			}
		}
	}
}
