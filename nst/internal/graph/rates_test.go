package graph

import (
	"context"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// TestRates: a target can be replaced without compiling, and what does not depend on
// it is not computed again.
func TestRates(t *testing.T) {
	Building.Lock()
	x := leaf(t, 3)
	inputs := at(x)
	supplied := map[*gorgonia.Node]*gorgonia.Node{}
	counts := make([]int, 2)
	var distances []*gorgonia.Node
	for i := range counts {
		target := gorgonia.NewTensor(gorgonia.NewGraph(), tensor.Float32, 1, gorgonia.WithShape(3), gorgonia.WithName("target"))
		inputs = append(inputs, Input{target, PerBinding})
		near := gorgonia.NewTensor(x.Graph(), tensor.Float32, 1, gorgonia.WithShape(3), gorgonia.WithName(string(rune('a'+i))))
		supplied[near] = apply(op.Custom{Name: "counted", In: []tensor.Shape{{3}}, Out: tensor.Shape{3},
			Run: func(_ kernel.Workers, out []float32, in [][]float32) {
				counts[i]++
				for k, v := range in[0] {
					out[k] = 2 * v
				}
			}}, target)
		distances = append(distances, apply(op.Distance{Scale: 1, Of: x.Shape()}, x, near))
	}
	d := apply(op.WeightedSum{Weights: []float64{1, 10}}, distances...)
	p, err := Compile(Options{Device: device, Supplied: supplied}, inputs, d)
	Building.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Run(context.Background()); err == nil {
		t.Error("a program without its inputs ran")
	}
	run := func(want float32) {
		t.Helper()
		for range 2 {
			if err := p.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			if v := p.Output(0)[0]; v != want {
				t.Errorf("found %v, want %v", v, want)
			}
		}
	}
	bind := func(i int, v ...float32) {
		t.Helper()
		if err := p.Bind(i, v); err != nil {
			t.Fatal(err)
		}
	}
	copy(p.Input(0), []float32{2, 4, 6})
	bind(1, 1, 2, 3)
	bind(2, 1, 2, 2)
	run(40)
	bind(1, 1, 2, 4)
	run(44)
	if counts[0] != 2 || counts[1] != 1 {
		t.Errorf("computed %v times, want [2 1]", counts)
	}
	if p.Bind(0, []float32{1, 2, 3}) == nil || p.Bind(1, []float32{1}) == nil {
		t.Error("a wrong binding is taken")
	}
}
