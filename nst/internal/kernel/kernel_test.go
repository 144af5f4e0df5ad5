package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
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

func dot(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += a[i] * b[i]
	}
	return s
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

func TestEach(t *testing.T) {
	for _, w := range []Workers{-1, 0, 1, 3, 100} {
		for _, n := range []int{0, 1, 2, 50} {
			seen := make([]int, n)
			w.Each(n, func(i int) { seen[i]++ })
			for i, k := range seen {
				if k != 1 {
					t.Errorf("%d workers, %d tasks: task %d ran %d times", w, n, i, k)
				}
			}
		}
	}
	for _, w := range []Workers{1, 4} {
		func() {
			defer func() {
				if r := recover(); r != "task 3" {
					t.Errorf("%d workers: recovered %v, want the panic of task 3", w, r)
				}
			}()
			w.Each(20, func(i int) {
				if i == 3 {
					panic("task 3")
				}
			})
			t.Errorf("%d workers: no panic", w)
		}()
	}
}

func TestPack(t *testing.T) {
	for _, c := range []int{1, 3, 16, 17, 40} {
		s := Shape{c, 3, 5}
		p := random(1, s.Plain())
		for i, v := range plain(t, blocked(p, s), s) {
			if v != p[i] {
				t.Fatalf("%d channels: value %d became %v from %v", c, i, v, p[i])
			}
		}
		if v := blocked(p, s)[s.Index(c-1, 2, 4)]; v != p[len(p)-1] {
			t.Errorf("%d channels: Index finds %v for the last value, want %v", c, v, p[len(p)-1])
		}
	}
}

func TestPaddingAt(t *testing.T) {
	// From torch.nn.functional.pad and, for the second mirror, numpy.pad.
	for _, c := range []struct {
		p    Padding
		n    int
		want []int // from -3 on, to n+2
	}{
		{PadZero, 2, []int{-1, -1, -1, 0, 1, -1, -1, -1}},
		{PadReplicate, 2, []int{0, 0, 0, 0, 1, 1, 1, 1}},
		{PadReflect, 4, []int{3, 2, 1, 0, 1, 2, 3, 2, 1, 0}},
		{PadReflect, 2, []int{1, 0, 1, 0, 1, 0, 1, 0}},
		{PadReflect, 1, []int{0, 0, 0, 0, 0, 0, 0}},
	} {
		for i, want := range c.want {
			if got := c.p.at(i-3, c.n); got != want {
				t.Errorf("%v of %d: position %d shows %d, want %d", c.p, c.n, i-3, got, want)
			}
		}
	}
}

// naiveConv is the formula of Conv and ImageConv.
func naiveConv(x, weight, bias []float32, in, out, h, w, size int, p Padding, relu bool) []float64 {
	y := make([]float64, out*h*w)
	r := size / 2
	for o := range out {
		for i := range h {
			for j := range w {
				s := 0.0
				if bias != nil {
					s = float64(bias[o])
				}
				for c := range in {
					for k := range size {
						for l := range size {
							yy, xx := p.at(i+k-r, h), p.at(j+l-r, w)
							if yy >= 0 && xx >= 0 {
								s += float64(weight[((o*in+c)*size+k)*size+l]) * float64(x[(c*h+yy)*w+xx])
							}
						}
					}
				}
				if relu && s < 0 {
					s = 0
				}
				y[(o*h+i)*w+j] = s
			}
		}
	}
	return y
}

// naiveConvBackward is its transpose.
func naiveConvBackward(dy, y, weight []float32, in, out, h, w, size int, p Padding) []float64 {
	dx := make([]float64, in*h*w)
	r := size / 2
	for o := range out {
		for i := range h {
			for j := range w {
				at := (o*h+i)*w + j
				if y != nil && !(y[at] > 0) {
					continue
				}
				for c := range in {
					for k := range size {
						for l := range size {
							yy, xx := p.at(i+k-r, h), p.at(j+l-r, w)
							if yy >= 0 && xx >= 0 {
								dx[(c*h+yy)*w+xx] += float64(weight[((o*in+c)*size+k)*size+l]) * float64(dy[at])
							}
						}
					}
				}
			}
		}
	}
	return dx
}

// convTolerance is what each precision is held to, in relative L2. Measured: Winograd in
// float32 1.3 to 3.7e-6, with two numbers of bfloat16 4 to 6e-5
// (to 9.5e-5 on the smallest), bfloat16 3e-3.
var convTolerance = [...]float64{Float32: 5e-6, BF16x3: 1e-4, BF16: 5e-3}

func TestConv(t *testing.T) {
	for p := Float32; p <= BF16; p++ {
		for _, ch := range [][2]int{{1, 1}, {3, 16}, {16, 17}, {33, 48}, {5, 70}} {
			for i, hw := range sizes {
				// A part of the sizes where the precision is not meant to be fast, or nobody waits for it.
				if few := p.Err() != nil || p != Float32 && testing.Short(); few && (i+int(p)+ch[0])%4 != 0 {
					continue
				}
				for pad := PadZero; pad <= PadReflect; pad++ {
					t.Run(fmt.Sprintf("%v/%dto%d/%dx%d/%v", p, ch[0], ch[1], hw[0], hw[1], pad), func(t *testing.T) {
						testConv(t, p, pad, ch[0], ch[1], hw[0], hw[1])
					})
				}
			}
		}
	}
}

