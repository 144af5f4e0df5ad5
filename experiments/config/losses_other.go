package config

import (
	"math"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Activation are the options of nst.Activation.
type Activation struct{ Map int }

func (o *Activation) fields(_ *Config, visit func(field.Field)) {
	visit(field.Whole("map", &o.Map, 0, field.From(0, 4096)).
		Says("The only map that counts, from 1. 0 means all."))
}

func (o *Activation) Compares() string { return "" }

func (o *Activation) wholeMaps() bool { return o.Map > 0 }

func (o *Activation) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Activation{Mask: p.Mask, Layers: layers, Map: o.Map}
}

func (o *Activation) Unit(Dimensions) float64      { return math.NaN() }
func (o *Activation) Gatys() LossOptions           { return nil }
func (o *Activation) DefaultWeight(string) float64 { return 1 }

// Variation are the options of nst.Variation.
type Variation struct {
	Difference nst.VariationKind // how differences of neighbours are measured
	Reduce     nst.Reduction
	Range      float64 // the value of white
}

func (o *Variation) fields(_ *Config, visit func(field.Field)) {
	visit(field.Choice("difference", &o.Difference, nst.Squared, nst.Squared, nst.Absolute, nst.Power, nst.Cropped, nst.NinePoint).
		Says("How differences of neighbouring pixels count."))
	if o.Difference == nst.NinePoint { // a mean by definition
		visit(field.Choice("reduce", &o.Reduce, nst.Mean, nst.Mean).
			Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
	} else if o.Difference == nst.Power || o.Difference == nst.Cropped { // these are sums by definition
		visit(field.Choice("reduce", &o.Reduce, nst.Sum, nst.Sum).
			Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
	} else {
		visit(field.Choice("reduce", &o.Reduce, nst.Mean, nst.Mean, nst.Sum).
			Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
	}
	visit(field.Number("range", &o.Range, 1, field.Above(0)).
		Says("The value of white: 255 gives the numbers of systems whose pixels go from 0 to 255."))
}

func (o *Variation) Compares() string { return "" }

func (o *Variation) Build(*Pictures, nst.LayerWeights) nst.Loss {
	return nst.Variation{Kind: o.Difference, Reduce: o.Reduce, Range: o.Range}
}

func (o *Variation) Unit(Dimensions) float64 { return math.NaN() }
func (o *Variation) Gatys() LossOptions      { return nil }

func (o *Variation) DefaultWeight(network string) float64 {
	switch {
	case o.Difference != nst.Squared || o.Reduce != nst.Mean || o.Range != 1:
		return 1
	case IsPyramid(network):
		return 2
	}
	return 20
}
