package nst_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst"
)

// Losses that a program of its own can write, each with its gradient, and as fast as
// a loss of the library that computes the same would be.

// wasserstein is the squared 2-Wasserstein distance of the layers' features taken as
// normal distributions: |mu - nu|^2 + tr C + tr A - 2 tr (R C R)^(1/2), with A the
// covariance aimed at and R its root.
func wasserstein(paint *nst.Image, layers ...string) nst.Statistic {
	return nst.Statistic{
		Targets: []nst.Target{{Image: paint, Weight: 1}}, Layers: nst.Layers(layers...),
		Sums: func(_ *nst.Context, f *nst.Feature) []*gorgonia.Node {
			return []*gorgonia.Node{f.Mean(), f.Covariance()}
		},
		Compare: func(c *nst.Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
			r := c.Op(nst.Operation{Name: "root", Shape: aim[1].Shape(), Run: func(p nst.Parallel, r []float32, in [][]float32) {
				root, _ := roots(p, in[0], little(in[0]))
				copy(r, root)
			}}, aim[1])
			return gorgonia.Add(c.SquaredDistance(image[0], aim[0], 1), c.Op(bures, image[1], aim[1], r))
		},
	}
}

// bures is tr C + tr A - 2 tr (R C R)^(1/2) of C, A and R; to C it has the gradient
// 1 - R (R C R)^(-1/2) R.
var bures = nst.Operation{
	Name: "bures",
	Run: func(p nst.Parallel, out []float32, in [][]float32) {
		root, _ := roots(p, product(p, in[2], in[0], in[2]), little(in[1])*little(in[1]))
		out[0] = float32(trace(in[0]) + trace(in[1]) - 2*trace(root))
	},
	Gradient: func(p nst.Parallel, _ int, din, dout []float32, in [][]float32) {
		_, inverse := roots(p, product(p, in[2], in[0], in[2]), little(in[1])*little(in[1]))
		for i, v := range product(p, in[2], inverse, in[2]) {
			din[i] = -v * dout[0]
		}
		for n, i := side(din), 0; i < n; i++ {
			din[i*n+i] += dout[0]
		}
	},
}

// little is what is added to variances that may be 0.
func little(a []float32) float64 { return 0.03*trace(a)/float64(side(a)) + 1e-10 }

// roots are the square root of a matrix and its inverse, with a constant added to the
// diagonal, by Newton's and Schulz' iteration: Y <- Y T, Z <- T Z, T = (3 - Z Y)/2.
func roots(p nst.Parallel, a []float32, add float64) (root, inverse []float32) {
	n, norm := side(a), 0.0
	y, z := slices.Clone(a), make([]float32, n*n)
	for i := range n {
		y[i*n+i] += float32(add)
		z[i*n+i] = 1
	}
	for _, v := range y {
		norm += float64(v) * float64(v)
	}
	norm = math.Sqrt(norm)
	scale(y, 1/norm)
	for range 16 {
		t := product(p, z, y)
		scale(t, -0.5)
		for i := range n {
			t[i*n+i] += 1.5
		}
		y, z = product(p, y, t), product(p, t, z)
	}
	scale(y, math.Sqrt(norm))
	scale(z, 1/math.Sqrt(norm))
	return y, z
}

func side(a []float32) int { return int(math.Sqrt(float64(len(a))) + 0.5) }

func trace(a []float32) (sum float64) {
	for n, i := side(a), 0; i < n; i++ {
		sum += float64(a[i*n+i])
	}
	return sum
}

func scale(a []float32, by float64) {
	for i := range a {
		a[i] *= float32(by)
	}
}

func product(p nst.Parallel, a []float32, more ...[]float32) []float32 {
	n := side(a)
	for _, b := range more {
		c := make([]float32, n*n)
		nst.Multiply(p, c, a, b, n, n, n)
		a = c
	}
	return a
}

// nearestPatch compares each position's features with those of the position of the
// paint that are nearest: Li and Wand's Markov random field, with patches of 1 x 1.
func nearestPatch(paint *nst.Image, layer string) nst.LossFunc {
	return nst.LossFunc{Layers: []string{layer}, Targets: []*nst.Image{paint}, Func: func(c *nst.Context) (*gorgonia.Node, error) {
		f, g := c.Feature(layer), c.Target(paint, layer)
		return c.Op(nearest(f.N(), f.M(), g.M()), f.Matrix(), g.Matrix()), nil
	}}
}

