package nst

import (
	"context"
	"fmt"
	"math"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/kernel"
)

// TermPull measures the influence of a term on an image. The values of different kinds of
// terms have different units; their weighted gradients have the same unit.
type TermPull struct {
	Name   string
	Value  float64 // weighted value; negative if the term is maximised; 0 if it is GradientOnly
	Norm   float64 // norm of the weighted gradient over the pixels, with white = 1
	Layers []LayerPull
}

// LayerPull is the part of a TermPull at one layer, or the whole term if it has no layers.
// The norms of a term's layers do not sum to the norm of the term, because gradients can
// have opposite directions.
type LayerPull struct {
	Layer string
	Value float64
	Norm  float64
}

// Pulls measures the terms of the objective at images of the transfer's size, for example
// at the start or at the result. Each Start in at makes one image; nil is the transfer's
// own start. Every image takes one forward pass and one backward pass for each layer, in tiles
// if the transfer is evaluated in tiles.
func (t *Transfer) Pulls(ctx context.Context, at ...Start) ([][]TermPull, error) {
	plain := *t
	plain.Optimizer, plain.PixelRange, plain.Stages = &SGD{}, 1, nil // the transfer's own optimiser may be in use
	var images [][]float32
	var r *running
	for _, start := range at {
		plain.Start = start
		if start == nil {
			plain.Start = t.Start
		}
		var err error
		if r, err = plain.ready(nil); err != nil {
			return nil, err
		}
		images = append(images, r.x)
		r.before, r.good, r.pixels = nil, nil, nil // as large as the image
	}
	if len(images) == 0 {
		return nil, nil
	}
	if err := r.calibrate(ctx); err != nil {
		return nil, err
	}
	return t.Objective.pulls(ctx, r.network, r.width, r.height, t.Tile, images, t.device())
}

func (o Objective) pulls(ctx context.Context, net *Network, width, height, tile int, images [][]float32, d cpu.Device) ([][]TermPull, error) {
	defer kernel.Use()()
	all := make([][]TermPull, len(images))
	sums := make([][]float64, len(images))
	for k := range images {
		all[k] = make([]TermPull, len(o))
		sums[k] = make([]float64, len(images[k]))
	}
	for i := range o {
		for k := range images {
			clear(sums[k])
		}
		for n := 0; ; n++ {
			part, err := o[i:i+1].bindPart(ctx, net, width, height, tile, n, d)
			if err != nil {
				return nil, err
			}
			if part == nil {
				break
			}
			for k, x := range images {
				var value float64
				var gradient []float32
				if value, gradient, err = part.evaluate(ctx, x); err == nil {
					err = all[k][i].add(part, value, gradient, sums[k])
				}
				if err != nil {
					break
				}
			}
			part.close()
			if err != nil {
				return nil, err
			}
		}
		for k := range images {
			square, norm := 0.0, 0.0
			for _, g := range sums[k] {
				square += g * g
				norm += math.Abs(g)
			}
			all[k][i].Norm = math.Sqrt(square)
			if o[i].Normalize == ByTerm && norm > 0 {
				all[k][i].scale(o[i].Weight / norm)
			}
		}
	}
	return all, nil
}

// partPull is one part of a term with its own program for the gradient.
type partPull struct {
	term, layer string
	weight      float64 // times the weight of the term
	gradient    float64 // factor of the gradient
	silent      bool
	evaluate    func(ctx context.Context, x []float32) (value float64, gradient []float32, err error)
	close       func()
}

// bindPart binds the n-th part of the only term; it returns nil if there is none. Each
// part has its own graph: a second call of Gorgonia's Grad on a graph gives wrong
// gradients, because it takes the nodes of the first gradient as part of the network.
func (o Objective) bindPart(ctx context.Context, net *Network, width, height, tile, n int, d cpu.Device) (*partPull, error) {
	whole := o[0] // parts are computed one by one, so that its norm is not known here
	if whole.Normalize == ByTerm {
		whole.Normalize = Unscaled
	}
	var sums *tileSums
	if tile > 0 {
		sums = &tileSums{}
	}
	b, err := Objective{whole}.buildWith(net, width, height, resized{}, sums)
	if err != nil || n >= len(b.nodes) {
		return nil, err
	}
	t := b.terms[0]
	weight := t.weight * t.parts[n].Weight
	p := &partPull{term: t.name, layer: t.parts[n].Layer, weight: weight, gradient: weight, silent: t.silent}
	if t.normalize == ByLayer { // it has the size of the weight already
		p.gradient = math.Copysign(1, weight)
	}
	if tile > 0 {
		b.total, b.nodes = b.nodes[n], b.nodes[n:n+1]
		b.terms = []*boundTerm{{name: t.name, weight: 1, parts: []Part{{Layer: p.layer, Weight: 1}}}}
		tiles, err := b.inTiles(ctx, net, width, height, tile, d, resized{})
		if err != nil {
			return nil, err
		}
		if err := tiles.prepare(ctx); err != nil {
			tiles.Close()
			return nil, err
		}
		p.close = tiles.Close
		buffer := make([]float32, 3*width*height)
		p.evaluate = func(ctx context.Context, x []float32) (float64, []float32, error) {
			_, value, err := tiles.evaluate(ctx, x, buffer)
			return value, buffer, err
		}
		return p, nil
	}
	program, err := b.compile(ctx, d, net, b.nodes[n], b.nodes[n])
	if err != nil {
		return nil, err
	}
	p.close = program.Close
	p.evaluate = func(ctx context.Context, x []float32) (float64, []float32, error) {
		copy(program.Input(0), x)
		if err := program.Run(ctx); err != nil {
			return 0, nil, err
		}
		return float64(program.Output(0)[0]), program.Output(1), nil
	}
	return p, nil
}

// add adds the value and the gradient of a part at an image.
func (p *TermPull) add(part *partPull, value float64, gradient []float32, sum []float64) error {
	square := 0.0
	for k, g := range gradient {
		square += float64(g) * float64(g)
		sum[k] += part.gradient * float64(g)
	}
	l := LayerPull{Layer: part.layer, Value: part.weight * value, Norm: math.Abs(part.gradient) * math.Sqrt(square)}
	if part.silent {
		l.Value = 0
	}
	if s := l.Value + l.Norm; s-s != 0 { // NaN or infinite
		return fmt.Errorf("%w: term %q, layer %q: value %v, gradient's norm %v", ErrNotFinite, part.term, part.layer, l.Value, l.Norm)
	}
	p.Name = part.term
	p.Value += l.Value
	p.Layers = append(p.Layers, l)
	return nil
}

// scale scales the gradients.
func (p *TermPull) scale(by float64) {
	p.Norm *= by
	for i := range p.Layers {
		p.Layers[i].Norm *= by
	}
}
