package graph

import (
	"testing"

	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Programs that share memory give the same results in turn as programs with memory of their
// own, whichever is the larger, and a program that does not hold the memory refuses to run.
func TestShared(t *testing.T) {
	var shared Shared
	defer shared.Close()
	small, large := sharing(t, &shared, 5), sharing(t, &shared, 5000)
	for _, p := range []*Program{small, large, small, small, large} {
		if err := p.Hold(); err != nil {
			t.Fatal(err)
		}
		in := p.Input(0)
		for i := range in {
			in[i] = float32(i % 7)
		}
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, v := range p.Output(0) {
			if want := float32(i%7) * float32(i%7); v != want {
				t.Fatalf("%d values: element %d is %v, want %v", len(in), i, v, want)
			}
		}
	}
	if err := small.Run(t.Context()); err == nil {
		t.Error("a program ran in memory that another one holds")
	}
}

// sharing returns a program that squares n values.
func sharing(t *testing.T, s *Shared, n int) *Program {
	t.Helper()
	Building.Lock()
	defer Building.Unlock()
	x := leaf(t, n)
	square := op.Custom{Name: "square", In: []tensor.Shape{{n}}, Out: tensor.Shape{n},
		Run: func(_ kernel.Workers, out []float32, in [][]float32) {
			for i, v := range in[0] {
				out[i] = v * v
			}
		}}
	p, err := Compile(Options{Device: device, Shared: s}, at(x), apply(square, x))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
