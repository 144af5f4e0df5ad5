package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestGram(t *testing.T) {
	for _, c := range []int{1, 5, 16, 17, 48, 70, 96} {
		for i, hw := range append(sizes, [2]int{70, 53}) {
			if testing.Short() && (i+c)%3 != 0 {
				continue
			}
			s := Shape{c, hw[0], hw[1]}
			t.Run(fmt.Sprint(s), func(t *testing.T) {
				x, dg := random(1, s.Plain()), random(2, c*c)
				xb := blocked(x, s)
				n := s.H * s.W
				want, back := make([]float64, c*c), make([]float64, s.Plain())
				for a := range c {
					for b := range c {
						for i := range n {
							want[a*c+b] += float64(x[a*n+i]) * float64(x[b*n+i])
							back[a*n+i] += (float64(dg[a*c+b]) + float64(dg[b*c+a])) * float64(x[b*n+i])
						}
					}
				}
				for p, tolerance := range map[Precision]float64{Float32: 1e-6, BF16x3: 1e-5} {
					if p.Err() != nil && testing.Short() && n > 100 {
						continue // in portable code: slow, and not meant for use
					}
					g := sameBits(t, c*c, func(w Workers, g []float32) { Gram(w, p, g, xb, s) })
					near(t, p.String()+" Gram", g, want, tolerance)
					for a := range c {
						for b := range c {
							if g[a*c+b] != g[b*c+a] {
								t.Fatalf("%v: not symmetric at %d, %d", p, a, b)
							}
						}
					}
					dx := sameBits(t, s.Len(), func(w Workers, dx []float32) {
						GramBackward(w, p, dx, dg, xb, s)
						clearHalo(dx, s)
					})
					near(t, p.String()+" GramBackward", plain(t, dx, s), back, tolerance)
				}
			})
		}
	}
}

// TestGramLong: a million positions of one sign do not wear float32 out.
func TestGramLong(t *testing.T) {
	s := Shape{16, 1000, 1000}
	if testing.Short() {
		s.H = 200
	}
	x := Alloc(s.Len())
	r := rand.New(rand.NewPCG(1, 1))
	for i := range x {
		x[i] = 0.5 + r.Float32()
	}
	var want [Lanes * Lanes]float64
	for y := range s.H {
		row := s.line(x, 0, y)
		for i := 0; i < len(row); i += Lanes {
			for a := range Lanes {
				for b := range Lanes {
					want[a*Lanes+b] += float64(row[i+a]) * float64(row[i+b])
				}
			}
		}
	}
	g := make([]float32, Lanes*Lanes)
	for p, tolerance := range map[Precision]float64{Float32: 2e-6, BF16x3: 2e-6} {
		if p.Err() == nil {
			Gram(2, p, g, x, s)
			near(t, p.String(), g, want[:], tolerance)
		}
	}
}

// TestGramBackwardAdd compares with the bits of a gradient and a sum afterwards.
func TestGramBackwardAdd(t *testing.T) {
	for _, p := range []Precision{Float32, BF16x3} {
		for _, s := range []Shape{{5, 3, 4}, {32, 9, 131}, {64, 2, 32}, {72, 4, 7}} {
			x, dg, up := blocked(random(1, s.Plain()), s), random(2, s.C*s.C), blocked(random(3, s.Plain()), s)
			want, got := garbage(s.Len()), slices.Clone(up)
			GramBackward(2, p, want, dg, x, s)
			Add(2, want, want, up)
			GramBackwardAdd(3, p, got, dg, x, s)
			a, b := plain(t, want, s), plain(t, got, s)
			for i := range a {
				if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
					t.Fatalf("%v, %v: value %d is %v, want %v", p, s, i, b[i], a[i])
				}
			}
		}
	}
}

// TestMoments compares moments and their gradient with float64; also of constant maps, whose products
// are exactly 0, of maps that are nearly constant, and of maps of zeros.
func TestMoments(t *testing.T) {
	for _, p := range []Precision{Float32, BF16x3} {
		for i, s := range []Shape{{1, 1, 1}, {5, 3, 4}, {16, 70, 53}, {48, 9, 131}, {72, 4, 7}, {160, 13, 12}, {64, 40, 20}, {128, 3, 33}, {192, 21, 5}} {
			n, c := s.H*s.W, s.C
			if testing.Short() && p != Float32 && c > 48 {
				continue // the same code as with fewer maps
			}
			x, dm := random(1, s.Plain()), random(2, (1+c)*c)
			if c%64 == 0 {
				withZeros(x)
			}
			for k := range n {
				x[k] = 0.7 // the first map
				if c > 2 {
					x[n+k] = 30 + x[n+k]/1000
					x[2*n+k] = 0
				}
			}
			xb := blocked(x, s)
			m := sameBits(t, (1+c)*c, func(w Workers, m []float32) { Moments(w, p, m, xb, s) })
			mean, want := garbage(c), make([]float64, c*c)
			Mean(1, mean, xb, s)
			if !slices.Equal(m[:c], mean[:c]) {
				t.Fatalf("%v, %v: means have other bits than those of Mean", p, s)
			}
			exact := make([]float64, c)
			for a := range c {
				for _, v := range x[a*n:][:n] {
					exact[a] += float64(v) / float64(n)
				}
				for b := range a + 1 {
					for k := range n {
						want[a*c+b] += (float64(x[a*n+k]) - exact[a]) * (float64(x[b*n+k]) - exact[b])
					}
					want[b*c+a] = want[a*c+b]
					if m[c+a*c+b] != m[c+b*c+a] {
						t.Fatalf("%v, %v: not symmetric at %d, %d", p, s, a, b)
					}
				}
			}
			if n > 1 {
				near(t, fmt.Sprint(p, s, " Moments"), m[c:], want, map[Precision]float64{Float32: 1e-6, BF16x3: 1e-5}[p])
			}
			if c > 2 {
				if v := want[c+1]; math.Abs(float64(m[c+c+1])-v) > 5e-3*v {
					t.Errorf("%v, %v: a map that is nearly constant has the variance %v, want %v", p, s, m[c+c+1], v)
				}
			}
			if i > 0 && (m[c] != 0 || m[2*c-1] != 0) {
				t.Errorf("%v, %v: a constant map has the variance %v", p, s, m[c])
			}
			back := make([]float64, s.Plain())
			for a := range c {
				for k := range n {
					back[a*n+k] = float64(dm[a]) / float64(n)
					for b := range c {
						back[a*n+k] += (float64(dm[(1+a)*c+b]) + float64(dm[(1+b)*c+a])) * (float64(x[b*n+k]) - float64(m[b]))
					}
				}
			}
			dx := sameBits(t, s.Len(), func(w Workers, dx []float32) {
				MomentsBackward(w, p, dx, dm, xb, m, s)
				clearHalo(dx, s)
			})
			near(t, p.String()+" MomentsBackward", plain(t, dx, s), back, map[Precision]float64{Float32: 2e-5, BF16x3: 2e-4}[p])
			up := blocked(random(3, s.Plain()), s)
			got := slices.Clone(up)
			MomentsBackwardAdd(3, p, got, dm, xb, m, s)
			Add(1, dx, dx, up)
			if !slices.Equal(plain(t, dx, s), plain(t, got, s)) {
				t.Fatalf("%v, %v: other bits than those of a separate sum", p, s)
			}
		}
	}
}
