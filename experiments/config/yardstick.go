package config

import (
	"maps"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
)

// Yardstick is the [yardstick] table: what every picture is measured with,
// whatever its run minimises. It changes no pixel and is no part of a run's
// identity.
//
// What the file leaves open is chosen for all runs of a plan together (see
// engine.ChooseYardsticks), so that they compare.
type Yardstick struct {
	Network    string // "pyramid", "vgg19", "vgg16"; empty only before it is chosen
	Weights    string // path of a weight file; VGG only
	Preprocess string // that the weights want: "caffe", "torchvision"; VGG only
	Size       int    // pixels of the long side that all images are brought to
	Content    []string
	Style      []string // layers; empty: the usual ones, those that the pictures are large enough for
}

func yardstickFields(c *Config, visit func(field.Field)) {
	y := &c.Yardstick
	keep := func(f field.Field) { visit(f.NotIdentity()) }
	keep(weightsField("weights", &y.Weights).
		Says(`Trained filters of the yardstick: a name, a file, or "random".`))
	network := ""
	if y.Weights != "" {
		network = "vgg19"
	}
	keep(chosenField(field.Choice("network", &y.Network, network, networkKinds.names()...).
		Says("The network that every picture of the experiment is measured with. Without it, the VGG that all runs use with trained weights, or a pyramid.")))
	keep(chosenField(field.Choice("preprocess", &y.Preprocess, "", slices.Sorted(maps.Keys(Preprocessings))...).
		Says("The preprocessing that the yardstick's weights were trained with.")))
	keep(chosenField(field.Whole("size", &y.Size, 0, field.From(MinYardstick, 4096)).
		Says("Pixels of the longer side that every picture is resized to before it is measured. Without it, the smallest of the runs, at most 256.")))
	keep(field.Names("content", "layer", &y.Content).
		Says("The layers of the content's distance."))
	keep(field.Names("style", "layer", &y.Style).
		Says("The layers of the style's distance."))
}

// chosenField leaves the key out while nothing is chosen.
func chosenField(f field.Field) field.Field {
	get := f.Get
	f.Get = func() any {
		v := get()
		if v == "" || v == int64(0) {
			return nil
		}
		return v
	}
	return f
}

// MinYardstick is the least size of a yardstick: smaller pictures are enlarged,
// for below there is little left on the coarser layers.
const MinYardstick = 64
