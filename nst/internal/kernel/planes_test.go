package kernel

import (
	"fmt"
	"math"
	"testing"
)

func TestDownsample(t *testing.T) {
	for _, pad := range []Padding{PadReplicate, PadCircular} {
		testDownsample(t, pad)
	}
}

func testDownsample(t *testing.T, pad Padding) {
	for _, hw := range sizes {
		const planes = 3
		h, w := hw[0], hw[1]
		oh, ow := (h+1)/2, (w+1)/2
		x, g := random(1, planes*h*w), random(2, planes*oh*ow)
		want, back := make([]float64, planes*oh*ow), make([]float64, planes*h*w)
		tap := [5]float64{1, 4, 6, 4, 1}
		for p := range planes {
			for i := range oh {
				for j := range ow {
					o := (p*oh+i)*ow + j
					for k := range 5 {
						for l := range 5 {
							at := (p*h+pad.at(2*i+k-2, h))*w + pad.at(2*j+l-2, w)
							want[o] += tap[k] * tap[l] / 256 * float64(x[at])
							back[at] += tap[k] * tap[l] / 256 * float64(g[o])
						}
					}
				}
			}
		}
		near(t, fmt.Sprint("Downsample", pad, hw), sameBits(t, len(want), func(w Workers, y []float32) {
			Downsample(w, y, x, planes, hw[0], hw[1], pad)
		}), want, 1e-6)
		near(t, fmt.Sprint("DownsampleBackward", pad, hw), sameBits(t, len(x), func(w Workers, dx []float32) {
			DownsampleBackward(w, dx, g, planes, hw[0], hw[1], pad)
		}), back, 1e-6)
	}
}

// naiveVariation is the formula, in float64 throughout.
func naiveVariation(kind VariationKind, wx, wy float64, x []float64, planes, h, w int) float64 {
	var s float64
	for p := range planes {
		at := func(i, j int) float64 { return x[(p*h+i)*w+j] }
		if kind == VariationNinePoint && h > 0 && w > 0 { // the diagonals, of the plane with its edge
			padded := func(i, j int) float64 { return at(min(max(i, 0), h-1), min(max(j, 0), w-1)) }
			for i := -1; i < h; i++ {
				for j := -1; j < w; j++ {
					a, b := padded(i+1, j+1)-padded(i, j), padded(i+1, j)-padded(i, j+1)
					s += wy * (a*a + b*b)
				}
			}
		}
		for i := range h {
			for j := range w {
				right, below := j+1 < w, i+1 < h
				if kind == VariationCropped {
					right, below = right && below, right && below
				}
				switch {
				case kind == VariationNinePoint:
					if right {
						s += wx * (at(i, j+1) - at(i, j)) * (at(i, j+1) - at(i, j))
					}
					if below {
						s += wx * (at(i+1, j) - at(i, j)) * (at(i+1, j) - at(i, j))
					}
				case kind == VariationPower:
					if right && below {
						a, b := at(i, j+1)-at(i, j), at(i+1, j)-at(i, j)
						s += wx * math.Pow(a*a+b*b, 1.25)
					}
				default:
					f := func(d float64) float64 {
						if kind != VariationAbsolute {
							return d * d
						}
						return math.Abs(d)
					}
					if right {
						s += wx * f(at(i, j+1)-at(i, j))
					}
					if below {
						s += wy * f(at(i+1, j)-at(i, j))
					}
				}
			}
		}
	}
	return s
}

func TestVariation(t *testing.T) {
	const planes, wx, wy, scale = 2, 0.7, 1.3, 2.5
	for kind := VariationSquared; kind <= VariationNinePoint; kind++ {
		for _, hw := range sizes {
			h, w := hw[0], hw[1]
			x := random(1, planes*h*w)
			got := Variation(1, kind, wx, wy, x, planes, h, w)
			want := naiveVariation(kind, wx, wy, wide(x), planes, h, w)
			if math.Abs(got-want) > 1e-6*want {
				t.Errorf("%v %v: %v, want %v", kind, hw, got, want)
			}
			if v := Variation(3, kind, wx, wy, x, planes, h, w); v != got {
				t.Errorf("%v %v: three workers %v, one %v", kind, hw, v, got)
			}
			// Central differences; no two random neighbours are near enough for
			// the corner of |d| to be stepped over.
			const step = 1e-6
			xs := wide(x)
			back := make([]float64, len(xs))
			for i, v := range xs {
				xs[i] = v + step
				up := naiveVariation(kind, wx, wy, xs, planes, h, w)
				xs[i] = v - step
				back[i] = scale * (up - naiveVariation(kind, wx, wy, xs, planes, h, w)) / (2 * step)
				xs[i] = v
			}
			near(t, fmt.Sprint("VariationBackward", kind, hw), sameBits(t, len(x), func(w Workers, dx []float32) {
				VariationBackward(w, kind, wx, wy, scale, dx, x, planes, hw[0], hw[1])
			}), back, 2e-6)
		}
	}
	// Flat: every gradient is 0.
	for kind := VariationSquared; kind <= VariationNinePoint; kind++ {
		dx := garbage(20)
		VariationBackward(1, kind, 1, 1, 1, dx, make([]float32, 20), 1, 4, 5)
		for _, v := range dx {
			if v != 0 {
				t.Errorf("%v: gradient %v of a flat image", kind, v)
			}
		}
	}
}
