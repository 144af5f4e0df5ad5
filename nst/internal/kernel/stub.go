package kernel

import "math"

type Workers int

func (w Workers) Each(n int, f func(i int)) {
	for i := range n {
		f(i)
	}
}

const Lanes = 16

type Shape struct{ C, H, W int }

func (s Shape) Blocks() int { return (s.C + 15) / 16 }
func (s Shape) Len() int    { return s.Blocks() * (s.H + 2) * (s.W + 2) * 16 }
func (s Shape) Plain() int  { return s.C * s.H * s.W }
func (s Shape) Index(c, y, x int) int {
	return (((c/16)*(s.H+2)+y+1)*(s.W+2)+x+1)*16 + c%16
}
func (s Shape) each(f func(c, y, x, i int)) {
	for c := range s.C {
		for y := range s.H {
			for x := range s.W {
				f(c, y, x, s.Index(c, y, x))
			}
		}
	}
}

func Alloc(n int) []float32 { return make([]float32, n) }
func Pack(w Workers, dst, src []float32, s Shape) {
	clear(dst)
	s.each(func(c, y, x, i int) { dst[i] = src[(c*s.H+y)*s.W+x] })
}
func Unpack(w Workers, dst, src []float32, s Shape) {
	s.each(func(c, y, x, i int) { dst[(c*s.H+y)*s.W+x] = src[i] })
}

type Padding uint8

const (
	PadZero Padding = iota
	PadReplicate
	PadReflect
)

func pos(i, n int, p Padding) int {
	if i >= 0 && i < n {
		return i
	}
	switch p {
	case PadReplicate:
		return min(max(i, 0), n-1)
	case PadReflect:
		if i < 0 {
			return -i
		}
		return 2*(n-1) - i
	}
	return -1
}

type generic struct {
	in, out, size int
	w, b          []float32
	pad           Padding
}

func (c *generic) fwd(y, x []float32, xi func(c, y, x int) int, s Shape, relu bool) {
	clear(y)
	r := c.size / 2
	s.each(func(o, yy, xx, i int) {
		sum := float64(c.b[o])
		for ci := range c.in {
			for dy := range c.size {
				for dx := range c.size {
					py, px := pos(yy+dy-r, s.H, c.pad), pos(xx+dx-r, s.W, c.pad)
					if py >= 0 && px >= 0 {
						sum += float64(c.w[((o*c.in+ci)*c.size+dy)*c.size+dx]) * float64(x[xi(ci, py, px)])
					}
				}
			}
		}
		if relu && sum < 0 {
			sum = 0
		}
		y[i] = float32(sum)
	})
}
func (c *generic) bwd(dx, dy, y []float32, xi func(c, y, x int) int, s Shape) {
	clear(dx)
	r := c.size / 2
	s.each(func(o, yy, xx, i int) {
		if y != nil && !(y[i] > 0) {
			return
		}
		for ci := range c.in {
			for ky := range c.size {
				for kx := range c.size {
					py, px := pos(yy+ky-r, s.H, c.pad), pos(xx+kx-r, s.W, c.pad)
					if py >= 0 && px >= 0 {
						dx[xi(ci, py, px)] += c.w[((o*c.in+ci)*c.size+ky)*c.size+kx] * dy[i]
					}
				}
			}
		}
	})
}

type Conv struct{ generic }

func NewConv(in, out int, weight, bias []float32, pad Padding) *Conv {
	return &Conv{generic{in, out, 3, weight, bias, pad}}
}
func (c *Conv) Forward(w Workers, y, x []float32, height, width int, relu bool) {
	c.fwd(y, x, Shape{c.in, height, width}.Index, Shape{c.out, height, width}, relu)
}
func (c *Conv) Backward(w Workers, dx, dy, y []float32, height, width int) {
	c.bwd(dx, dy, y, Shape{c.in, height, width}.Index, Shape{c.out, height, width})
}

type ImageConv struct{ generic }

