package experiments

import (
	"context"
	"fmt"

	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// Building turns a Config into what the library runs. Nothing is decided here:
// every value was checked or filled in when the Config was read.

// styleSize is the size of the style images.
func (m Images) styleSize() int {
	if m.StyleSize > 0 {
		return m.StyleSize
	}
	return m.Size
}

// options are how an image of the run is loaded.
func (m Images) options(size int) nst.LoadOptions {
	return nst.LoadOptions{Size: size, Side: nst.Side(m.Side), Truncate: m.Truncate, Filter: nst.Filter(m.Filter), MaxPixels: m.MaxPixels}
}

// open opens the network. Filters are drawn or read when a run first uses them.
func (n Network) open() (*nst.Network, error) {
	o := n.options()
	if n.Weights != "" {
		var err error
		if o.Weights, err = weights.Open(n.Weights); err != nil {
			return nil, err
		}
	}
	return nst.Open(n.Name, o)
}

func (n Network) options() nst.Options {
	return nst.Options{
		Preprocess: n.Input.build(),
		Pooling:    nst.Pooling(n.Pooling), PoolScale: n.PoolScale, Padding: nst.Padding(n.Padding),
		Precision: nst.Precision(n.Precision),
		Seed:      n.Seed, Width: n.Width, Levels: n.Levels, Filters: n.Filters, Size: n.Kernel,
	}
}

// Build makes the transfer of a run, with images loaded. Threads change no bit
// of the result; 0 is as many as there are processors.
//
// Weights that the configuration leaves to a share are chosen first: see Settle.
func (c *Config) Build(threads int) (*nst.Transfer, error) {
	return c.build(context.Background(), threads, nil)
}

// build is Build with networks that others use too, or nil.
func (c *Config) build(ctx context.Context, threads int, shared *networks) (*nst.Transfer, error) {
	if err := c.settleWith(ctx, threads, shared); err != nil {
		return nil, err
	}
	t, _, err := c.assemble(threads, shared)
	return t, err
}

// assemble makes the transfer with the weights as they are.
func (c *Config) assemble(threads int, shared *networks) (*nst.Transfer, *pictures, error) {
	pictures, err := c.load()
	if err != nil {
		return nil, nil, err
	}
	t := &nst.Transfer{
		Width: pictures.width, Height: pictures.height,
		Steps: c.Run.Steps, Project: c.Run.Project, PixelRange: c.Run.PixelRange,
		Every: c.Log.Every, Threads: threads, Memory: nst.Memory(c.Run.Memory),
	}
	for _, l := range c.Losses {
		loss, err := l.build(pictures)
		if err != nil {
			return nil, nil, err
		}
		t.Objective = append(t.Objective, nst.Term{Name: l.Name, Weight: l.Weight, Maximize: l.Maximize, GradientOnly: l.Silent, Loss: loss})
	}
	if t.Network, err = shared.open(c, threads, t.Objective); err != nil {
		return nil, nil, err
	}
	if t.Start, err = c.start(c.Start.From, pictures); err != nil {
		return nil, nil, err
	}
	if t.Optimizer, err = c.Optimizer.build(); err != nil {
		return nil, nil, err
	}
	t.Schedule, err = c.Schedule.build()
	return t, pictures, err
}

// pictures are a run's images, loaded.
type pictures struct {
	content       *nst.Image
	style         []nst.WeightedImage
	width, height int // of the result
}

func (c *Config) load() (*pictures, error) {
	m := c.Images
	p := &pictures{width: m.Size, height: m.Size}
	var err error
	if m.Content != "" {
		if p.content, err = nst.LoadWith(m.Content, m.options(m.Size)); err != nil {
			return nil, fmt.Errorf("content image: %w", err)
		}
		p.width, p.height = p.content.Width, p.content.Height
	}
	o := m.options(m.styleSize())
	if m.Stretch {
		o = nst.LoadOptions{Width: p.width, Height: p.height, Filter: o.Filter, MaxPixels: o.MaxPixels}
	}
	for _, s := range m.Style {
		img, err := nst.LoadWith(s.Path, o)
		if err != nil {
			return nil, fmt.Errorf("style image: %w", err)
		}
		p.style = append(p.style, nst.WeightedImage{Image: img, Weight: s.Weight})
	}
	return p, nil
}

func (l Loss) build(p *pictures) (nst.Loss, error) {
	var layers nst.LayerWeights
	for _, lw := range l.Layers {
		layers = append(layers, nst.LayerWeight(lw))
	}
	reduce := nst.Reduction(l.Reduce)
	switch l.Kind {
	case "content":
		return nst.Content{Target: p.content, Layers: layers, Reduce: reduce}, nil
	case "gram":
		return nst.Gram{Targets: p.style, Layers: layers, Normalize: nst.Normalization(l.Normalize), Reduce: reduce}, nil
	case "covariance":
		return nst.Covariance{Targets: p.style, Layers: layers, Reduce: reduce}, nil
	case "correlation":
		return nst.Correlation{Targets: p.style, Layers: layers, Reduce: reduce}, nil
	case "variation":
		return nst.Variation{Kind: nst.VariationKind(l.Difference), Reduce: reduce, Range: l.Range}, nil
	}
	return nil, fmt.Errorf("experiments: loss %s: no kind %q", l.Name, l.Kind)
}

// start makes one of the starts; a blend makes two.
func (c *Config) start(from string, p *pictures) (nst.Start, error) {
	s := c.Start
	switch from {
	case "content":
		return nst.FromImage(p.content), nil
	case "style":
		return nst.FromImage(p.style[0].Image), nil
	case "noise":
		return nst.Noise{Seed: s.Seed, Scale: s.Scale, Mean: s.Mean}, nil
	case "file":
		return nst.File{Path: s.Path, Filter: nst.Filter(c.Images.Filter), MaxPixels: c.Images.MaxPixels}, nil
	case "blend":
		a, err := c.start(s.A, p)
		if err != nil {
			return nil, err
		}
		b, err := c.start(s.B, p)
		if err != nil {
			return nil, err
		}
		return nst.Blend{A: a, B: b, Ratio: s.Ratio}, nil
	}
	return nil, fmt.Errorf("experiments: no start %q", from)
}
