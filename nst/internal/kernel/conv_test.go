package kernel

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

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
var convTolerance = [...]float64{Float32: 6e-6, BF16x3: 1e-4, BF16: 5e-3}

func TestConv(t *testing.T) {
	for p := Float32; p <= BF16; p++ {
		for _, ch := range [][2]int{{1, 1}, {3, 16}, {16, 17}, {33, 48}, {5, 70}} {
			for i, hw := range sizes {
				// A part of the sizes where the precision is not meant to be fast, or in a short test.
				if few := p.Err() != nil || p != Float32 && testing.Short(); few && (i+int(p)+ch[0])%4 != 0 {
					continue
				}
				for pad := PadZero; pad <= PadCircular; pad++ {
					if testing.Short() && (int(pad)+i+ch[0])%8 != 0 { // each padding with some of the sizes
						continue
					}
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

func TestImageConv(t *testing.T) {
	for _, c := range []struct{ in, out, size int }{{3, 16, 3}, {1, 5, 3}, {3, 40, 5}, {4, 33, 5}, {3, 32, 7}, {7, 1, 7}, {3, 50, 7}} {
		for i, hw := range append(sizes, [2]int{3, 599}) { // the last in three pieces
			for p := PadZero; p <= PadCircular; p++ {
				if testing.Short() && (int(p)+i+c.out)%4 != 0 {
					continue
				}
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