func NewImageConv(in, out, size int, weight, bias []float32, pad Padding) *ImageConv {
	return &ImageConv{generic{in, out, size, weight, bias, pad}}
}
func (c *ImageConv) Forward(w Workers, y, x []float32, height, width int, relu bool) {
	c.fwd(y, x, func(c, y, x int) int { return (c*height+y)*width + x }, Shape{c.out, height, width}, relu)
}
func (c *ImageConv) Backward(w Workers, dx, dy, y []float32, height, width int) {
	c.bwd(dx, dy, y, func(c, y, x int) int { return (c*height+y)*width + x }, Shape{c.out, height, width})
}

type Pooling uint8

const (
	PoolMax Pooling = iota
	PoolAverage
	PoolL2
)

func four(s Shape, c, y, x int) [4]int {
	return [4]int{s.Index(c, 2*y, 2*x), s.Index(c, 2*y, 2*x+1), s.Index(c, 2*y+1, 2*x), s.Index(c, 2*y+1, 2*x+1)}
}
func Pool(w Workers, kind Pooling, scale float32, y, x []float32, s Shape) {
	clear(y)
	o := Shape{s.C, s.H / 2, s.W / 2}
	o.each(func(c, yy, xx, i int) {
		q := four(s, c, yy, xx)
		a, b, d, e := x[q[0]], x[q[1]], x[q[2]], x[q[3]]
		switch kind {
		case PoolMax:
			y[i] = scale * max(a, b, d, e)
		case PoolAverage:
			y[i] = scale * (a + b + d + e) / 4
		default:
			y[i] = scale * float32(math.Sqrt(float64(a*a+b*b+d*d+e*e)))
		}
	})
}
func PoolBackward(w Workers, kind Pooling, scale float32, dx, dy, y, x []float32, s Shape) {
	clear(dx)
	o := Shape{s.C, s.H / 2, s.W / 2}
	o.each(func(c, yy, xx, i int) {
		q := four(s, c, yy, xx)
		switch kind {
		case PoolMax:
			m := max(x[q[0]], x[q[1]], x[q[2]], x[q[3]])
			for _, j := range q {
				if x[j] == m {
					dx[j] = scale * dy[i]
					break
				}
			}
		case PoolAverage:
			for _, j := range q {
				dx[j] = scale * dy[i] / 4
			}
		default:
			n := float32(math.Sqrt(float64(x[q[0]]*x[q[0]] + x[q[1]]*x[q[1]] + x[q[2]]*x[q[2]] + x[q[3]]*x[q[3]])))
			for _, j := range q {
				if n > 0 {
					dx[j] = scale * dy[i] * x[j] / n
				}
			}
		}
	})
}
func ReLU(w Workers, y, x []float32, s Shape) {
	clear(y)
	s.each(func(_, _, _, i int) { y[i] = max(x[i], 0) })
}
func ReLUBackward(w Workers, dx, dy, y []float32, s Shape) {
	clear(dx)
	s.each(func(_, _, _, i int) {
		if y[i] > 0 {
			dx[i] = dy[i]
		}
	})
}

var taps = [5]float64{1. / 16, 4. / 16, 6. / 16, 4. / 16, 1. / 16}

