package nst

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestPaletteTorch compares value and gradient with PyTorch: testdata/place.
func TestPaletteTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/place/palette.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Image, Weights, Gradient []float32
		Shares                   []float64
		Targets                  []struct {
			Width, Height int
			Pix           []float32
		}
		Value float64
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	at := &Image{5, 6, golden.Image}
	l := Palette{Mask: &Mask{Width: 5, Height: 6, Weights: golden.Weights}}
	for i, m := range golden.Targets {
		l.Targets = append(l.Targets, Target{Image: &Image{m.Width, m.Height, m.Pix}, Weight: golden.Shares[i]})
	}
	net := open(t, "oriented", Options{Levels: 1})
	record, gradient, err := gradientWith(net, Objective{{Name: "palette", Weight: 1, Loss: l}}, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(record.Total/golden.Value-1) > 1e-5 {
		t.Errorf("value %v, want %v", record.Total, golden.Value)
	}
	for i, want := range golden.Gradient {
		if math.Abs(float64(gradient[i]-want)) > 1e-6+1e-4*math.Abs(float64(want)) {
			t.Fatalf("gradient %d is %v, want %v", i, gradient[i], want)
		}
	}
}

// TestPalette: it does not depend on places, and is 0 for its own target.
func TestPalette(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16})
	at, paint := wave(40, 32, 7), wave(28, 36, 5)
	l := Palette{Target: paint}
	if v := valueAt(t, net, l, paint); v != 0 {
		t.Errorf("%v at the target itself", v)
	}
	here, there := valueAt(t, net, l, at), valueAt(t, net, l, rolled(at, 7, 9))
	if !(here > 1e-4) || math.Abs(here-there) > 1e-6 {
		t.Errorf("%v, and %v with the pixels elsewhere", here, there)
	}
}
