package kernel

import (
	"math"
	"testing"
)

func TestBetween(t *testing.T) {
	for _, c := range []struct {
		a, b           Shape
		ay, ax, by, bx int
		rows, cols     int
	}{
		{Shape{54, 9, 11}, Shape{54, 9, 11}, 0, 0, 0, 0, 9, 11},
		{Shape{20, 9, 40}, Shape{54, 9, 40}, 0, 2, 2, 0, 7, 38},
		{Shape{72, 9, 11}, Shape{17, 10, 12}, 0, 0, 0, 0, 9, 11},
		{Shape{5, 70, 33}, Shape{33, 71, 33}, 0, 0, 1, 0, 70, 33},
		{Shape{16, 1, 1}, Shape{16, 3, 3}, 0, 0, 2, 2, 1, 1},
	} {
		a, b := Window{filled(c.a, 1), c.a, c.ay, c.ax}, Window{filled(c.b, 2), c.b, c.by, c.bx}
		at := func(v Window, k, i, j int) float64 { return float64(v.Data[v.Of.Index(k, v.Y+i, v.X+j)]) }
		var first []float32
		for _, workers := range []Workers{1, 3} {
			g := make([]float32, c.a.C*c.b.C)
			Between(workers, g, a, b, c.rows, c.cols, 0.5)
			for k := range c.a.C {
				for l := range c.b.C {
					want := 0.0
					for i := range c.rows {
						for j := range c.cols {
							want += 0.5 * at(a, k, i, j) * at(b, l, i, j)
						}
					}
					if got := float64(g[k*c.b.C+l]); math.Abs(got-want) > 1e-3 {
						t.Fatalf("%+v: product %d, %d is %v, want %v", c, k, l, got, want)
					}
				}
			}
			if first == nil {
				first = g
			}
			for i := range g {
				if g[i] != first[i] {
					t.Fatalf("%+v: another result with %d workers", c, workers)
				}
			}
		}
		// The gradient of the sum of dg * g: with respect to a, and to b.
		dg := first
		for _, second := range []bool{false, true} {
			of, other := a, b
			if second {
				of, other = b, a
			}
			for _, sum := range []bool{false, true} {
				before, d := filled(of.Of, 3), filled(of.Of, 3)
				BetweenBackward(2, Window{d, of.Of, of.Y, of.X}, dg, other, c.rows, c.cols, 0.5, second, sum)
				for k := range of.Of.C {
					for y := range of.Of.H {
						for x := range of.Of.W {
							o, want := of.Of.Index(k, y, x), 0.0
							if sum {
								want = float64(before[o])
							}
							if i, j := y-of.Y, x-of.X; i >= 0 && j >= 0 && i < c.rows && j < c.cols {
								for l := range other.Of.C {
									g := k*c.b.C + l
									if second {
										g = l*c.b.C + k
									}
									want += 0.5 * float64(dg[g]) * at(other, l, i, j)
								}
							}
							if got := float64(d[o]); !(math.Abs(got-want) <= 1e-4*(1+math.Abs(want))*10) {
								t.Fatalf("%+v: the gradient at %d, %d, %d is %v, want %v", c, k, y, x, got, want)
							}
						}
					}
				}
			}
		}
	}
}
