package explain

import (
	"math"
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// "Style weight" has a different meaning in every system. Here all weights are
// converted to one unit, that of Gatys et al. 2015: a style weight to the coefficient
// of E_l = sum (G - A)^2 / (4 N^2 M^2), a content weight to that of 1/2 sum (F - P)^2.

// dimensionsOf returns the dimensions of a layer for an image of that size.
func dimensionsOf(net *nst.Network, layer string, width, height int) (config.Dimensions, bool) {
	for _, l := range net.Layers() {
		if l.Name == layer || slices.Contains(l.Aliases, layer) {
			w, h, err := net.MapSize(layer, width, height)
			if err != nil {
				return config.Dimensions{}, false
			}
			return config.Dimensions{N: float64(l.Channels), M: float64(w) * float64(h), S: float64(width) * float64(height)}, true
		}
	}
	return config.Dimensions{}, false
}

// Units are the weights of a configuration in Gatys' units.
type Units struct {
	Name    string
	Network string    // only units of one network compare: others have features of other sizes
	Content float64   // the coefficient of 1/2 sum (F - P)^2, over all layers; NaN if there is none
	Style   []float64 // the coefficients of E_l, layer by layer
}

// PresetUnits returns the presets' weights, for an image of that size. A loss that is a
// mean divides by the number of features, so its weight in these units depends on the
// size.
func PresetUnits(width, height int) []Units {
	var all []Units
	for _, p := range plan.Published() {
		y := Units{Name: p.Name, Network: p.Config.Network.Name, Content: math.NaN()}
		net, err := engine.OpenNetwork(p.Config.Network)
		if err != nil {
			continue // opening a preset's network reads no file and cannot fail
		}
		for _, l := range p.Config.Losses {
			for _, lw := range l.Layers {
				d, _ := dimensionsOf(net, lw.Layer, width, height)
				y.add(l, l.Weight*lw.Weight*l.Options.Unit(d))
			}
		}
		all = append(all, y)
	}
	return all
}

// add records the coefficient of one layer of a loss.
func (y *Units) add(l config.Loss, coefficient float64) {
	switch to := l.Options.Compares(); {
	case math.IsNaN(coefficient): // there is none in these units
	case to == "style":
		y.Style = append(y.Style, coefficient)
	case to == "content" && math.IsNaN(y.Content):
		y.Content = coefficient
	case to == "content":
		y.Content += coefficient
	}
}