// nearest is the mean over the m columns of the first matrix of the squared distance
// from the nearest of the k columns of the second.
func nearest(n, m, k int) nst.Operation {
	find := func(p nst.Parallel, in [][]float32) (at []int, distance []float64) {
		at, distance = make([]int, m), make([]float64, m)
		p.Each(m, func(i int) {
			sums := make([]float32, k)
			for c := range n {
				v, row := in[0][c*m+i], in[1][c*k:][:k]
				for j, w := range row {
					sums[j] += (v - w) * (v - w)
				}
			}
			least := slices.Min(sums)
			at[i], distance[i] = slices.Index(sums, least), float64(least)
		})
		return at, distance
	}
	return nst.Operation{
		Name: "nearest patch",
		Run: func(p nst.Parallel, out []float32, in [][]float32) {
			_, distance := find(p, in)
			sum := 0.0
			for _, d := range distance {
				sum += d
			}
			out[0] = float32(sum / float64(m))
		},
		Gradient: func(p nst.Parallel, _ int, din, dout []float32, in [][]float32) {
			at, _ := find(p, in)
			p.Each(n, func(c int) {
				for i, j := range at {
					din[c*m+i] = 2 / float32(m) * dout[0] * (in[0][c*m+i] - in[1][c*k+j])
				}
			})
		},
	}
}

// leftHalf is a mask.
func leftHalf(m *nst.Image) *nst.Mask {
	mask := nst.NewMask(m.Width, m.Height)
	for i := range mask.Weights {
		if i%m.Width < m.Width/2 {
			mask.Weights[i] = 1
		}
	}
	return mask
}

// maskedStyle is the style of a half of the paint in a half of the picture.
func maskedStyle(paint, picture *nst.Image, layers ...string) nst.Loss {
	return nst.Covariance{Targets: []nst.Target{{Image: paint, Mask: leftHalf(paint), Weight: 1}},
		Mask: leftHalf(picture), Layers: nst.Layers(layers...), Reduce: nst.Sum}
}

// probe is an optimiser that lets a test evaluate the objective and moves nothing.
type probe func(f nst.Func, x []float32) error

func (probe) Init(int) {}

func (p probe) Step(f nst.Func, x []float32, _ float64) (nst.Evaluation, error) {
	if err := p(f, x); err != nil {
		return nst.Evaluation{}, err
	}
	return f(x, make([]float32, len(x)))
}

