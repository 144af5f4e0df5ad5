package kernel

import (
	"fmt"
	"math"
	"testing"
)

func TestReLU(t *testing.T) {
	s := Shape{21, 5, 7}
	x, g := random(1, s.Plain()), random(2, s.Plain())
	x[3] = float32(math.NaN())
	xb, gb := blocked(x, s), blocked(g, s)
	y := garbage(s.Len())
	ReLU(2, y, xb, s)
	dx := garbage(s.Len())
	ReLUBackward(2, dx, gb, y, s)
	yp, dp := plain(t, y, s), plain(t, dx, s)
	for i, v := range x {
		wantY, wantD := max(v, 0), g[i]
		if !(v > 0) {
			wantD = 0
		}
		if math.Float32bits(yp[i]) != math.Float32bits(wantY) && !(v != v && yp[i] != yp[i]) {
			t.Errorf("ReLU(%v) = %v", v, yp[i])
		}
		if dp[i] != wantD {
			t.Errorf("gradient at %v is %v, want %v", v, dp[i], wantD)
		}
	}
	ReLU(2, xb, xb, s)
	ReLUBackward(2, gb, gb, xb, s)
	if a, b := plain(t, xb, s), plain(t, gb, s); a[0] != yp[0] || b[0] != dp[0] || a[50] != yp[50] || b[50] != dp[50] {
		t.Error("in place differs")
	}
}

func TestMean(t *testing.T) {
	for _, hw := range sizes {
		s := Shape{21, hw[0], hw[1]}
		x, dm := random(1, s.Plain()), random(2, s.C)
		n := s.H * s.W
		want, back := make([]float64, s.C), make([]float64, s.Plain())
		for c := range s.C {
			for i := range n {
				want[c] += float64(x[c*n+i]) / float64(n)
				back[c*n+i] = float64(dm[c]) / float64(n)
			}
		}
		m := sameBits(t, s.C, func(w Workers, m []float32) { Mean(w, m, blocked(x, s), s) })
		near(t, fmt.Sprint("Mean", s), m, want, 1e-6)
		dx := sameBits(t, s.Len(), func(w Workers, dx []float32) {
			MeanBackward(w, dx, dm, s)
			clearHalo(dx, s)
		})
		near(t, fmt.Sprint("MeanBackward", s), plain(t, dx, s), back, 1e-6)
	}
}

func TestSquareMean(t *testing.T) {
	for _, hw := range sizes {
		s := Shape{21, hw[0], hw[1]}
		x, dm := random(1, s.Plain()), random(2, s.C)
		n := s.H * s.W
		want, back := make([]float64, s.C), make([]float64, s.Plain())
		for c := range s.C {
			for i, v := range x[c*n:][:n] {
				want[c] += float64(v) * float64(v) / float64(n)
				back[c*n+i] = 2 * float64(dm[c]) * float64(v) / float64(n)
			}
		}
		m := sameBits(t, s.C, func(w Workers, m []float32) { SquareMean(w, m, blocked(x, s), s) })
		near(t, fmt.Sprint("SquareMean", s), m, want, 1e-6)
		dx := sameBits(t, s.Len(), func(w Workers, dx []float32) {
			SquareMeanBackward(w, dx, dm, blocked(x, s), s)
			clearHalo(dx, s)
		})
		near(t, fmt.Sprint("SquareMeanBackward", s), plain(t, dx, s), back, 1e-6)
	}
}

func TestDistance(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 67, span, span + 1, 3*span + 5} {
		a, b := random(1, n), random(2, n)
		want, back := 0.0, make([]float64, n)
		for i := range a {
			d := float64(a[i] - b[i])
			want += d * d
			back[i] = 3 * d
		}
		got := Distance(1, a, b)
		if math.Abs(got-want) > 1e-12*want {
			t.Errorf("%d values: %v, want %v", n, got, want)
		}
		for _, w := range []Workers{2, 3, 7} {
			if v := Distance(w, a, b); v != got {
				t.Errorf("%d values, %d workers: %v, with one %v", n, w, v, got)
			}
		}
		near(t, "DistanceBackward", sameBits(t, n, func(w Workers, d []float32) { DistanceBackward(w, d, a, b, 1.5) }), back, 1e-6)
	}
	for _, hw := range sizes {
		s := Shape{21, hw[0], hw[1]}
		a, b := random(1, s.Plain()), random(2, s.Plain())
		ab, bb := blocked(a, s), blocked(b, s)
		want := Distance(1, a, b)
		got := MapDistance(1, ab, bb, s)
		if math.Abs(got-want) > 1e-12*want {
			t.Errorf("%v: %v, want %v", s, got, want)
		}
		if v := MapDistance(3, ab, bb, s); v != got {
			t.Errorf("%v: three workers %v, one %v", s, v, got)
		}
		back := make([]float32, s.Plain())
		DistanceBackward(1, back, a, b, 0.3)
		d := sameBits(t, s.Len(), func(w Workers, d []float32) {
			MapDistanceBackward(w, d, ab, bb, 0.3, s)
			clearHalo(d, s)
		})
		near(t, fmt.Sprint("MapDistanceBackward", s), plain(t, d, s), wide(back), 1e-7)
	}
}

func TestAdd(t *testing.T) {
	for _, n := range []int{0, 1, 17, span + 3} {
		a, b := random(1, n), random(2, n)
		want := make([]float64, n)
		for i := range a {
			want[i] = float64(a[i] + b[i])
		}
		near(t, "Add", sameBits(t, n, func(w Workers, d []float32) { Add(w, d, a, b) }), want, 1e-9)
		Add(2, a, a, b)
		near(t, "Add in place", a, want, 1e-9)
	}
}

// Means and centred maps have the bits of sums and differences in the order of the positions.
func TestMeanAndCenterBits(t *testing.T) {
	for _, s := range []Shape{{54, 9, 131}, {16, 3, 64}, {5, 1, 1}} {
		x := filled(s, 1)
		m := make([]float32, s.Blocks()*Lanes)
		Mean(2, m[:s.C], x, s)
		y := filled(s, 2)
		Center(3, y, x, m, s)
		for c := range s.C {
			mean := 0.0
			for i := range s.H {
				sum := 0.0
				for j := range s.W {
					sum += float64(x[s.Index(c, i, j)])
				}
				mean += sum
			}
			if want := float32(mean / float64(s.H*s.W)); m[c] != want {
				t.Fatalf("%v: the mean of channel %d is %v, want %v", s, c, m[c], want)
			}
			for i := range s.H {
				for j := range s.W {
					if at := s.Index(c, i, j); y[at] != x[at]-m[c] {
						t.Fatalf("%v: channel %d has %v, want %v", s, c, y[at], x[at]-m[c])
					}
				}
			}
		}
	}
}
