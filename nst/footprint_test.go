package nst

import (
	"testing"
)

// The footprint that is planned without filters is that of a run.
func TestFootprint(t *testing.T) {
	content, style := noiseImage(70, 50, 1), noiseImage(40, 60, 2)
	for name, c := range map[string]struct {
		network func() *Network
		layers  []string
		change  func(*Transfer)
	}{
		"pyramid":  {func() *Network { return open(t, "pyramid", Options{Filters: 16}) }, []string{"scale1", "scale2"}, nil},
		"oriented": {func() *Network { return open(t, "oriented", Options{}) }, []string{"scale1", "second2"}, nil},
		"vgg":      {func() *Network { return open(t, "vgg19", Options{Width: 1. / 16}) }, []string{"relu1_1", "relu3_1"}, nil},
		"low": {func() *Network { return open(t, "vgg19", Options{Width: 1. / 16}) }, []string{"relu1_1", "relu3_1"},
			func(r *Transfer) { r.Memory = LowMemory }},
		"tiles": {func() *Network { return open(t, "vgg19", Options{Width: 1. / 16}) }, []string{"relu1_1", "relu3_1"},
			func(r *Transfer) { r.Tile = 32 }},
		"stages": {func() *Network { return open(t, "pyramid", Options{Filters: 16}) }, []string{"scale1", "scale2"},
			func(r *Transfer) { r.Steps, r.Stages = 0, []Stage{{Size: 35, Steps: 1}, {Size: 70, Steps: 1}} }},
	} {
		transfer := &Transfer{Network: c.network(), Steps: 1, Threads: 1, Optimizer: &Adam{}, Objective: Objective{
			{Name: "content", Weight: 1, Loss: Content{Target: content, Layers: Layers(c.layers[1])}},
			{Name: "style", Weight: 1, Loss: Gram{Targets: []Target{{Image: style, Weight: 1}}, Layers: Layers(c.layers...)}},
		}}
		if c.change != nil {
			c.change(transfer)
		}
		f, err := transfer.Footprint(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := transfer.Run(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f.Bytes != r.MapBytes || f.Bytes == 0 {
			t.Errorf("%s: a footprint of %d bytes, a run takes %d", name, f.Bytes, r.MapBytes)
		}
	}
}
