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
	Moved     bool
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

// Explain measures a run's terms. It takes two evaluations or four for each
// layer; nothing is written.
func Explain(ctx context.Context, r PlannedRun, threads int) (*Explanation, error) {
	c := r.Config
	if err := c.Settle(ctx, threads); err != nil {
		return nil, err
	}
	s, err := c.newScales(threads)
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
	still, err := e.measure(ctx, s, c, s.transfer.Start, func(x *Effect, value, loss, gradient float64) {
		x.Value, x.LossShare, x.GradientShare = value, loss, gradient
	})
	if err != nil {
		return nil, err
	}
	if e.Moved = still; still {
		if _, err := e.measure(ctx, s, c, s.further(), func(x *Effect, _, _, gradient float64) { x.MovedShare = gradient }); err != nil {
			return nil, err
		}
	}
	return e, e.coefficients(ctx, s, c)
}

// measure weighs every layer by itself at one image. still tells that some term
// with a weight has no gradient there.
func (e *Explanation) measure(ctx context.Context, s *scales, c *Config, at nst.Start, note func(x *Effect, value, loss, gradient float64)) (still bool, err error) {
	type weighed struct{ value, norm float64 }
	terms, parts := make([]weighed, len(e.Terms)), make([][]weighed, len(e.Terms))
	var all weighed
	for i, l := range c.Losses {
		var sum []float32
		for _, one := range l.single() {
			term, err := s.term(one)
			if err != nil {
				return false, err
			}
			value, gradient, err := s.weigh(ctx, at, term)
			if err != nil {
				return false, err
			}
			if l.Silent {
				value = 0
			}
			parts[i] = append(parts[i], weighed{value, norm(gradient)})
			terms[i].value += value
			if sum == nil {
				sum = make([]float32, len(gradient))
			}
			for k, g := range gradient {
				sum[k] += g
			}
		}
		terms[i].norm = norm(sum)
		all.value += math.Abs(terms[i].value)
		all.norm += terms[i].norm
	}
	for i := range e.Terms {
		within := 0.0
		for _, p := range parts[i] {
			within += p.norm
		}
		share := ratio(terms[i].norm, all.norm)
		note(&e.Terms[i].Effect, terms[i].value, ratio(math.Abs(terms[i].value), all.value), share)
		for k, p := range parts[i] {
			note(&e.Terms[i].Parts[k].Effect, p.value, ratio(math.Abs(p.value), all.value), share*ratio(p.norm, within))
		}
		still = still || e.Terms[i].Weight != 0 && terms[i].norm <= vanishing*all.norm
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
