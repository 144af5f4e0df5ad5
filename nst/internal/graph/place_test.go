package graph

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

func TestPack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var spans []*span
		const steps = 30
		var load [steps]int
		for range 1 + r.IntN(40) {
			first := r.IntN(steps)
			s := &span{size: 16 * (1 + r.IntN(100)), first: first, last: first + r.IntN(steps-first)}
			spans = append(spans, s)
			for i := s.first; i <= s.last; i++ {
				load[i] += s.size
			}
		}
		length := pack(spans)
		for i, a := range spans {
			if a.offset < 0 || a.offset+a.size > length {
				t.Fatalf("a span of %d at %d leaves the slab of %d", a.size, a.offset, length)
			}
			for _, b := range spans[:i] {
				if a.first <= b.last && b.first <= a.last && a.offset < b.offset+b.size && b.offset < a.offset+a.size {
					t.Fatalf("steps %d to %d at %d+%d and steps %d to %d at %d+%d overlap",
						a.first, a.last, a.offset, a.size, b.first, b.last, b.offset, b.size)
				}
			}
		}
		if most := slices.Max(load[:]); length > most*3/2 {
			t.Errorf("a slab of %d for a load of at most %d", length, most)
		}
	}
}

// tower is three blocks of two convolutions and a pooling with a Gram loss on each
// block's first layer: a small VGG. The outputs are the losses and the gradient.
func tower(t *testing.T, o Options, side int) *Program {
	t.Helper()
	Building.Lock()
	defer Building.Unlock()
	x := leaf(t, 3, side, side)
	s := kernel.Shape{C: 32, H: side, W: side}
	image := filters(3, s.C, 3, noise(1, s.C*27), noise(2, s.C), kernel.PadZero)
	conv := filters(s.C, s.C, 3, noise(3, s.C*s.C*9), noise(4, s.C), kernel.PadZero)
	var losses []*gorgonia.Node
	n := x
	for block := range 3 {
		if block == 0 {
			n = apply(op.ImageConv{Filters: image, H: s.H, W: s.W, ReLU: true}, n)
		} else {
			n = apply(op.Conv{Filters: conv, H: s.H, W: s.W, ReLU: true}, n)
		}
		gram := apply(op.Gram{Of: s}, n)
		losses = append(losses, apply(op.Distance{Scale: 1e-12, Of: gram.Shape()}, gram, constant(x, string(rune('a'+block)), make([]float32, s.C*s.C), s.C, s.C)))
		n = apply(op.Conv{Filters: conv, H: s.H, W: s.W, ReLU: true}, n)
		n = apply(op.Pool{Kind: kernel.PoolMax, Scale: 1, In: s}, n)
		s.H, s.W = s.H/2, s.W/2
	}
	total := apply(op.WeightedSum{Weights: []float64{1, 1, 1}}, losses...)
	gradients, err := gorgonia.Grad(total, x)
	if err != nil {
		t.Fatal(err)
	}
	o.Device = device
	p, err := Compile(o, at(x), append(losses, gradients[0])...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLowMemory(t *testing.T) {
	const side = 48
	plain, spared := tower(t, Options{}, side), tower(t, Options{LowMemory: true}, side)
	if p, s := plain.Bytes(), spared.Bytes(); float64(s) > 0.9*float64(p) {
		t.Errorf("%d bytes instead of %d: that spares little", s, p)
	}
	if len(spared.steady.steps) <= len(plain.steady.steps) {
		t.Error("nothing is computed twice")
	}
	for seed := range uint64(2) {
		x := noise(30+seed, 3*side*side)
		for _, p := range []*Program{plain, spared} {
			copy(p.Input(0), x)
			if err := p.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		for i := range plain.outputs {
			for k, v := range plain.Output(i) {
				if w := spared.Output(i)[k]; math.Float32bits(v) != math.Float32bits(w) {
					t.Fatalf("output %d, value %d: %v where memory is spared, %v else", i, k, w, v)
				}
			}
		}
	}
}

// TestPeak: the forward pass's maps and two gradients are all that a way back
// needs at a time; Gram gradients must not pile up.
func TestPeak(t *testing.T) {
	const side = 64
	maps := 0 // of the first block, with the halo
	maps += 4 * 32 * (side + 2) * (side + 2)
	// Two maps of the first block, two and a quarter of their sizes further in.
	limit := int64(float64(maps) * (2 + 2./4 + 2./16 + 1./64 + 1.2))
	if b := tower(t, Options{}, side).Bytes(); b > limit {
		t.Errorf("the program takes %d bytes, want at most %d", b, limit)
	}
}

func TestSupplied(t *testing.T) {
	Building.Lock()
	g := gorgonia.NewGraph()
	far := gorgonia.NewTensor(g, tensor.Float32, 1, gorgonia.WithShape(3), gorgonia.WithName("far"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(3), tensor.WithBacking([]float32{1, 2, 3}))))
	square := ok(gorgonia.Square(far))
	x := leaf(t, 3)
	near := gorgonia.NewTensor(x.Graph(), tensor.Float32, 1, gorgonia.WithShape(3), gorgonia.WithName("near"))
	d := apply(op.Distance{Scale: 1, Of: x.Shape()}, x, near)
	p, err := Compile(Options{Device: device, Supplied: map[*gorgonia.Node]*gorgonia.Node{near: square}}, at(x), d)
	Building.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	copy(p.Input(0), []float32{1, 4, 7})
	for range 2 {
		if err := p.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if v := p.Output(0)[0]; v != 4 {
			t.Errorf("the distance is %v, want 4", v)
		}
	}
	if len(p.steady.steps) != 1 {
		t.Errorf("%d steps remain, want 1", len(p.steady.steps))
	}
	p.Close()
	if err := p.Run(context.Background()); err == nil {
		t.Error("a closed program ran")
	}
}
