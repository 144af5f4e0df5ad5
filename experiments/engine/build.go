// Package engine builds the values of package nst that a configuration describes:
// networks, losses, optimisers and schedules, and the yardstick that measures pictures.
package engine

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// Building turns a Config into values of the library. It makes no decisions: every
// value was checked or filled in when the Config was read.

// StyleSize returns the size of the style images.
func StyleSize(m config.Images) int {
	size := m.Size
	if m.StyleSize > 0 {
		size = m.StyleSize
	}
	if m.StyleScale == 0 || m.StyleScale == 1 {
		return size
	}
	return max(1, int(math.Round(float64(size)*m.StyleScale)))
}

// LoadOptions returns the options for loading an image of the run.
func LoadOptions(m config.Images, size int) nst.LoadOptions {
	return nst.LoadOptions{Size: size, Side: m.Side, Truncate: m.Truncate, Interpolation: m.Filter, MaxPixels: m.MaxPixels}
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

// NetworkOptions returns the options of a network, without its weights.
func NetworkOptions(n config.Network) nst.Options {
	return nst.Options{
		Preprocess: n.Input.Build(),
		Pooling:    n.Pooling, PoolScale: n.PoolScale, Padding: n.Padding,
		Precision: n.Precision,
		Seed:      n.Seed, Width: n.Width, Levels: n.Levels, Filters: n.Filters, Size: n.Kernel,
	}
}

// Build makes the transfer of a run and loads its images. The number of threads changes
// no bit of the result; 0 means one per processor.
//
// Build first computes the weights of losses that have a share: see Settle. shared
// holds networks that other runs also use; it may be nil.
func Build(ctx context.Context, c *config.Config, threads int, shared *Networks) (*nst.Transfer, error) {
	c, err := Settle(ctx, c, threads, shared)
	if err != nil {
		return nil, err
	}
	t, _, err := Assemble(ctx, c, threads, shared)
	return t, err
}

// Assemble makes the transfer with the weights of the configuration. It returns the
// pictures of the last stage, which have the size of the result.
func Assemble(ctx context.Context, c *config.Config, threads int, shared *Networks) (*nst.Transfer, *config.Pictures, error) {
	last := c.AtStage(len(c.StageList()) - 1)
	pictures, err := LoadPictures(last)
	if err != nil {
		return nil, nil, err
	}
	t := &nst.Transfer{
		Width: pictures.Width, Height: pictures.Height, Objective: objective(last, pictures),
		Steps: c.Run.Steps, Project: c.Run.Project, PixelRange: c.Run.PixelRange, Average: c.Run.Average,
		Every: c.Log.Every, Threads: threads, Memory: c.Run.Memory.Maps(),
	}
	if t.Network, err = shared.open(ctx, c, threads, t.Objective); err != nil {
		return nil, nil, err
	}
	first := pictures
	if c.Staged() {
		if first, err = addStages(t, c, pictures); err != nil {
			return nil, nil, err
		}
	}
	if t.Start, err = BuildStart(c, c.Start.From, first); err != nil {
		return nil, nil, err
	}
	if keep := c.Colour.Build(); !keep.None() {
		t.Finish = func(m *nst.Image) (*nst.Image, error) { return keep.Result(m, pictures.Scene) }
	}
	t.Optimizer, t.Schedule = c.Optimizer.Options.Build(), c.Schedule.Build()
	return t, pictures, fit(ctx, t, c, pictures)
}

// objective builds the losses of a configuration for pictures of its size.
func objective(c *config.Config, p *config.Pictures) nst.Objective {
	var o nst.Objective
	for _, l := range c.Losses {
		o = append(o, nst.Term{Name: l.Name, Weight: l.Weight, Maximize: l.Maximize, GradientOnly: l.Silent, Normalize: l.Scaled, Loss: l.Build(p)})
	}
	return o
}

// Canvas returns the size of a result without a content image.
func Canvas(m config.Images) (width, height int) {
	if m.Aspect >= 1 {
		return m.Size, max(2, int(math.Round(float64(m.Size)/m.Aspect)))
	} else if m.Aspect > 0 {
		return max(2, int(math.Round(float64(m.Size)*m.Aspect))), m.Size
	}
	return m.Size, m.Size
}

// LoadPictures loads a run's images at their sizes.
func LoadPictures(c *config.Config) (*config.Pictures, error) {
	m := c.Images
	p := &config.Pictures{}
	p.Width, p.Height = Canvas(m)
	var err error
	if m.Content != "" {
		if p.Content, err = nst.LoadWith(m.Content, LoadOptions(m, m.Size)); err != nil {
			return nil, prefix.Errorf("", "content image: %w", err)
		}
		p.Width, p.Height = p.Content.Width, p.Content.Height
	}
	p.Scene = p.Content
	keep := c.Colour.Build()
	if !keep.None() {
		if p.Content, err = keep.Content(p.Scene); err != nil {
			return nil, err
		}
	}
	o := LoadOptions(m, StyleSize(m))
	if m.Stretch {
		o = nst.LoadOptions{Width: p.Width, Height: p.Height, Interpolation: o.Interpolation, MaxPixels: o.MaxPixels}
	}
	p.Regions, p.Own = c.Regions, map[string]*nst.Image{}
	paintings := map[string]*nst.Image{}
	for _, s := range slices.Concat(m.Style, c.OwnStyles()) {
		if p.Own[s.Path] != nil {
			continue
		}
		img, err := nst.LoadWith(s.Path, o)
		if err != nil {
			return nil, prefix.Errorf("", "style image: %w", err)
		}
		if m.StyleTurn != 0 {
			if img, err = img.Turn(m.StyleTurn); err != nil {
				return nil, prefix.Errorf("", "style image %s: %w", s.Path, err)
			}
		}
		paintings[s.Path], p.Own[s.Path] = img, img
		if !keep.None() {
			if p.Own[s.Path], err = keep.Style(img, p.Scene); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range c.Styles() {
		p.Style = append(p.Style, nst.Target{Image: p.Own[s.Path], Weight: s.Weight})
		p.Paintings = append(p.Paintings, nst.Target{Image: paintings[s.Path], Weight: s.Weight})
	}
	p.Masks, err = loadMasks(c)
	return p, err
}

// BuildStart makes one of the starts. A blend makes two.
func BuildStart(c *config.Config, from string, p *config.Pictures) (nst.Start, error) {
	s := c.Start
	switch from {
	case "content":
		return nst.FromImage(p.Content), nil
	case "style":
		return nst.FromImage(p.Style[0].Image), nil
	case "noise":
		return nst.Noise{Seed: s.Seed, Scale: s.Scale, Mean: s.Mean}, nil
	case "file":
		return nst.File{Path: s.Path, Interpolation: c.Images.Filter, MaxPixels: c.Images.MaxPixels}, nil
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
