package nst

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestPrepared: runs with replaced images are those of new transfers, to the bit.
func TestPrepared(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16})
	left, right := NewMask(4, 4), NewMask(4, 4)
	for i := range left.Weights {
		left.Weights[i], right.Weights[i] = float32((i+1)%4), float32(3-i%4)
	}
	frames := []*Image{wave(33, 22, 7), wave(33, 22, 11), wave(33, 22, 3)}
	paints := []*Image{wave(25, 31, 5), wave(25, 31, 9)}
	means := func(of float32) Loss {
		return LossFunc{Layers: []string{"relu1_1"}, Func: func(c *Context) (*gorgonia.Node, error) {
			aim := c.Input("aim", tensor.New(tensor.WithShape(4), tensor.WithBacking([]float32{of, of, of, of})))
			return c.SquaredDistance(c.Feature("relu1_1").Mean(), aim, 1), nil
		}}
	}
	transfer := func(photo, paint *Image, m *Mask, aim float32) *Transfer {
		return &Transfer{Network: net, Steps: 3, Threads: 2, Objective: Objective{
			{Name: "content", Weight: 1, Loss: Content{Target: photo, Layers: Layers("relu2_1")}},
			{Name: "style", Weight: 10, Loss: Gram{Targets: []Target{{paint, left, 1}}, Mask: m, Layers: Layers("relu1_1", "relu2_1")}},
			{Name: "means", Weight: 3, Loss: means(aim)},
		}}
	}
	p, err := transfer(frames[0], paints[0], right, 0.5).Prepare(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	compare := func(what string, want *Transfer) {
		t.Helper()
		for range 2 {
			got, err := p.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			alone, err := want.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Image.Pix, alone.Image.Pix) || got.Final().Total != alone.Final().Total {
				t.Errorf("%s: total %v, in a transfer of its own %v", what, got.Final().Total, alone.Final().Total)
			}
		}
	}
	set := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	compare("as prepared", transfer(frames[0], paints[0], right, 0.5))
	for _, f := range frames[1:] {
		set(p.Set("content", f))
		compare("another frame", transfer(f, paints[0], right, 0.5))
	}
	set(p.Set("style", paints[1]))
	compare("another style", transfer(frames[2], paints[1], right, 0.5))
	set(p.SetMask("style", left, left))
	compare("another mask", transfer(frames[2], paints[1], left, 0.5))
	set(p.SetInput("means", "aim", []float32{0.9, 0.9, 0.9, 0.9}))
	compare("another input", transfer(frames[2], paints[1], left, 0.9))

	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	set(p.Set("content", frames[0]))
	if _, err := p.Run(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	compare("after a cancelled run", transfer(frames[0], paints[1], left, 0.9))

	for want, err := range map[string]error{
		`no term is named "styl"; did you mean "style"?`: p.Set("styl", paints[0]),
		`term "style" compares with 1 images, found 2`:   p.Set("style", paints...),
		`image 1 of 33 x 22 pixels in place of 25 x 31`:  p.Set("style", frames[0]),
		`term "style": image 1 is nil`:                   p.Set("style", nil),
		`term "style" has 2 masks, found 1`:              p.SetMask("style", left),
		`mask 2 of 2 x 2 in place of 4 x 4`:              p.SetMask("style", left, &Mask{Width: 2, Height: 2, Weights: []float32{1, 1, 1, 1}}),
		`mask 1: a mask of 4 x 4 zeros`:                  p.SetMask("style", NewMask(4, 4), left),
		`input "goal": nothing of that name is read`:     p.SetInput("means", "goal", []float32{1, 1, 1, 1}),
		`input "aim": 2 numbers for`:                     p.SetInput("means", "aim", []float32{1, 2}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "nst: ") != 1 {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}
