package config

import (
	"cmp"
	"math"
	"strconv"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Palette are the options of nst.Palette. It compares pictures, not layers.
type Palette struct {
	Of   string // "style" or "content"
	Bins int
}

func (o *Palette) fields(_ *Config, visit func(field.Field)) {
	visit(field.Choice("of", &o.Of, "style", "style", "content").
		Says("Whose colours occur in the result: those of the style pictures, or those of the content."))
	visit(field.Whole("bins", &o.Bins, 8, field.From(2, 16)).
		Says("The knots along each axis of the colour cube in the finest histogram: 2, 4, 8 or 16. The loss is the mean over this histogram and those of half as many knots, down to 2."))
}

func (o *Palette) check(report func(key, found, want string)) {
	if o.Bins&(o.Bins-1) != 0 {
		report("bins", "the number "+strconv.Itoa(o.Bins), "2, 4, 8 or 16")
	}
}

func (o *Palette) Compares() string { return cmp.Or(o.Of, "style") }

func (o *Palette) readsLayers() bool { return false }

func (o *Palette) Build(p *Pictures, _ nst.LayerWeights) nst.Loss {
	targets := p.Style
	if o.Of == "content" {
		targets = nst.TargetsOf(p.Content, nil)
	}
	return nst.Palette{Targets: targets, Mask: p.Mask, Bins: o.Bins}
}

func (o *Palette) Unit(Dimensions) float64      { return math.NaN() }
func (o *Palette) Gatys() LossOptions           { return nil }
func (o *Palette) DefaultWeight(string) float64 { return styleWeight(nst.Relative) }

// readsLayers reports whether a kind of loss has layers: the options of one that compares
// pictures without a network say so.
func readsLayers(o LossOptions) bool {
	if l, says := o.(interface{ readsLayers() bool }); says {
		return l.readsLayers()
	}
	_, activation := o.(*Activation)
	return activation || o.Compares() != ""
}
