package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// filled returns a map of that shape with values of both signs, and rubbish in its halo
// and spare lanes, which no kernel may read.
func filled(s Shape, seed uint64) []float32 {
	random := rand.New(rand.NewPCG(seed, 0))
	a := Alloc(s.Len())
	for i := range a {
		a[i] = float32(math.NaN())
	}
	for c := range s.Blocks() * Lanes {
		for y := range s.H {
			for x := range s.W {
				a[s.Index(c, y, x)] = 0
				if c < s.C {
					a[s.Index(c, y, x)] = float32(random.NormFloat64())
				}
			}
		}
	}
	return a
}

func TestSigns(t *testing.T) {
	for _, channels := range []int{5, 8, 11, 16, 27, 36} {
		s := Shape{channels, 5, 7}
		d := Shape{2 * channels, 5, 7}
		x, dy := filled(s, 1), filled(d, 2)
		for _, workers := range []Workers{1, 3} {
			y, dx := filled(d, 3), filled(s, 4)
			Signs(workers, y, x, s)
			SignsBackward(workers, dx, dy, y, s)
			for c := range s.Blocks() * Lanes {
				for i := range s.H {
					for j := range s.W {
						v, want := x[s.Index(c, i, j)], float32(0)
						if c < channels {
							up, down := y[d.Index(2*c, i, j)], y[d.Index(2*c+1, i, j)]
							if up != max(v, 0) || down != max(-v, 0) {
								t.Fatalf("%d channels: the signs of %v are %v and %v", channels, v, up, down)
							}
							want = dy[d.Index(2*c, i, j)]
							if v < 0 {
								want = -dy[d.Index(2*c+1, i, j)]
							}
						}
						if got := dx[s.Index(c, i, j)]; got != want {
							t.Fatalf("%d channels: the gradient of channel %d is %v, want %v", channels, c, got, want)
						}
					}
				}
			}
		}
	}
}

func TestEnergy(t *testing.T) {
	const n = 6
	for _, s := range []Shape{{54, 7, 9}, {24, 6, 4}, {40, 1, 8}} {
		h, w := s.H/2, s.W/2
		x, dy := filled(s, 1), make([]float32, n*h*w)
		for i := range dy {
			dy[i] = float32(i%5) - 2
		}
		at := func(c, i, j int) float64 {
			sum := 0.01
			for k := range 4 {
				sum += math.Pow(float64(x[s.Index(4*c+k, i, j)]), 2)
			}
			return math.Sqrt(sum)
		}
		y, dx, again := make([]float32, n*h*w), filled(s, 2), filled(s, 3)
		before := slices.Clone(again)
		Energy(3, y, x, n, s)
		EnergyBackward(2, dx, dy, x, n, s, false)
		EnergyBackward(1, again, dy, x, n, s, true)
		for i, got := range y {
			c, r, j := i/(h*w), i/w%h, i%w
			want := (at(c, 2*r, 2*j) + at(c, 2*r, 2*j+1) + at(c, 2*r+1, 2*j) + at(c, 2*r+1, 2*j+1)) / 4
			if math.Abs(float64(got)-want) > 1e-5*want {
				t.Fatalf("%v: energy %d is %v, want %v", s, i, got, want)
			}
		}
		for c := range s.C {
			for i := range s.H {
				for j := range s.W {
					o, want := s.Index(c, i, j), 0.0
					if c < 4*n && i < 2*h && j < 2*w {
						want = float64(x[o]) / at(c/4, i, j) / 4 * float64(dy[(c/4*h+i/2)*w+j/2])
					}
					if math.Abs(float64(dx[o])-want) > 1e-5 || math.Abs(float64(again[o]-before[o])-want) > 1e-5 {
						t.Fatalf("%v: the gradient of channel %d at %d, %d is %v, added %v; want %v", s, c, i, j, dx[o], again[o]-before[o], want)
					}
				}
			}
		}
	}
}
