// Package engine makes what package nst runs from a configuration: networks, losses,
// optimisers and schedules, and the yardstick that pictures are measured with.
package engine

import (
	"context"
	"fmt"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// Building turns a Config into what the library runs. Nothing is decided here:
// every value was checked or filled in when the Config was read.

// StyleSize is the size of the style images.
func StyleSize(m config.Images) int {
	if m.StyleSize > 0 {
		return m.StyleSize
	}
	return m.Size
}

// LoadOptions are how an image of the run is loaded.
func LoadOptions(m config.Images, size int) nst.LoadOptions {
	return nst.LoadOptions{Size: size, Side: nst.Side(m.Side), Truncate: m.Truncate, Interpolation: nst.Interpolation(m.Filter), MaxPixels: m.MaxPixels}
}

// OpenNetwork opens the network. Filters are drawn or read when a run first uses them.
func OpenNetwork(n config.Network) (*nst.Network, error) {
	o := NetworkOptions(n)
	if n.Weights != "" {
		var err error
		if o.Weights, err = weights.Open(n.Weights); err != nil {
			return nil, err
		}
	}
	return nst.Open(n.Name, o)
}

func NetworkOptions(n config.Network) nst.Options {
	return nst.Options{
		Preprocess: preprocessing(n.Input),
		Pooling:    nst.Pooling(n.Pooling), PoolScale: n.PoolScale, Padding: nst.Padding(n.Padding),
		Precision: nst.Precision(n.Precision),
		Seed:      n.Seed, Width: n.Width, Levels: n.Levels, Filters: n.Filters, Size: n.Kernel,
	}
}

// Build makes the transfer of a run, with images loaded. Threads change no bit
// of the result; 0 is as many as there are processors.
//
// Weights that the configuration leaves to a share are chosen first: see Settle.
// shared holds networks that other runs use too; nil is none.
func Build(c *config.Config, ctx context.Context, threads int, shared *Networks) (*nst.Transfer, error) {
	if err := Settle(c, ctx, threads, shared); err != nil {
		return nil, err
	}
	t, _, err := Assemble(c, threads, shared)
	return t, err
}

// Assemble makes the transfer with the weights as they are.
func Assemble(c *config.Config, threads int, shared *Networks) (*nst.Transfer, *Pictures, error) {
	pictures, err := LoadPictures(c)
	if err != nil {
		return nil, nil, err
	}
	t := &nst.Transfer{
		Width: pictures.Width, Height: pictures.Height,
		Steps: c.Run.Steps, Project: c.Run.Project, PixelRange: c.Run.PixelRange,
		Every: c.Log.Every, Threads: threads, Memory: nst.Memory(c.Run.Memory),
	}
	for _, l := range c.Losses {
		loss, err := BuildLoss(l, pictures)
		if err != nil {
			return nil, nil, err
		}
		t.Objective = append(t.Objective, nst.Term{Name: l.Name, Weight: l.Weight, Maximize: l.Maximize, GradientOnly: l.Silent, Loss: loss})
	}
	if t.Network, err = shared.open(c, threads, t.Objective); err != nil {
		return nil, nil, err
	}
	if t.Start, err = BuildStart(c, c.Start.From, pictures); err != nil {
		return nil, nil, err
	}
	if t.Optimizer, err = buildOptimizer(c.Optimizer); err != nil {
		return nil, nil, err
	}
	t.Schedule, err = buildSchedule(c.Schedule)
	return t, pictures, err
}

// Pictures are a run's images, loaded.
type Pictures struct {
	Content       *nst.Image
	Style         []nst.Target
	Width, Height int // of the result
}

func LoadPictures(c *config.Config) (*Pictures, error) {
	m := c.Images
	p := &Pictures{Width: m.Size, Height: m.Size}
	var err error
	if m.Content != "" {
		if p.Content, err = nst.LoadWith(m.Content, LoadOptions(m, m.Size)); err != nil {
			return nil, fmt.Errorf("content image: %w", err)
		}
		p.Width, p.Height = p.Content.Width, p.Content.Height
	}
	o := LoadOptions(m, StyleSize(m))
	if m.Stretch {
		o = nst.LoadOptions{Width: p.Width, Height: p.Height, Interpolation: o.Interpolation, MaxPixels: o.MaxPixels}
	}
	for _, s := range m.Style {
		img, err := nst.LoadWith(s.Path, o)
		if err != nil {
			return nil, fmt.Errorf("style image: %w", err)
		}
		p.Style = append(p.Style, nst.Target{Image: img, Weight: s.Weight})
	}
	return p, nil
}

func BuildLoss(l config.Loss, p *Pictures) (nst.Loss, error) {
	var layers nst.LayerWeights
	for _, lw := range l.Layers {
		layers = append(layers, nst.LayerWeight(lw))
	}
	reduce := nst.Reduction(l.Reduce)
	switch l.Kind {
	case "content":
		return nst.Content{Target: p.Content, Layers: layers, Reduce: reduce}, nil
	case "gram":
		return nst.Gram{Targets: p.Style, Layers: layers, Normalize: nst.Normalization(l.Normalize), Reduce: reduce}, nil
	case "covariance":
		return nst.Covariance{Targets: p.Style, Layers: layers, Reduce: reduce}, nil
	case "correlation":
		return nst.Correlation{Targets: p.Style, Layers: layers, Reduce: reduce}, nil
	case "variation":
		return nst.Variation{Kind: nst.VariationKind(l.Difference), Reduce: reduce, Range: l.Range}, nil
	}
	return nil, fmt.Errorf("loss %s: no kind %q", l.Name, l.Kind)
}

// BuildStart makes one of the starts; a blend makes two.
func BuildStart(c *config.Config, from string, p *Pictures) (nst.Start, error) {
	s := c.Start
	switch from {
	case "content":
		return nst.FromImage(p.Content), nil
	case "style":
		return nst.FromImage(p.Style[0].Image), nil
	case "noise":
		return nst.Noise{Seed: s.Seed, Scale: s.Scale, Mean: s.Mean}, nil
	case "file":
		return nst.File{Path: s.Path, Interpolation: nst.Interpolation(c.Images.Filter), MaxPixels: c.Images.MaxPixels}, nil
	case "blend":
		a, err := BuildStart(c, s.A, p)
		if err != nil {
			return nil, err
		}
		b, err := BuildStart(c, s.B, p)
		if err != nil {
			return nil, err
		}
		return nst.Blend{A: a, B: b, Ratio: s.Ratio}, nil
	}
	return nil, fmt.Errorf("no start %q", from)
}

// preprocessing is nil for a network that has no such keys.
func preprocessing(in config.Input) *nst.Preprocessing {
	if in.Name == "" {
		return nil
	}
	return &nst.Preprocessing{Order: config.Orders[in.Order], Range: in.Range, Mean: in.Mean, Std: in.Std}
}
