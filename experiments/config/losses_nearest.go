package config

import (
	"strconv"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Losses that compare with the nearest patches or features of the style.

// NearestPatches are the options of nst.NearestPatches.
type NearestPatches struct {
	statistic
	Size int
	By   nst.Nearness
	guidance
}

func (o *NearestPatches) guided() (float64, bool, bool) { return o.Strength, false, true }

func (o *NearestPatches) fields(c *Config, visit func(field.Field)) {
	visit(field.Whole("size", &o.Size, 3, field.From(1, 9)).
		Says("The width and height of a patch, in positions; odd."))
	visit(field.Choice("by", &o.By, nst.ByDirection, nst.ByDirection, nst.ByDistance).
		Says("Which patch is the nearest: the one with the most similar direction, or the one at the least distance. By distance, the loss has no jumps; on the layers image, down2, … of a pyramid it compares pixels."))
	visit(o.guidance.field())
	o.statistic.fields(c, visit)
}

func (o *NearestPatches) wholeMaps() bool { return true }

func (o *NearestPatches) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.NearestPatches{Targets: p.Style, Layers: layers, Reduce: o.Reduce, Size: o.Size, By: o.By}
}

func (o *NearestPatches) takesMasks() bool  { return false }
func (o *NearestFeatures) takesMasks() bool { return false }

func (o *NearestPatches) check(report func(key, found, want string)) {
	if o.Size%2 == 0 {
		report("size", "the number "+strconv.Itoa(o.Size), "an odd number")
	}
}

// NearestFeatures are the options of nst.NearestFeatures. It has none.
type NearestFeatures struct{ statistic }

func (o *NearestFeatures) fields(*Config, func(field.Field)) {}

func (o *NearestFeatures) wholeMaps() bool { return true }

func (o *NearestFeatures) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.NearestFeatures{Targets: p.Style, Layers: layers}
}

func (o *NearestFeatures) DefaultWeight(string) float64 { return styleWeight(nst.Relative) }

var (
	_ LossOptions = (*NearestPatches)(nil)
	_ LossOptions = (*NearestFeatures)(nil)
)
