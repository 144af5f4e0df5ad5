package nst

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
)

// cancelling are weights that cancel a context when a layer is read.
type cancelling struct {
	Weights
	layer  string
	cancel func()
	read   []string
}

func (c *cancelling) Convolution(layer string) (weight, bias []float32, err error) {
	if c.read = append(c.read, layer); layer == c.layer {
		c.cancel()
	}
	return c.Weights.Convolution(layer)
}

func TestExtractIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	random, err := Open("vgg19", Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &cancelling{Weights: drawn{random}, layer: "conv1_2", cancel: cancel}
	net, err := Open("vgg19", Options{Weights: w})
	if err != nil {
		t.Fatal(err)
	}
	e, err := net.Extractor("relu3_1")
	if err != nil {
		t.Fatal(err)
	}
	m := wave(16, 16, 5)
	if _, err := e.Extract(ctx, m); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while the weights are read: %v", err)
	}
	if len(w.read) != 2 {
		t.Errorf("cancelled at the second layer, it read %v", w.read)
	}
	if _, err := e.Extract(ctx, m); !errors.Is(err, context.Canceled) || len(w.read) != 2 {
		t.Errorf("cancelled before: %v, read %v", err, w.read)
	}
	if f, err := e.Extract(t.Context(), m); err != nil || len(f) != 1 {
		t.Errorf("not cancelled: %v", err)
	}
	e.turn <- struct{}{} // as if another extraction ran
	if _, err := e.Extract(ctx, m); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while another extraction runs: %v", err)
	}
}

// drawn are the random filters of a network as weights.
type drawn struct{ net *Network }

func (d drawn) Convolution(layer string) (weight, bias []float32, err error) {
	l, err := d.net.layer(layer)
	if err != nil {
		return nil, nil, err
	}
	return d.net.numbers(l)
}

// In tiles Gram matrices and comparisons are those of the whole maps. The footprint covers
// what is held, and grows with the tile, not with the image.
func TestExtractInTiles(t *testing.T) {
	ctx := context.Background()
	layers := []string{"relu1_2", "relu3_1", "relu4_1"}
	net := open(t, "vgg19", Options{Width: 1. / 16})
	a, b := wave(97, 70, 3), wave(97, 70, 5)
	reader := func(tile, threads int) *Extractor {
		e, err := net.ExtractorWith(ExtractorOptions{Maps: layers[:2], Grams: layers[1:], Tile: tile, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Release)
		return e
	}
	all, err := reader(0, 2).Extract(ctx, a, b)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-5*math.Abs(want)) {
			t.Errorf("%s: %v in tiles, want %v", what, got, want)
		}
	}
	var last map[string]Comparison
	for _, threads := range []int{1, 3} {
		e := reader(32, threads)
		both, err := e.Extract(ctx, a, b)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range both {
			for name, tiled := range f {
				whole := all[i][name]
				if tiled.Data != nil || tiled.Channels != whole.Channels || tiled.Height != whole.Height || tiled.Width != whole.Width || len(tiled.Gram) != len(whole.Gram) {
					t.Fatalf("%s: %d x %d x %d with %d in tiles", name, tiled.Channels, tiled.Height, tiled.Width, len(tiled.Gram))
				}
				if len(whole.Gram) > 0 && !(distanceTo(tiled.Gram, whole.Gram) < 1e-5) {
					t.Errorf("%s: Gram matrices differ by %v", name, distanceTo(tiled.Gram, whole.Gram))
				}
			}
		}
		c, err := e.Compare(ctx, a, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range layers[:2] {
			var want Comparison
			f, g := all[0][name], all[1][name]
			for i, v := range f.Data {
				x, y := float64(v), float64(g.Data[i])
				want.Distance, want.Product = want.Distance+(x-y)*(x-y), want.Product+x*y
				want.Norm, want.OtherNorm = want.Norm+x*x, want.OtherNorm+y*y
			}
			near(name, c[name].Distance, want.Distance)
			near(name, c[name].Product, want.Product)
			near(name, c[name].Norm, want.Norm)
			near(name, c[name].OtherNorm, want.OtherNorm)
			if c[name].Features != len(f.Data) {
				t.Errorf("%s: %d features, want %d", name, c[name].Features, len(f.Data))
			}
		}
		if last != nil && !maps.Equal(last, c) {
			t.Error("three threads give other bits than one")
		}
		last = c
	}
	small, _, err := reader(32, 1).Footprint(160, 120)
	if err != nil {
		t.Fatal(err)
	}
	large, _, err := reader(32, 1).Footprint(480, 360)
	if err != nil || large != small || small == 0 {
		t.Errorf("footprints of %d and %d bytes, %v", small, large, err)
	}
	if _, err := reader(32, 1).Compare(ctx, a, wave(96, 70, 5)); err == nil || !strings.Contains(err.Error(), "97 x 70 pixels with one of 96 x 70") {
		t.Errorf("error %v", err)
	}
}