func Downsample(w Workers, y, x []float32, planes, height, width int) {
	h, wd := (height+1)/2, (width+1)/2
	for p := range planes {
		for yy := range h {
			for xx := range wd {
				s := 0.0
				for a, ta := range taps {
					for b, tb := range taps {
						s += ta * tb * float64(x[(p*height+pos(2*yy+a-2, height, 1))*width+pos(2*xx+b-2, width, 1)])
					}
				}
				y[(p*h+yy)*wd+xx] = float32(s)
			}
		}
	}
}
func DownsampleBackward(w Workers, dx, dy []float32, planes, height, width int) {
	clear(dx)
	h, wd := (height+1)/2, (width+1)/2
	for p := range planes {
		for yy := range h {
			for xx := range wd {
				for a, ta := range taps {
					for b, tb := range taps {
						dx[(p*height+pos(2*yy+a-2, height, 1))*width+pos(2*xx+b-2, width, 1)] += float32(ta*tb) * dy[(p*h+yy)*wd+xx]
					}
				}
			}
		}
	}
}
func Gram(w Workers, g, x []float32, s Shape) {
	for i := range s.C {
		for j := range s.C {
			sum := 0.0
			for y := range s.H {
				for xx := range s.W {
					sum += float64(x[s.Index(i, y, xx)]) * float64(x[s.Index(j, y, xx)])
				}
			}
			g[i*s.C+j] = float32(sum)
		}
	}
}
func GramBackward(w Workers, dx, dg, x []float32, s Shape) {
	clear(dx)
	s.each(func(c, y, xx, i int) {
		sum := float32(0)
		for k := range s.C {
			sum += (dg[c*s.C+k] + dg[k*s.C+c]) * x[s.Index(k, y, xx)]
		}
		dx[i] = sum
	})
}
func Mean(w Workers, m, x []float32, s Shape) {
	for c := range s.C {
		sum := 0.0
		for y := range s.H {
			for xx := range s.W {
				sum += float64(x[s.Index(c, y, xx)])
			}
		}
		m[c] = float32(sum / float64(s.H*s.W))
	}
}
func MeanBackward(w Workers, dx, dm []float32, s Shape) {
	clear(dx)
	s.each(func(c, _, _, i int) { dx[i] = dm[c] / float32(s.H*s.W) })
}
func MapDistance(w Workers, a, b []float32, s Shape) float64 {
	sum := 0.0
	s.each(func(_, _, _, i int) { d := float64(a[i]) - float64(b[i]); sum += d * d })
	return sum
}
func MapDistanceBackward(w Workers, da, a, b []float32, scale float32, s Shape) {
	clear(da)
	s.each(func(_, _, _, i int) { da[i] = 2 * scale * (a[i] - b[i]) })
}
func Distance(w Workers, a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return sum
}
func DistanceBackward(w Workers, da, a, b []float32, scale float32) {
	for i := range a {
		da[i] = 2 * scale * (a[i] - b[i])
	}
}

type VariationKind uint8

const (
	VariationSquared VariationKind = iota
	VariationAbsolute
	VariationPower
)

func Variation(w Workers, kind VariationKind, wx, wy float64, x []float32, planes, height, width int) float64 {
	sum := 0.0
	for p := range planes {
		for yy := range height {
			for xx := range width {
				i := (p*height+yy)*width + xx
				var dx, dy float64
				if xx+1 < width {
					dx = float64(x[i+1] - x[i])
				}
				if yy+1 < height {
					dy = float64(x[i+width] - x[i])
				}
				switch kind {
				case VariationSquared:
					sum += wx*dx*dx + wy*dy*dy
				case VariationAbsolute:
					sum += wx*math.Abs(dx) + wy*math.Abs(dy)
				default:
					if xx+1 < width && yy+1 < height {
						sum += wx * math.Pow(dx*dx+dy*dy, 1.25)
					}
				}
			}
		}
	}
	return sum
}
func VariationBackward(w Workers, kind VariationKind, wx, wy, scale float64, g, x []float32, planes, height, width int) {
	clear(g)
	for p := range planes {
		for yy := range height {
			for xx := range width {
				i := (p*height+yy)*width + xx
				var dx, dy float64
				if xx+1 < width {
					dx = float64(x[i+1] - x[i])
				}
				if yy+1 < height {
					dy = float64(x[i+width] - x[i])
				}
				var a, b float64
				switch kind {
				case VariationSquared:
					a, b = 2*wx*dx, 2*wy*dy
				case VariationAbsolute:
					a, b = wx*sign(dx), wy*sign(dy)
				default:
					if xx+1 < width && yy+1 < height {
						q := wx * 1.25 * math.Pow(dx*dx+dy*dy, 0.25)
						a, b = 2*q*dx, 2*q*dy
					}
				}
				if xx+1 < width {
					g[i+1] += float32(scale * a)
					g[i] -= float32(scale * a)
				}
				if yy+1 < height {
					g[i+width] += float32(scale * b)
					g[i] -= float32(scale * b)
				}
			}
		}
	}
}
func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
func Add(w Workers, dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}