// withLoss calls p with a loss as the objective, at a picture.
func withLoss(t *testing.T, l nst.Loss, picture *nst.Image, p probe) {
	t.Helper()
	run := nst.Transfer{Objective: nst.Objective{{Name: "own", Weight: 1, Loss: l}}, Start: nst.FromImage(picture), Steps: 1, Optimizer: p}
	if _, err := run.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestOwnGradients compares slopes along directions with central differences.
func TestOwnGradients(t *testing.T) {
	picture, paint := noisy(40, 32, 1), noisy(36, 44, 2)
	for name, l := range map[string]nst.Loss{
		"wasserstein":   wasserstein(paint, "scale1", "scale3"),
		"nearest patch": nearestPatch(paint, "scale3"),
		"masked style":  maskedStyle(paint, picture, "scale1", "scale2"),
	} {
		t.Run(name, func(t *testing.T) {
			withLoss(t, l, picture, func(f nst.Func, x []float32) error {
				gradient, moved := make([]float32, len(x)), make([]float32, len(x))
				at, err := f(x, gradient)
				if err != nil {
					return err
				}
				random := rand.New(rand.NewPCG(3, 4))
				for direction := range 3 {
					d, slope := slices.Clone(gradient), 0.0
					for i := range d { // steep in any case
						if direction > 0 && random.IntN(2) == 0 {
							d[i] = 0
						}
						slope += float64(d[i]) * float64(gradient[i])
					}
					best := math.Inf(1)
					for _, change := range []float64{1. / 1500, 1. / 500, 1. / 150} { // of the loss; see the test of the library's losses
						h, values := change*at.Loss/slope, [2]float64{}
						for k, sign := range []float64{1, -1} {
							for i := range moved {
								moved[i] = x[i] + float32(sign*h*float64(d[i]))
							}
							e, err := f(moved, make([]float32, len(x)))
							if err != nil {
								return err
							}
							values[k] = e.Loss
						}
						best = min(best, math.Abs((values[0]-values[1])/(2*h*slope)-1))
					}
					if !(best < 1e-2) {
						t.Errorf("direction %d: the gradient is off by %.2g of the difference", direction, best)
					}
				}
				return nil
			})
		})
	}
}

func noisy(width, height int, seed uint64) *nst.Image {
	random := rand.New(rand.NewPCG(seed, 0))
	m := nst.NewImage(width, height)
	for i := range m.Pix {
		m.Pix[i] = random.Float32()
	}
	return m
}

// TestOwnSpeed: a loss takes at most 1.3 times what a built-in one that reads the same
// layers takes, and the operation's own arithmetic without the library.
func TestOwnSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	const most = 1.3
	picture, paint := noisy(64, 64, 1), noisy(64, 64, 2)
	var threads nst.Parallel // those of the run
	withLoss(t, nst.LossFunc{Func: func(c *nst.Context) (*gorgonia.Node, error) {
		return c.Op(nst.Operation{Name: "spy", Run: func(p nst.Parallel, out []float32, _ [][]float32) { threads, out[0] = p, 0 },
			Gradient: func(_ nst.Parallel, _ int, din, _ []float32, _ [][]float32) { clear(din) }}, c.Image()), nil
	}}, picture, func(nst.Func, []float32) error { return nil })
	// bare runs an operation and its gradient on numbers.
	bare := func(o nst.Operation, sizes ...int) func() {
		random := rand.New(rand.NewPCG(5, 6))
		var in [][]float32
		for _, n := range sizes {
			a := make([]float32, n)
			for i := range a {
				a[i] = random.Float32() * 1e-3
			}
			for n, i := side(a), 0; i < n && n*n == len(a); i++ {
				a[i*n+i] = 1
			}
			in = append(in, a)
		}
		out, din := make([]float32, 1), make([]float32, len(in[0]))
		return func() {
			o.Run(threads, out, in)
			o.Gradient(threads, 0, din, []float32{1}, in)
		}
	}
	const n, m = 96, 16 * 16 // filters of the pyramid, positions of its third scale
	// weigh multiplies the maps of the first scale, and their gradient, with the mask.
	weights, maps, weighed := make([]float32, len(picture.Pix)/3), make([]float32, n*len(picture.Pix)/3), make([]float32, n*len(picture.Pix)/3)
	weigh := func() {
		for range 2 {
			threads.Each(n, func(i int) {
				from, to := maps[i*len(weights):], weighed[i*len(weights):]
				for k, w := range weights {
					to[k] = from[k] * w
				}
			})
		}
	}
	for _, c := range []struct {
		name         string
		own, builtIn nst.Loss
		besides      func()
	}{
		{"wasserstein", wasserstein(paint, "scale1"), nst.Covariance{Target: paint, Layers: nst.Layers("scale1")}, bare(bures, n*n, n*n, n*n)},
		{"nearest patch", nearestPatch(paint, "scale3"), nst.Content{Target: paint, Layers: nst.Layers("scale3")}, bare(nearest(n, m, m), n*m, n*m)},
		{"masked style", maskedStyle(paint, picture, "scale1"), nst.Covariance{Target: paint, Layers: nst.Layers("scale1"), Reduce: nst.Sum}, weigh},
	} {
		t.Run(c.name, func(t *testing.T) {
			for try := 0; ; try++ { // the machine may do other things
				var own, builtIn []float64
				withLoss(t, c.own, picture, func(f nst.Func, x []float32) error {
					g := make([]float32, len(x))
					var err error
					withLoss(t, c.builtIn, picture, func(f2 nst.Func, _ []float32) error {
						for range 7 {
							own = append(own, seconds(func() { _, err = f(x, g) }))
							builtIn = append(builtIn, seconds(func() { _, err = f2(x, g); c.besides() }))
						}
						return err
					})
					return err
				})
				a, b := slices.Min(own), slices.Min(builtIn)
				t.Logf("%.2f ms, built in %.2f ms: %.2f times", 1e3*a, 1e3*b, a/b)
				if a <= most*b {
					return
				}
				if try == 11 {
					t.Fatalf("%.2f times what a built-in loss takes, at most %v are right", a/b, most)
				}
			}
		})
	}
}

func seconds(f func()) float64 {
	start := time.Now()
	f()
	return time.Since(start).Seconds()
}
