package explain

import (
	"math"
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// "Style weight" means something else in every system. Here they are all brought
// to one unit, that of Gatys et al. 2015: a style weight to the coefficient of
// E_l = sum (G - A)^2 / (4 N^2 M^2), a content weight to that of 1/2 sum (F - P)^2.

// dimensions are a layer's: N maps of M positions, for an image of S pixels.
type dimensions struct{ n, m, s float64 }

func dimensionsOf(net *nst.Network, layer string, width, height int) (dimensions, bool) {
	for _, l := range net.Layers() {
		if l.Name == layer || slices.Contains(l.Aliases, layer) {
			w, h := width/l.Reduction, height/l.Reduction // a VGG drops an odd rest
			if net.Name() == "pyramid" {
				w, h = (width+l.Reduction-1)/l.Reduction, (height+l.Reduction-1)/l.Reduction
			}
			return dimensions{float64(l.Channels), float64(w) * float64(h), float64(width) * float64(height)}, true
		}
	}
	return dimensions{}, false
}

// unit is what a weight of 1 on a layer of the loss is in Gatys' units; NaN where
// the loss is no multiple of Gatys', or of one that depends on the pictures.
func unit(l config.Loss, d dimensions) float64 {
	switch reduce := nst.Reduction(l.Reduce); {
	case l.Kind == "content":
		switch reduce {
		case nst.Half:
			return 1
		case nst.Sum:
			return 2
		case nst.Mean:
			return 2 / (d.n * d.m)
		case nst.Root:
			return 1 / math.Sqrt(d.n*d.m)
		}
	case l.Kind == "gram" && reduce == nst.Gatys:
		return 1
	case l.Kind == "gram" && reduce == nst.Keras:
		return d.n * d.n * d.m * d.m / (9 * d.s * d.s)
	case l.Kind == "gram" && (reduce == nst.Sum || reduce == nst.Mean):
		unit := 4 * d.n * d.n * d.m * d.m // of the sum over raw matrices
		switch nst.Normalization(l.Normalize) {
		case nst.ByPositions:
			unit /= d.m * d.m
		case nst.ByEverything:
			unit /= d.n * d.m * d.n * d.m
		}
		if reduce == nst.Mean {
			unit /= d.n * d.n
		}
		return unit
	}
	return math.NaN()
}

// gatys is the loss in Gatys' own reduction, which a loss relative to its
// target is a multiple of; false where there is none.
func gatys(l config.Loss) (config.Loss, bool) {
	if l.Reduce != string(nst.Relative) {
		return l, false
	}
	switch l.Kind {
	case "content":
		l.Reduce = string(nst.Half)
	case "gram":
		l.Reduce, l.Normalize = string(nst.Gatys), string(nst.Raw)
	default:
		return l, false
	}
	return l, true
}

// Units are a configuration's weights in Gatys' units.
type Units struct {
	Name    string
	Content float64   // the coefficient of 1/2 sum (F - P)^2, over all layers; NaN where there is none
	Style   []float64 // the coefficients of E_l, layer by layer
}

// PresetUnits are the presets' weights, for an image of that size. Losses that
// are means weigh content by the number of its features, and so by the size.
func PresetUnits(width, height int) []Units {
	var all []Units
	for _, p := range plan.Published() {
		y := Units{Name: p.Name, Content: math.NaN()}
		net, err := engine.OpenNetwork(p.Config.Network)
		if err != nil {
			continue // opening a preset's network reads nothing and cannot fail
		}
		for _, l := range p.Config.Losses {
			for _, lw := range l.Layers {
				d, _ := dimensionsOf(net, lw.Layer, width, height)
				y.add(l, l.Weight*lw.Weight*unit(l, d))
			}
		}
		all = append(all, y)
	}
	return all
}

// add notes the coefficient of one layer of a loss.
func (y *Units) add(l config.Loss, coefficient float64) {
	switch {
	case l.Kind == "gram":
		y.Style = append(y.Style, coefficient)
	case l.Kind == "content" && math.IsNaN(y.Content):
		y.Content = coefficient
	case l.Kind == "content":
		y.Content += coefficient
	}
}
