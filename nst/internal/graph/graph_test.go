package graph

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

var device = cpu.Device{Workers: 2}

// at is the only input, one of every evaluation.
func at(x *gorgonia.Node) []Input { return []Input{{x, PerEvaluation}} }

func apply(s op.Spec, in ...*gorgonia.Node) *gorgonia.Node { return ok(op.Apply(s, in...)) }

// filters are those of numbers that are there.
func filters(in, out, size int, weight, bias []float32, p kernel.Padding) *op.Filters {
	return &op.Filters{In: in, Out: out, Size: size, Padding: p,
		Numbers: func() ([]float32, []float32, error) { return weight, bias, nil }}
}

func leaf(t *testing.T, shape ...int) *gorgonia.Node {
	t.Helper()
	return gorgonia.NewTensor(gorgonia.NewGraph(), tensor.Float32, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName("x"))
}

func constant(x *gorgonia.Node, name string, data []float32, shape ...int) *gorgonia.Node {
	return gorgonia.NewTensor(x.Graph(), tensor.Float32, len(shape), gorgonia.WithShape(shape...),
		gorgonia.WithName(name), gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
}

func noise(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// checkGradient compares the gradient of a scalar built by f with central
// differences along random directions, several times over so that reused
// buffers would show.
func checkGradient(t *testing.T, f func(x *gorgonia.Node) *gorgonia.Node, shape ...int) {
	t.Helper()
	Building.Lock()
	x := leaf(t, shape...)
	y := f(x)
	gradients, err := gorgonia.Grad(y, x)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(Options{Device: device}, at(x), y, gradients[0])
	Building.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	value := func(v []float32) float64 {
		copy(p.Input(0), v)
		if err := p.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		return float64(p.Output(0)[0])
	}
	n := tensor.Shape(shape).TotalSize()
	for trial := range uint64(3) {
		v, d := noise(10+trial, n), noise(20+trial, n)
		value(v)
		want := 0.0
		for i, g := range p.Output(1) {
			want += float64(g) * float64(d[i])
		}
		const h = 1e-2 // float32 loses about half its digits in the difference
		step := func(sign float32) []float32 {
			w := make([]float32, n)
			for i := range w {
				w[i] = v[i] + sign*h*d[i]
			}
			return w
		}
		got := (value(step(1)) - value(step(-1))) / (2 * h)
		if math.Abs(got-want) > 5e-3*max(1, math.Abs(want)) {
			t.Errorf("trial %d: gradient along a direction is %g, differences give %g", trial, want, got)
		}
	}
}

func ok(n *gorgonia.Node, err error) *gorgonia.Node {
	if err != nil {
		panic(err)
	}
	return n
}

func TestGradientsOfMixedOperations(t *testing.T) {
	// Stock and own operations in one graph, nodes read more than once.
	t.Run("stock", func(t *testing.T) {
		checkGradient(t, func(x *gorgonia.Node) *gorgonia.Node {
			return ok(gorgonia.Sum(ok(gorgonia.Square(ok(gorgonia.HadamardProd(x, x))))))
		}, 3, 4, 5)
	})
	t.Run("reshape and multiply", func(t *testing.T) {
		checkGradient(t, func(x *gorgonia.Node) *gorgonia.Node {
			m := ok(gorgonia.Reshape(x, tensor.Shape{3, 20}))
			g := ok(gorgonia.Mul(m, ok(gorgonia.Transpose(m, 1, 0))))
			return ok(gorgonia.Mean(ok(gorgonia.Square(g))))
		}, 3, 4, 5)
	})
	t.Run("slice", func(t *testing.T) { // its gradient is added into the buffer that it is given
		checkGradient(t, func(x *gorgonia.Node) *gorgonia.Node {
			part := ok(gorgonia.Slice(x, gorgonia.S(1)))
			return ok(gorgonia.Sum(ok(gorgonia.Square(ok(gorgonia.HadamardProd(part, part))))))
		}, 3, 4, 5)
	})
	t.Run("own distance and stock sum", func(t *testing.T) {
		checkGradient(t, func(x *gorgonia.Node) *gorgonia.Node {
			c := constant(x, "c", noise(5, 60), 3, 4, 5)
			d := apply(op.Distance{Scale: 0.5, Of: x.Shape()}, x, c)
			s := ok(gorgonia.Sum(ok(gorgonia.Square(x))))
			return apply(op.WeightedSum{Weights: []float64{2, -0.25, 1}}, d, s, d)
		}, 3, 4, 5)
	})
	t.Run("stock scalars between own ones", func(t *testing.T) {
		checkGradient(t, func(x *gorgonia.Node) *gorgonia.Node {
			c := constant(x, "c", noise(5, 60), 3, 4, 5)
			d := apply(op.Distance{Scale: 0.01, Of: x.Shape()}, x, c)
			return apply(op.WeightedSum{Weights: []float64{1}}, ok(gorgonia.Mul(d, d)))
		}, 3, 4, 5)
	})
}

func TestOperationsGradients(t *testing.T) {
	s := kernel.Shape{C: 19, H: 5, W: 6}
	planes := kernel.Shape{C: 3, H: 5, W: 6}
	conv := filters(19, 7, 3, noise(1, 19*7*9), noise(2, 7), kernel.PadZero)
	image := filters(3, 19, 5, noise(3, 3*19*25), noise(4, 19), kernel.PadReplicate)
	features := func(x *gorgonia.Node) *gorgonia.Node {
		return apply(op.ImageConv{Filters: image, H: 5, W: 6}, x)
	}
	sum := func(n *gorgonia.Node, scale float64) *gorgonia.Node {
		c := constant(n, "zero", make([]float32, n.Shape().TotalSize()), n.Shape()...)
		return apply(op.Distance{Scale: scale, Of: n.Shape()}, n, c)
	}
	plain := func(n *gorgonia.Node, s kernel.Shape) *gorgonia.Node {
		return apply(op.Plain{Of: s, As: tensor.Shape{s.C, s.H, s.W}}, n)
	}
	cases := map[string]func(x *gorgonia.Node) *gorgonia.Node{
		"gram": func(x *gorgonia.Node) *gorgonia.Node { return sum(apply(op.Gram{Of: s}, features(x)), 1e-7) },
		"mean": func(x *gorgonia.Node) *gorgonia.Node { return sum(apply(op.Mean{Of: s}, features(x)), 1e-2) },
		"covariance": func(x *gorgonia.Node) *gorgonia.Node {
			return sum(apply(op.Gram{Of: s}, apply(op.Center{Of: s}, features(x))), 1e-7)
		},
		"plain": func(x *gorgonia.Node) *gorgonia.Node {
			return ok(gorgonia.Mean(ok(gorgonia.Square(plain(features(x), s)))))
		},
		"convolution of a convolution": func(x *gorgonia.Node) *gorgonia.Node {
			return sum(plain(apply(op.Conv{Filters: conv, H: 5, W: 6}, features(x)), kernel.Shape{C: 7, H: 5, W: 6}), 1e-5)
		},
		"average pool": func(x *gorgonia.Node) *gorgonia.Node {
			return sum(plain(apply(op.Pool{Kind: kernel.PoolAverage, Scale: 2, In: s}, features(x)), kernel.Shape{C: 19, H: 2, W: 3}), 1e-4)
		},
		"preprocessing": func(x *gorgonia.Node) *gorgonia.Node {
			return sum(apply(op.Affine{Order: [3]int{2, 1, 0}, Scale: [3]float32{2, 3, 4}, Shift: [3]float32{1, -1, 0}, H: 5, W: 6}, x), 1e-2)
		},
		"downsample": func(x *gorgonia.Node) *gorgonia.Node {
			return sum(apply(op.Downsample{In: planes, Padding: kernel.PadReplicate}, x), 1)
		},
		"variation": func(x *gorgonia.Node) *gorgonia.Node {
			return apply(op.Variation{Kind: kernel.VariationSquared, WX: 0.5, WY: 0.25, Of: planes}, x)
		},
		"blend": func(x *gorgonia.Node) *gorgonia.Node {
			return sum(apply(op.Blend{Weights: []float64{2, -0.5}, Of: x.Shape()}, x, ok(gorgonia.Square(x))), 0.1)
		},
		"ratio": func(x *gorgonia.Node) *gorgonia.Node {
			return apply(op.Ratio{}, sum(x, 1), constant(x, "three", []float32{3}, 1))
		},
	}
	for name, f := range cases {
		t.Run(name, func(t *testing.T) { checkGradient(t, f, 3, 5, 6) })
	}
}

func TestConstantsAreComputedOnce(t *testing.T) {
	Building.Lock()
	defer Building.Unlock()
	x := leaf(t, 4, 4)
	c := constant(x, "c", noise(1, 16), 4, 4)
	frozen := ok(gorgonia.Mul(ok(gorgonia.Mul(c, c)), c))
	p, err := Compile(Options{Device: device}, at(x), apply(op.Distance{Scale: 1, Of: x.Shape()}, x, frozen))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.steady.steps) != 1 {
		t.Errorf("%d steps remain, want 1: what depends on constants only is done at compile time", len(p.steady.steps))
	}
}

func TestLeafWithoutValue(t *testing.T) {
	Building.Lock()
	defer Building.Unlock()
	x := leaf(t, 2, 2)
	y := gorgonia.NewTensor(x.Graph(), tensor.Float32, 2, gorgonia.WithShape(2, 2), gorgonia.WithName("forgotten"))
	_, err := Compile(Options{Device: device}, at(x), ok(gorgonia.Sum(ok(gorgonia.Add(x, y)))))
	if err == nil || !strings.Contains(err.Error(), "forgotten") {
		t.Errorf("error %v, want one that names the node", err)
	}
}

func TestCancelled(t *testing.T) {
	Building.Lock()
	x := leaf(t, 2, 2)
	p, err := Compile(Options{Device: device}, at(x), ok(gorgonia.Sum(x)))
	Building.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// failing is a user's operation that panics when it runs.
type failing struct{ gorgonia.Op }

func (failing) Do(...gorgonia.Value) (gorgonia.Value, error) { panic("no luck") }

func TestPanickingOperationIsAnError(t *testing.T) {
	Building.Lock()
	defer Building.Unlock()
	n := ok(gorgonia.ApplyOp(failing{ok(gorgonia.Sum(leaf(t, 2, 2))).Op()}, leaf(t, 2, 2)))
	s := newStep(&cell{node: n, in: []*cell{{}}})
	if err := s.run(); err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("error %v, want the panic's words", err)
	}
}
