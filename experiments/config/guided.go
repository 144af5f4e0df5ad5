package config

import (
	"math"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Losses that regions guide by maps of their own: nst.Guided.

// guidance is how regions guide a loss.
type guidance struct {
	Strength float64
}

func (g *guidance) field() field.Field {
	return field.Number("guidance", &g.Strength, 1, field.Above(0)).
		Says("How strongly regions guide the loss by further maps, one for each: 1 makes such a map as strong as all of a layer's maps together.")
}

// guide is what a loss guided by maps says of itself.
type guide interface {
	// guided returns the strength of the maps; sums reports that the loss compares sums over
	// the positions, and not positions.
	guided() (strength float64, sums, ok bool)
}

// guidedBy returns how regions guide a loss; ok is false if each region has a loss of its own.
func guidedBy(o LossOptions) (strength float64, sums, ok bool) {
	if g, is := o.(guide); is {
		return g.guided()
	}
	return 0, false, false
}

// buildGuided makes a loss with a map for each region that applies to it; nil if none does.
func (l Loss) buildGuided(p *Pictures) nst.Loss {
	strength, sums, ok := guidedBy(l.Options)
	if !ok {
		return nil
	}
	g := nst.Guided{Strength: strength}
	all := *p
	all.Style = nil
	for _, r := range p.Regions {
		if !r.AppliesTo(l) {
			continue
		}
		mask := p.Masks[r.Mask]
		one := nst.Guide{Mask: mask, Weight: r.Weight * mask.Share(), Targets: r.targets(p)}
		if sums { // a region counts by its share: the loss is quadratic in the map
			one.Weight = r.Weight * math.Sqrt(mask.Share())
		}
		whole := 0.0
		for _, t := range one.Targets {
			whole += t.Weight
		}
		for k := range one.Targets {
			t := &one.Targets[k]
			t.Weight /= whole
			i := slices.IndexFunc(all.Style, func(s nst.Target) bool { return s.Image == t.Image })
			if i < 0 {
				i, all.Style = len(all.Style), append(all.Style, nst.Target{Image: t.Image})
			}
			all.Style[i].Weight += mask.Share() * t.Weight
		}
		g.Regions = append(g.Regions, one)
	}
	if len(g.Regions) == 0 {
		return nil
	}
	whole := 0.0
	for _, t := range all.Style {
		whole += t.Weight
	}
	for _, r := range g.Regions {
		for k := range r.Targets {
			t := &r.Targets[k]
			i := slices.IndexFunc(all.Style, func(s nst.Target) bool { return s.Image == t.Image })
			switch {
			case t.Weight == 0:
			case sums: // so that the weighted mean over all targets is that of the region's
				t.Weight *= r.Weight * whole / all.Style[i].Weight
			case t.Mask == nil: // masks as they are, as in the result
				t.Weight = r.Weight / r.Mask.Share()
			default:
				t.Weight = r.Weight / r.Mask.Share() * t.Mask.Share()
			}
		}
	}
	if !sums {
		for i := range all.Style {
			all.Style[i].Weight = 1
		}
	}
	g.Loss = l.build(&all, l.Layers)
	return g
}
