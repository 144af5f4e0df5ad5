package engine

import (
	"context"
	"fmt"
	"math"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/nst"
)

// The sizes of the terms at one image: their values and their gradients. Weights are
// explained by these sizes. A configuration that sets a share derives weights from
// them.

// towardsNoise is the fraction of the way to noise, for images at which a term has no
// gradient: a content loss has none at the content image.
const towardsNoise = 0.2

// Scales measures the terms of one configuration.
type Scales struct {
	Transfer *nst.Transfer // without shares; its network is calibrated
	pictures *config.Pictures
}

// NewScales builds the transfer to measure, at the size of the first stage. The weights of terms that have a share have
// no effect.
func NewScales(ctx context.Context, c *config.Config, threads int, shared *Networks) (*Scales, error) {
	t, p, err := Assemble(ctx, c, threads, shared) // calibrated by all images of the run, whichever term is measured
	if err != nil {
		return nil, err
	}
	s := ScalesOf(t, p)
	if c.Staged() {
		return s.atStage(c, 0)
	}
	return s, nil
}

// atStage is s at the size of a stage of its configuration.
func (s *Scales) atStage(c *config.Config, stage int) (*Scales, error) {
	at := c.AtStage(stage)
	p, err := LoadPictures(at)
	if err != nil {
		return nil, err
	}
	t := *s.Transfer
	t.Width, t.Height, t.Objective = p.Width, p.Height, objective(at, p)
	return ScalesOf(&t, p), nil
}

// fitting is s at the size of the picture: a run that paused or failed in an early stage has
// a picture of that stage.
func (s *Scales) fitting(c *config.Config, picture *nst.Image) (*Scales, error) {
	if picture.Width == s.Transfer.Width && picture.Height == s.Transfer.Height {
		return s, nil
	}
	for stage := range c.StageList() {
		if at, err := s.atStage(c, stage); err != nil {
			return nil, err
		} else if picture.Width == at.Transfer.Width && picture.Height == at.Transfer.Height {
			return at, nil
		}
	}
	return s, nil
}

// ScalesOf measures the terms of a transfer, which it does not change. The transfer's size
// and objective count, not its stages.
func ScalesOf(transfer *nst.Transfer, p *config.Pictures) *Scales {
	t := *transfer
	t.Stages = nil
	return &Scales{&t, p}
}

// Further returns the start, moved a part of the way to noise.
func (s *Scales) Further() nst.Start {
	return nst.Blend{A: s.Transfer.Start, B: nst.Noise{Seed: 1}, Ratio: towardsNoise}
}

// Weigh returns the weighted value and gradient of one term alone.
func (s *Scales) Weigh(ctx context.Context, at nst.Start, term nst.Term) (value float64, gradient []float32, err error) {
	t := *s.Transfer
	t.Objective, t.Start = nst.Objective{term}, at
	t.Schedule, t.Steps, t.Every, t.PixelRange = nst.Constant{Value: 1}, 1, 1, 1
	t.Optimizer = lookOnly(func(g []float32) { gradient = append([]float32(nil), g...) })
	r, err := t.Run(ctx, nst.ObserverFunc(func(*nst.Step) error { return nst.ErrStop }))
	if err != nil {
		return 0, nil, fmt.Errorf("%w (while measuring the term %s)", err, term.Name)
	}
	v := r.Trace[0].Terms[0]
	return v.Weight * v.Value, gradient, nil
}

// norm returns the length of a gradient.
func norm(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// lookOnly is an optimiser that records the gradient and moves nothing.
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

// Vanishing is the part of the gradient of all terms below which a term's gradient is
// rounding.
const Vanishing = 1e-6

// Term returns a loss as the only term.
func (s *Scales) Term(l config.Loss) nst.Term {
	return nst.Term{Name: l.Name, Weight: l.Weight, Maximize: l.Maximize, Loss: l.Build(s.pictures)}
}

// ratio returns a/b, or 0 if b is 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
