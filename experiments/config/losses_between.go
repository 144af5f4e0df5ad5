package config

import (
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Losses between the maps of two layers, and between a map and itself shifted.

// CrossScale are the options of nst.CrossScale.
type CrossScale struct {
	statistic
	With []string // empty: the next scale of each layer
}

func (o *CrossScale) fields(c *Config, visit func(field.Field)) {
	visit(field.Names("with", "layer", &o.With).
		Says("For each of layers, the layer that it is paired with. Without it, the next scale: scale2 for scale1 and second1, relu2_1 for relu1_1."))
	o.statistic.fields(c, visit)
}

func (o *CrossScale) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.CrossScale{Targets: p.Style, Mask: p.Mask, Layers: layers, With: o.With, Reduce: o.Reduce}
}

// Partners returns the layers that these are paired with.
func (o *CrossScale) Partners(layers []LayerWeight) ([]string, error) {
	l := nst.CrossScale{With: o.With}
	for _, lw := range layers {
		l.Layers = append(l.Layers, nst.LayerWeight(lw))
	}
	return l.Partners()
}

// ShiftedGram are the options of nst.ShiftedGram.
type ShiftedGram struct {
	statistic
	Distance int
}

func (o *ShiftedGram) fields(c *Config, visit func(field.Field)) {
	visit(field.Whole("distance", &o.Distance, 2, field.From(1, 64)).
		Says("How far apart the features are, in positions. Maps of more than 24 positions are halved before."))
	o.statistic.fields(c, visit)
}

func (o *ShiftedGram) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.ShiftedGram{Targets: p.Style, Mask: p.Mask, Layers: layers, Distance: o.Distance, Reduce: o.Reduce}
}

var (
	_ LossOptions = (*CrossScale)(nil)
	_ LossOptions = (*ShiftedGram)(nil)
)
