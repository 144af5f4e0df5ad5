package kernel

import (
	"fmt"
	"math"
	"slices"
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

func TestDownsample(t *testing.T) {
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
							at := (p*h+min(max(2*i+k-2, 0), h-1))*w + min(max(2*j+l-2, 0), w-1)
							want[o] += tap[k] * tap[l] / 256 * float64(x[at])
							back[at] += tap[k] * tap[l] / 256 * float64(g[o])
						}
					}
				}
			}
		}
		near(t, fmt.Sprint("Downsample", hw), sameBits(t, len(want), func(w Workers, y []float32) {
			Downsample(w, y, x, planes, hw[0], hw[1])
		}), want, 1e-6)
		near(t, fmt.Sprint("DownsampleBackward", hw), sameBits(t, len(x), func(w Workers, dx []float32) {
			DownsampleBackward(w, dx, g, planes, hw[0], hw[1])
		}), back, 1e-6)
	}
}

// naiveVariation is the formula, in float64 throughout.
func naiveVariation(kind VariationKind, wx, wy float64, x []float64, planes, h, w int) float64 {
	var s float64
	for p := range planes {
		at := func(i, j int) float64 { return x[(p*h+i)*w+j] }
		for i := range h {
			for j := range w {
				right, below := j+1 < w, i+1 < h
				if kind == VariationCropped {
					right, below = right && below, right && below
				}
				switch {
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
	for kind := VariationSquared; kind <= VariationCropped; kind++ {
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
	for kind := VariationSquared; kind <= VariationCropped; kind++ {
		dx := garbage(20)
		VariationBackward(1, kind, 1, 1, 1, dx, make([]float32, 20), 1, 4, 5)
		for _, v := range dx {
			if v != 0 {
				t.Errorf("%v: gradient %v of a flat image", kind, v)
			}
		}
	}
}

// TestOperands: short operands panic with a message and touch nothing.
func TestOperands(t *testing.T) {
	s := Shape{16, 4, 4}
	full, short := Alloc(s.Len()), Alloc(s.Len()-1)
	conv := NewConv(16, 16, make([]float32, 16*16*9), nil, PadZero, Float32)
	image := NewImageConv(3, 16, 3, make([]float32, 16*3*9), nil, PadZero)
	for name, f := range map[string]func(){
		"forward y": func() { conv.Forward(1, short, full, 4, 4, true, nil) },
		"forward x": func() { conv.Forward(1, full, short, 4, 4, true, nil) },
		"mask":      func() { conv.Backward(1, full, full, make([]uint16, s.Bits()-1), 4, 4) },
		"bits":      func() { conv.Forward(1, full, full, 4, 4, true, make([]uint16, s.Bits()-1)) },
		"image":     func() { image.Forward(1, full, short[:47], 4, 4, true, nil) },
		"gram":      func() { Gram(1, Float32, full[:255], full, s) },
		"pool":      func() { Pool(1, PoolMax, 1, full[:9*16-1], full, s) },
		"negative":  func() { ReLU(1, full, full, Shape{16, -1, 4}) },
		"distance":  func() { Distance(1, full, short) },
		"filters":   func() { NewConv(16, 16, make([]float32, 16*16*9-1), nil, PadZero, Float32) },
	} {
		func() {
			defer func() {
				if m, ok := recover().(string); !ok || len(m) < 8 || m[:8] != "kernel: " {
					t.Errorf("%s: recovered %q, want a message of this package", name, m)
				}
			}()
			f()
		}()
	}
	// Nothing to do is not an error.
	conv.Forward(2, full, full, 0, 4, true, nil)
	conv.Backward(2, full, full, nil, 4, 0)
	image.Forward(2, full, nil, 4, 0, true, nil)
	image.Backward(2, nil, full, nil, 0, 4)
	Gram(1, Float32, full, full, Shape{16, 0, 3})
	GramBackward(1, Float32, full, full, full, Shape{16, 3, 0})
	Pool(1, PoolMax, 1, full, full, Shape{16, 1, 1})
	Downsample(1, nil, nil, 3, 0, 0)
	DownsampleBackward(1, nil, nil, 3, 0, 0)
	Variation(1, VariationPower, 1, 1, nil, 3, 0, 0)
	Mean(1, full, full, Shape{16, 0, 0})
}

// TestGramBackwardAdd wants the bits of a gradient and a sum afterwards.
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
