package experiments

import (
	"context"
	"math"

	"github.com/gonst/workbench/nst"
)

// An Explanation tells what the weights of a run mean: in the units that all
// systems can be compared in, and by what they do where the run starts.
type Explanation struct {
	Run           string
	Network       string
	Random        bool   // the network's filters are random where the system's are trained
	Start         string // where the image starts from: "content", "noise", …
	Width, Height int
	Terms         []TermExplained
	// Moved tells that the start has no gradient for some term, so that shares
	// were measured a second time, a fifth of the way to noise.
	Moved bool
	Units Units // of the run itself; see PresetUnits for the presets'
}

// TermExplained is one term. Shares are of the sums over all terms, without sign.
type TermExplained struct {
	Name   string
	Kind   string
	Weight float64 // negative where the term is maximised; chosen, where it has a share
	Share  float64 // that the configuration asks for; 0 where it gives the weight
	// GradientOnly tells that the loss does not count the term: its values are 0.
	GradientOnly bool
	Effect       // of the term as a whole
	Parts        []PartExplained
}

// PartExplained is one layer of a term.
type PartExplained struct {
	Layer       string
	Weight      float64 // within the term
	Coefficient float64 // weight and term's weight in Gatys' units; NaN where there is no such number
	Effect
}

// Effect is what a term or a layer does at the start.
type Effect struct {
	Value         float64 // weighted
	LossShare     float64
	GradientShare float64 // of the norms; a layer's is its part of its term's
	MovedShare    float64 // the same a fifth of the way to noise, where Moved
}

// Explain measures a run's terms. It takes one or two evaluations for each layer;
// nothing is written.
func Explain(ctx context.Context, r PlannedRun, threads int) (*Explanation, error) {
	c := r.Config
	if err := c.Settle(ctx, threads); err != nil {
		return nil, err
	}
	s, err := c.newScales(threads, nil)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Run: r.Name, Network: c.Network.Name, Random: c.Network.Name != "pyramid" && c.Network.Weights == "", Start: c.Start.From,
		Width: s.transfer.Width, Height: s.transfer.Height, Units: Units{Content: math.NaN()}}
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
		if _, err := e.measure(ctx, s, s.further(), func(x *Effect, _, _, gradient float64) { x.MovedShare = gradient }); err != nil {
			return nil, err
		}
	}
	return e, e.coefficients(ctx, s, c)
}

// measure weighs every layer by itself at one image. still tells that some term
// with a weight has no gradient there.
func (e *Explanation) measure(ctx context.Context, s *scales, at nst.Start, note func(x *Effect, value, loss, gradient float64)) (still bool, err error) {
	pulls, err := s.transfer.Pulls(ctx, at)
	if err != nil {
		return false, err
	}
	terms, layers := sharesOf(pulls[0])
	all := 0.0
	for _, p := range pulls[0] {
		all += p.Norm
	}
	for i, p := range pulls[0] {
		note(&e.Terms[i].Effect, p.Value, terms[i].loss, terms[i].gradient)
		for k, l := range p.Layers {
			note(&e.Terms[i].Parts[k].Effect, l.Value, layers[i][k].loss, layers[i][k].gradient)
		}
		still = still || e.Terms[i].Weight != 0 && p.Norm <= vanishing*all
	}
	return still, nil
}

// vanishing is the part of all terms' gradient below which a term's is rounding.
const vanishing = 1e-6

// coefficients brings the weights to Gatys' units.
func (e *Explanation) coefficients(ctx context.Context, s *scales, c *Config) error {
	for i, l := range c.Losses {
		own, relative := l.gatys()
		for k, one := range l.single() {
			p := &e.Terms[i].Parts[k]
			if len(l.Layers) == 0 {
				continue
			}
			weight := e.Terms[i].Weight * p.Weight
			if d, ok := dimensionsOf(s.transfer.Network, p.Layer, e.Width, e.Height); ok {
				p.Coefficient = weight * l.unit(d)
			}
			if relative && weight != 0 { // by what the pictures say
				own.Layers, own.Weight, own.Maximize = []LayerWeight{{p.Layer, 1}}, 1, false
				value, gatys, err := s.both(ctx, one, own)
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

// both is the value of two losses at one image, where neither is zero.
func (s *scales) both(ctx context.Context, a, b Loss) (x, y float64, err error) {
	at := func(l Loss) (float64, error) {
		term, err := s.term(l)
		if err != nil {
			return 0, err
		}
		value, _, err := s.weigh(ctx, s.further(), term)
		return value, err
	}
	if x, err = at(a); err == nil {
		y, err = at(b)
	}
	return x, y, err
}

// single is the loss layer by layer.
func (l Loss) single() []Loss {
	if len(l.Layers) == 0 {
		return []Loss{l}
	}
	var all []Loss
	for _, lw := range l.Layers {
		one := l
		one.Layers = []LayerWeight{lw}
		all = append(all, one)
	}
	return all
}

func (s *scales) term(l Loss) (nst.Term, error) {
	loss, err := l.build(s.pictures)
	return nst.Term{Name: l.Name, Weight: l.Weight, Maximize: l.Maximize, Loss: loss}, err
}

// ratio is a/b, and 0 of nothing.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
