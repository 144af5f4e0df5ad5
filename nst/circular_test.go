package nst

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

// rolled returns the image, moved to the right and down; what leaves it comes in at the
// opposite edge.
func rolled(m *Image, dx, dy int) *Image {
	out := NewImage(m.Width, m.Height)
	for c := range 3 {
		for y := range m.Height {
			for x := range m.Width {
				out.Pix[(c*m.Height+(y+dy)%m.Height)*m.Width+(x+dx)%m.Width] = m.Pix[(c*m.Height+y)*m.Width+x]
			}
		}
	}
	return out
}

// TestCircular: on a torus, a moved image has the moved gradient; with other paddings not.
func TestCircular(t *testing.T) {
	at, paint := noiseImage(32, 32, 1), noiseImage(24, 16, 2)
	for _, c := range []struct {
		name   string
		o      Options
		layers []string
	}{
		{"vgg19", Options{Width: 1. / 16, Pooling: Average}, []string{"relu1_2", "relu3_1"}},
		{"pyramid", Options{Levels: 3, Filters: 8}, []string{"scale1", "scale3"}},
		{"oriented", Options{Levels: 3}, []string{"scale2", "second3"}},
	} {
		for _, padding := range []Padding{"", Circular} {
			o := c.o
			o.Padding = padding
			net, err := Open(c.name, o)
			if err != nil {
				t.Fatal(err)
			}
			if net.NeedsCalibration() {
				if net, err = net.Calibrated(context.Background(), 0, at, paint); err != nil {
					t.Fatal(err)
				}
			}
			loss := Objective{{Name: "style", Weight: 1, Loss: Gram{Target: paint, Layers: Layers(c.layers...), Reduce: Relative}}}
			_, here, err := gradientWith(net, loss, at, nil)
			if err != nil {
				t.Fatal(err)
			}
			// By a multiple of the layers' reductions.
			_, there, err := gradientWith(net, loss, rolled(at, 16, 24), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := rolled(&Image{32, 32, here}, 16, 24)
			worst, largest := 0.0, 0.0
			for i, v := range there {
				worst, largest = max(worst, math.Abs(float64(v-want.Pix[i]))), max(largest, math.Abs(float64(v)))
			}
			if same := worst < 1e-4*largest; same != (padding == Circular) {
				t.Errorf("%s, padding %q: gradients differ by %.2g of the largest", c.name, padding, worst/largest)
			}
		}
	}
	net, err := Open("vgg19", Options{Width: 1. / 16, Padding: Circular})
	if err != nil {
		t.Fatal(err)
	}
	tr := Transfer{Network: net, Start: FromImage(at), Tile: 16, Steps: 1, Objective: Objective{{Name: "style", Weight: 1, Loss: Gram{Target: paint, Layers: Layers("relu1_1")}}}}
	if _, err := tr.Run(context.Background()); !errors.Is(err, ErrTiles) {
		t.Errorf("in tiles: %v", err)
	}
	if _, err := Open("oriented", Options{Padding: Reflect}); err == nil || !strings.Contains(err.Error(), `padding "reflect" in network oriented: choose replicate or circular`) {
		t.Errorf("error %v", err)
	}
}
