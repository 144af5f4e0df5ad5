package nst

import (
	"context"
	"errors"
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
