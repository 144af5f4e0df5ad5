package experiments

import (
	"context"
	"fmt"
	"math"

	"github.com/gonst/workbench/nst"
)

// What terms come to at one image: their values and the gradients that they pull
// with. It is what weights are explained by, and chosen by where a configuration
// asks for a share.

// towardsNoise is how far an image goes where the start itself says nothing: a
// content loss has no gradient at the content image.
const towardsNoise = 0.2

// scales measures the terms of one configuration.
type scales struct {
	transfer *nst.Transfer // without shares, its network calibrated
	pictures *pictures
}

// newScales builds what is to be measured. The weights of terms that have a share
// do not matter.
func (c *Config) newScales(threads int, shared *networks) (*scales, error) {
	t, p, err := c.assemble(threads, shared) // calibrated by all images of the run, whichever term is looked at
	if err != nil {
		return nil, err
	}
	return scalesOf(t, p), nil
}

// scalesOf measures the terms of a transfer, which it leaves as it is.
func scalesOf(transfer *nst.Transfer, p *pictures) *scales {
	t := *transfer
	return &scales{&t, p}
}

// further is the start, a part of the way to noise.
func (s *scales) further() nst.Start {
	return nst.Blend{A: s.transfer.Start, B: nst.Noise{Seed: 1}, Ratio: towardsNoise}
}

// weigh gives the weighted value and gradient of one term alone.
func (s *scales) weigh(ctx context.Context, at nst.Start, term nst.Term) (value float64, gradient []float32, err error) {
	t := *s.transfer
	t.Objective, t.Start = nst.Objective{term}, at
	t.Schedule, t.Steps, t.Every, t.PixelRange = nst.Constant{Value: 1}, 1, 1, 1
	t.Optimizer = lookOnly(func(g []float32) { gradient = append([]float32(nil), g...) })
	r, err := t.Run(ctx, nst.ObserverFunc(func(*nst.Step) error { return nst.ErrStop }))
	if err != nil {
		return 0, nil, fmt.Errorf("experiments: measuring term %s: %w", term.Name, err)
	}
	v := r.Trace[0].Terms[0]
	return v.Weight * v.Value, gradient, nil
}

// norm is the length of a gradient.
func norm(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// lookOnly is an optimiser that shows the gradient and moves nothing.
type lookOnly func(gradient []float32)

func (lookOnly) Init(int) {}

func (show lookOnly) Step(f nst.Func, x []float32, _ float64) (nst.Evaluation, error) {
	gradient := make([]float32, len(x))
	e, err := f(x, gradient)
	if err == nil {
		show(gradient)
	}
	return e, err
}