func testConv(t *testing.T, precision Precision, p Padding, in, out, h, w int) {
	tolerance := convTolerance[precision]
	sx, sy := Shape{in, h, w}, Shape{out, h, w}
	weight, bias := random(1, in*out*9), random(2, out)
	x, g := random(3, sx.Plain()), random(4, sy.Plain())
	if precision == BF16 { // on numbers of bfloat16 only the sums are off
		tolerance = convTolerance[Float32]
		for _, a := range [][]float32{weight, x, g} {
			for i, v := range a {
				a[i] = simd.FromBfloat(simd.ToBfloat(v))
			}
		}
	}
	c := NewConv(in, out, weight, bias, p, precision)
	bits := make([]uint16, sy.Bits())
	y := sameBits(t, sy.Len(), func(workers Workers, y []float32) {
		c.Forward(workers, y, blocked(x, sx), h, w, true, bits)
	})
	near(t, "forward", plain(t, y, sy), naiveConv(x, weight, bias, in, out, h, w, 3, p, true), tolerance)
	for b := range sy.Blocks() {
		for i := range h {
			for j := range w {
				at := sy.Index(b*Lanes, i, j)
				if got, want := bits[at/Lanes], positive(y[at:][:Lanes]); got != want {
					t.Fatalf("bits of block %d at %d,%d are %016b, want %016b", b, i, j, got, want)
				}
			}
		}
	}
	dx := sameBits(t, sx.Len(), func(workers Workers, dx []float32) {
		c.Backward(workers, dx, blocked(g, sy), bits, h, w)
		clearHalo(dx, sx)
	})
	near(t, "backward", plain(t, dx, sx), naiveConvBackward(g, plain(t, y, sy), weight, in, out, h, w, 3, p), tolerance)
	lowY, lowX := Alloc(sy.Len()), Alloc(sx.Len())
	c.LowMemory().Forward(3, lowY, blocked(x, sx), h, w, true, bits)
	c.LowMemory().Backward(3, lowX, blocked(g, sy), bits, h, w)
	if !slices.Equal(plain(t, lowY, sy), plain(t, y, sy)) || !slices.Equal(plain(t, lowX, sx), plain(t, dx, sx)) {
		t.Error("without keeping its filters it computes something else")
	}
	linear := NewConv(in, out, weight, nil, p, precision)
	linear.Forward(2, y, blocked(x, sx), h, w, false, nil)
	near(t, "without bias and ReLU", plain(t, y, sy), naiveConv(x, weight, nil, in, out, h, w, 3, p, false), tolerance)
	dy := blocked(g, sy)
	linear.Backward(2, dx, dy, nil, h, w)
	near(t, "backward without mask", plain(t, dx, sx), naiveConvBackward(g, nil, weight, in, out, h, w, 3, p), tolerance)
	for i, v := range plain(t, dy, sy) {
		if v != g[i] {
			t.Fatalf("Backward changed value %d of dy from %v to %v", i, g[i], v)
		}
	}
}

// positive has the bits of the values above zero.
func positive(a []float32) (word uint16) {
	for l, v := range a {
		if v > 0 {
			word |= 1 << l
		}
	}
	return word
}

// clearHalo makes what is undefined comparable.
func clearHalo(a []float32, s Shape) { PadZero.fillHalo(1, a, s) }

func TestImageConv(t *testing.T) {
	for _, c := range []struct{ in, out, size int }{{3, 16, 3}, {1, 5, 3}, {3, 40, 5}, {4, 33, 5}, {3, 32, 7}, {7, 1, 7}, {3, 50, 7}} {
		for _, hw := range append(sizes, [2]int{3, 599}) { // the last in three pieces
			for p := PadZero; p <= PadReflect; p++ {
				in, out, h, w := c.in, c.out, hw[0], hw[1]
				t.Run(fmt.Sprintf("%dx%dx%dto%d/%dx%d/%v", c.size, c.size, in, out, h, w, p), func(t *testing.T) {
					sy := Shape{out, h, w}
					weight, bias := random(1, in*out*c.size*c.size), random(2, out)
					x, g := random(3, in*h*w), random(4, sy.Plain())
					conv := NewImageConv(in, out, c.size, weight, bias, p)
					for _, relu := range []bool{false, true} {
						bits := make([]uint16, sy.Bits())
						y := sameBits(t, sy.Len(), func(w Workers, y []float32) {
							conv.Forward(w, y, x, hw[0], hw[1], relu, bits)
						})
						near(t, "forward", plain(t, y, sy), naiveConv(x, weight, bias, in, out, h, w, c.size, p, relu), 2e-6)
						var plainMask []float32
						mask := bits
						if relu {
							plainMask = plain(t, y, sy)
						} else {
							mask = nil
						}
						dx := sameBits(t, in*h*w, func(w Workers, dx []float32) {
							conv.Backward(w, dx, blocked(g, sy), mask, hw[0], hw[1])
						})
						near(t, "backward", dx, naiveConvBackward(g, plainMask, weight, in, out, h, w, c.size, p), 2e-6)
					}
				})
			}
		}
	}
}

func TestGram(t *testing.T) {
	for _, c := range []int{1, 5, 16, 17, 48, 70, 96} {
		for _, hw := range append(sizes, [2]int{70, 53}) {
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
