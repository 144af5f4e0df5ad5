// Package explain describes the weights of a run: in units in which all systems can be
// compared, and by their effect at the run's start.
package explain

import (
	"context"
	"math"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// An Explanation describes the weights of a run: in the units in which all systems can
// be compared, and by their effect at the run's start.
type Explanation struct {
	Run           string
	Network       string
	Random        bool   // the network's filters are random, but the system's are trained
	Start         string // the first image: "content", "noise", …
	Width, Height int
	Terms         []TermExplained
	// Moved reports that some term has no gradient at the start. The shares were then
	// measured a second time, a fifth of the way to noise.
	Moved bool
	Units Units // of the run itself; see PresetUnits for the units of presets
	Masks []MaskExplained
}

// TermExplained describes one term. Shares are parts of the sums of absolute values
// over all terms.
type TermExplained struct {
	Name   string
	Kind   string
	Weight float64 // negative if the term is maximised; computed if the term has a share
	Share  float64 // the share in the configuration; 0 if it sets the weight
	// GradientOnly reports that the loss does not count the term: its values are 0.
	GradientOnly bool
	Effect       // of the term as a whole
	Parts        []PartExplained
}

// PartExplained describes one layer of a term.
type PartExplained struct {
	Layer       string
	Weight      float64 // within the term
	Coefficient float64 // weight times the term's weight in Gatys' units; NaN if there is no such number
	Effect
}

// Effect is the effect of a term or a layer at the start.
type Effect struct {
	Value         float64 // weighted
	LossShare     float64
	GradientShare float64 // of the norms; a layer's share is a part of its term's share
	MovedShare    float64 // the same a fifth of the way to noise, if Moved
}

// Run measures a run's terms. It makes one or two evaluations for each layer. It writes
// nothing.
func Run(ctx context.Context, r plan.Run, threads int) (*Explanation, error) {
	c, err := engine.Settle(ctx, r.Config, threads, nil)
	if err != nil {
		return nil, err
	}
	s, err := engine.NewScales(ctx, c, threads, nil)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Run: r.Name, Network: c.Network.Name, Random: !config.IsPyramid(c.Network.Name) && c.Network.Weights == "", Start: c.Start.From,
		Width: s.Transfer.Width, Height: s.Transfer.Height, Units: Units{Network: c.Network.Name, Content: math.NaN()}}
	for _, l := range c.Losses {
		t := TermExplained{Name: l.Name, Kind: l.Kind, Weight: l.Weight, Share: l.Share, GradientOnly: l.Silent}
		if l.Maximize {
			t.Weight = -t.Weight
		}
		for _, lw := range l.Layers {
			t.Parts = append(t.Parts, PartExplained{Layer: lw.Layer, Weight: lw.Weight, Coefficient: math.NaN()})
		}
		if len(l.Layers) == 0 {
			t.Parts = []PartExplained{{Weight: 1, Coefficient: math.NaN()}}
		}
		e.Terms = append(e.Terms, t)
	}
	still, err := e.measure(ctx, s, nil, func(x *Effect, value, loss, gradient float64) {
		x.Value, x.LossShare, x.GradientShare = value, loss, gradient
	})
	if err != nil {
		return nil, err
	}
	if e.Moved = still; still {
		if _, err := e.measure(ctx, s, s.Further(), func(x *Effect, _, _, gradient float64) { x.MovedShare = gradient }); err != nil {
			return nil, err
		}
	}
	if err := e.masks(s.Transfer.Network, c); err != nil {
		return nil, err
	}
	return e, e.coefficients(ctx, s, c)
}

// measure weighs every layer alone at one image. still reports that some term with a
// weight has no gradient there.
func (e *Explanation) measure(ctx context.Context, s *engine.Scales, at nst.Start, note func(x *Effect, value, loss, gradient float64)) (still bool, err error) {
	pulls, err := s.Transfer.Pulls(ctx, at)
	if err != nil {
		return false, err
	}
	terms, layers := engine.SharesOf(pulls[0])
	all := 0.0
	for _, p := range pulls[0] {
		all += p.Norm
	}
	for i, p := range pulls[0] {
		note(&e.Terms[i].Effect, p.Value, terms[i].Loss, terms[i].Gradient)
		for k, l := range p.Layers {
			note(&e.Terms[i].Parts[k].Effect, l.Value, layers[i][k].Loss, layers[i][k].Gradient)
		}
		still = still || e.Terms[i].Weight != 0 && p.Norm <= engine.Vanishing*all
	}
	return still, nil
}

// coefficients converts the weights to Gatys' units.
func (e *Explanation) coefficients(ctx context.Context, s *engine.Scales, c *config.Config) error {
	for i, l := range c.Losses {
		own := l
		own.Options = l.Options.Gatys()
		for k, one := range single(l) {
			p := &e.Terms[i].Parts[k]
			if len(l.Layers) == 0 {
				continue
			}
			weight := e.Terms[i].Weight * p.Weight
			if d, ok := dimensionsOf(s.Transfer.Network, p.Layer, e.Width, e.Height); ok {
				p.Coefficient = weight * l.Options.Unit(d)
			}
			if own.Options != nil && weight != 0 { // measured on the pictures
				own.Layers, own.Weight, own.Maximize = []config.LayerWeight{{Layer: p.Layer, Weight: 1}}, 1, false
				value, gatys, err := both(ctx, s, one, own)
				if err != nil {
					return err
				}
				p.Coefficient = value / gatys
			}
			e.Units.add(l, p.Coefficient)
		}
	}
	return nil
}

// both returns the values of two losses at one image where neither is zero.
func both(ctx context.Context, s *engine.Scales, a, b config.Loss) (x, y float64, err error) {
	at := func(l config.Loss) (float64, error) {
		value, _, err := s.Weigh(ctx, s.Further(), s.Term(l))
		return value, err
	}
	if x, err = at(a); err == nil {
		y, err = at(b)
	}
	return x, y, err
}

// single returns the loss of each layer.
func single(l config.Loss) []config.Loss {
	if len(l.Layers) == 0 {
		return []config.Loss{l}
	}
	var all []config.Loss
	for _, lw := range l.Layers {
		one := l
		one.Layers = []config.LayerWeight{lw}
		all = append(all, one)
	}
	return all
}
