package nst_test

import (
	"context"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gonst/workbench/nst"
)

func ripples(width, height int, period float64) *nst.Image {
	m := nst.NewImage(width, height)
	for i := range m.Pix {
		m.Pix[i] = float32(0.5 + 0.4*math.Sin(2*math.Pi*float64(i%width+i/width)/period))
	}
	return m
}

func ownTransfer(t *testing.T, content nst.Loss) nst.Transfer {
	t.Helper()
	net, err := nst.Open("vgg19", nst.Options{Width: 1.0 / 16})
	if err != nil {
		t.Fatal(err)
	}
	return nst.Transfer{Network: net, Steps: 2, Threads: 3, Objective: nst.Objective{{Name: "content", Weight: 1, Loss: content}}}
}

// descent is gradient descent of a user's own: it shares its work, has a rate, checks
// its options, and cannot be saved.
type descent struct {
	bad      error
	parallel nst.Parallel
	gradient []float32
	pieces   atomic.Int64
}

func (d *descent) Init(n int)                 { d.gradient = make([]float32, n) }
func (d *descent) UseParallel(p nst.Parallel) { d.parallel = p }
func (d *descent) DefaultRate() float64       { return 0.125 }
func (d *descent) Validate() error            { return d.bad }

func (d *descent) Step(f nst.Func, x []float32, rate float64) (nst.Evaluation, error) {
	e, err := f(x, d.gradient)
	if err != nil {
		return e, err
	}
	const pieces = 7
	d.parallel.Each(pieces, func(i int) {
		d.pieces.Add(1)
		for k := i * len(x) / pieces; k < (i+1)*len(x)/pieces; k++ {
			x[k] -= float32(float32(rate) * d.gradient[k])
		}
	})
	return e, nil
}

var (
	_ nst.ParallelOptimizer = (*descent)(nil)
	_ nst.RatedOptimizer    = (*descent)(nil)
	_ nst.Validator         = (*descent)(nil)
)

// An optimiser of a user's own has what the library's have.
func TestOwnOptimizer(t *testing.T) {
	content := ripples(24, 18, 7)
	var o descent
	tr := ownTransfer(t, nst.Content{Target: content, Layers: nst.Layers("relu1_1"), Reduce: nst.Mean})
	tr.Optimizer, tr.Start = &o, nst.Noise{Seed: 1}
	own, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if o.pieces.Load() != 14 || o.parallel.Threads() != 3 || own.Final().Rate != 0.125 {
		t.Errorf("%d pieces of work, %d threads, rate %v; want 14, 3, 0.125", o.pieces.Load(), o.parallel.Threads(), own.Final().Rate)
	}
	tr.Optimizer, tr.Schedule = &nst.SGD{}, nst.Constant{Value: 0.125}
	ours, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range ours.Image.Pix {
		if own.Image.Pix[i] != v {
			t.Fatalf("value %d is %v, SGD makes %v", i, own.Image.Pix[i], v)
		}
	}
}

// wrapped is a loss around another that adds nothing.
type wrapped struct{ nst.Content }

// The content decides the size of the result and where it starts, whatever holds it.
func TestContentIsFound(t *testing.T) {
	c := nst.Content{Target: ripples(24, 18, 7), Layers: nst.Layers("relu1_1")}
	for name, loss := range map[string]nst.Loss{"value": c, "pointer": &c, "wrapper": wrapped{c}} {
		tr := ownTransfer(t, loss)
		tr.Steps = 0
		r, err := tr.Run(context.Background())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if r.Image.Width != 24 || r.Image.Height != 18 || r.Image.Pix[5] != c.Target.Pix[5] {
			t.Errorf("%s: a result of %d x %d, want the content, 24 x 18", name, r.Image.Width, r.Image.Height)
		}
	}
}

// A start that is made of an image has its size.
func TestSizedStart(t *testing.T) {
	image := nst.FromImage(ripples(20, 14, 5))
	for name, start := range map[string]nst.Start{
		"image": image, "blend": nst.Blend{A: nst.Noise{}, B: image, Ratio: 0.5},
	} {
		tr := ownTransfer(t, nst.Gram{Target: ripples(24, 18, 7), Layers: nst.Layers("relu1_1")})
		tr.Steps, tr.Start = 0, start
		r, err := tr.Run(context.Background())
		if err != nil || r.Image.Width != 20 || r.Image.Height != 14 {
			t.Errorf("%s: %v, %+v; want 20 x 14", name, err, r)
		}
	}
	tr := ownTransfer(t, nst.Gram{Target: ripples(24, 18, 7), Layers: nst.Layers("relu1_1")})
	tr.Start = nst.Noise{}
	if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "set Width and Height") {
		t.Errorf("noise of no size: error %v", err)
	}
}
