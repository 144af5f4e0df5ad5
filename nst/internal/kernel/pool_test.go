package kernel

import (
	"fmt"
	"math"
	"testing"
)

// window is the four values of window i, j of channel c of a plain map.
func window(x []float64, s Shape, c, i, j int) [4]*float64 {
	o := (c*s.H+2*i)*s.W + 2*j
	return [4]*float64{&x[o], &x[o+1], &x[o+s.W], &x[o+s.W+1]}
}

func naivePool(kind Pooling, scale float64, x []float64, s Shape) []float64 {
	var y []float64
	for c := range s.C {
		for i := range s.H / 2 {
			for j := range s.W / 2 {
				v := window(x, s, c, i, j)
				a, b, d, e := *v[0], *v[1], *v[2], *v[3]
				switch kind {
				case PoolMax:
					y = append(y, scale*max(a, b, d, e))
				case PoolAverage:
					y = append(y, scale*(a+b+d+e)/4)
				case PoolL2:
					y = append(y, scale*math.Sqrt(a*a+b*b+d*d+e*e))
				}
			}
		}
	}
	return y
}

func TestPool(t *testing.T) {
	for kind := PoolMax; kind <= PoolL2; kind++ {
		for _, c := range []int{1, 16, 21} {
			for _, hw := range sizes {
				s := Shape{c, hw[0], hw[1]}
				o := Shape{c, s.H / 2, s.W / 2}
				t.Run(fmt.Sprint(kind, s), func(t *testing.T) {
					const scale = 1.5
					x, g := random(1, s.Plain()), random(2, o.Plain())
					// Window 0 is all equal, so that ties count, and window 1 all zero.
					for c := range min(2, c) {
						for i := range min(2, s.H) {
							for j := range min(2, s.W) {
								x[(c*s.H+i)*s.W+j] = float32(1 - c)
							}
						}
					}
					xb, gb := blocked(x, s), blocked(g, o)
					y := sameBits(t, o.Len(), func(w Workers, y []float32) {
						Pool(w, kind, scale, y, xb, s)
						clearHalo(y, o)
					})
					near(t, "Pool", plain(t, y, o), naivePool(kind, scale, wide(x), s), 1e-6)
					dx := sameBits(t, s.Len(), func(w Workers, dx []float32) {
						x := xb
						if kind == PoolAverage {
							x = nil
						}
						PoolBackward(w, kind, scale, dx, gb, x, s)
						clearHalo(dx, s)
					})
					near(t, "PoolBackward", plain(t, dx, s), naivePoolBackward(kind, scale, g, x, s), 1e-6)
				})
			}
		}
	}
}

func naivePoolBackward(kind Pooling, scale float64, g, x []float32, s Shape) []float64 {
	dx, xs := make([]float64, s.Plain()), wide(x)
	k := 0
	for c := range s.C {
		for i := range s.H / 2 {
			for j := range s.W / 2 {
				v, d, g := window(xs, s, c, i, j), window(dx, s, c, i, j), scale*float64(g[k])
				k++
				best, norm := 0, 0.0
				for l := range 4 {
					if *v[l] > *v[best] {
						best = l
					}
					norm += *v[l] * *v[l]
				}
				norm = math.Sqrt(norm)
				for l := range 4 {
					switch {
					case kind == PoolMax && l == best:
						*d[l] = g
					case kind == PoolAverage:
						*d[l] = g / 4
					case kind == PoolL2 && norm > 0:
						*d[l] = g * *v[l] / norm
					}
				}
			}
		}
	}
	return dx
}
