package config

import (
	"math"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Content are the options of nst.Content.
type Content struct{ Reduce nst.Reduction }

func (o *Content) fields(_ *Config, visit func(field.Field)) {
	visit(field.Choice("reduce", &o.Reduce, nst.Relative, nst.Relative, nst.Mean, nst.Sum, nst.Half, nst.Root).
		Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
}

func (o *Content) Compares() string { return "content" }

func (o *Content) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Content{Target: p.Content, Mask: p.Mask, Layers: layers, Reduce: o.Reduce}
}

func (o *Content) Unit(d Dimensions) float64 {
	switch o.Reduce {
	case nst.Half:
		return 1
	case nst.Sum:
		return 2
	case nst.Mean:
		return 2 / (d.N * d.M)
	case nst.Root:
		return 1 / math.Sqrt(d.N*d.M)
	}
	return math.NaN()
}

func (o *Content) DefaultWeight(network string) float64 {
	switch {
	case o.Reduce != nst.Relative:
		return 1
	case network == "pyramid":
		return 0.4
	case network == "oriented":
		return 1
	}
	return 5
}

func (o *Content) Gatys() LossOptions {
	if o.Reduce != nst.Relative {
		return nil
	}
	return &Content{Reduce: nst.Half}
}

// Gram are the options of nst.Gram.
type Gram struct {
	Reduce    nst.Reduction
	Normalize nst.Normalization
	Shift     float64
	Chain     bool
	Regions   string // "each" or "sums"
	guidance
}

func (o *Gram) guided() (float64, bool, bool) { return o.Strength, true, o.Regions == "sums" }

func (o *Gram) fields(_ *Config, visit func(field.Field)) {
	visit(field.Choice("reduce", &o.Reduce, nst.Relative, nst.Relative, nst.Mean, nst.Sum, nst.Gatys, nst.Keras).
		Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
	if o.Reduce == nst.Gatys || o.Reduce == nst.Keras { // these are defined on the raw matrix
		visit(field.Choice("normalize", &o.Normalize, nst.Raw, nst.Raw).
			Says("What a Gram matrix is divided by: the number of positions (m), that times the number of maps (nm), or nothing (raw)."))
	} else {
		visit(field.Choice("normalize", &o.Normalize, nst.ByPositions, nst.ByPositions, nst.ByEverything, nst.Raw).
			Says("What a Gram matrix is divided by: the number of positions (m), that times the number of maps (nm), or nothing (raw)."))
	}
	visit(field.Number("shift", &o.Shift, 0, field.From(-1e6, 1e6)).
		Says("What is added to the features before. titu1994's program has -1."))
	visit(field.Flag("chain", &o.Chain, false).
		Says("Give each layer the difference of its loss and that of the next layer, as titu1994's program. The weight of the last layer does not count."))
	visit(field.Choice("regions", &o.Regions, "each", "each", "sums").
		Says("How regions guide the loss: each has a Gram matrix of its own, or one matrix for all has the sums of the maps over each region besides (guided sums, Gatys et al. 2017), which takes less time and ties only means to the regions."))
	visit(field.Given(o.guidance.field(), &o.Strength, o.Regions == "sums", `regions = "sums"`))
}

func (o *Gram) Compares() string { return "style" }

func (o *Gram) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Gram{Targets: p.Style, Mask: p.Mask, Layers: layers, Normalize: o.Normalize, Reduce: o.Reduce, Shift: o.Shift, Chain: o.Chain}
}

func (o *Gram) Unit(d Dimensions) float64 {
	if o.Shift != 0 || o.Chain {
		return math.NaN()
	}
	switch o.Reduce {
	case nst.Gatys:
		return 1
	case nst.Keras:
		return d.N * d.N * d.M * d.M / (9 * d.S * d.S)
	case nst.Sum, nst.Mean:
		unit := 4 * d.N * d.N * d.M * d.M // of the sum over raw matrices
		switch o.Normalize {
		case nst.ByPositions:
			unit /= d.M * d.M
		case nst.ByEverything:
			unit /= d.N * d.M * d.N * d.M
		}
		if o.Reduce == nst.Mean {
			unit /= d.N * d.N
		}
		return unit
	}
	return math.NaN()
}

func (o *Gram) DefaultWeight(string) float64 { return styleWeight(o.Reduce) }

func (o *Gram) Gatys() LossOptions {
	if o.Reduce != nst.Relative || o.Shift != 0 || o.Chain {
		return nil
	}
	return &Gram{Reduce: nst.Gatys, Normalize: nst.Raw}
}
