package config

import (
	"maps"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
)

// Yardstick is the [yardstick] table: the fixed network that measures every picture,
// independent of the losses of the run. It changes no pixel and is not part of a run's
// identity.
//
// Values that the file omits are chosen once for all runs of a plan (see
// engine.ChooseYardsticks), so that the runs can be compared.
type Yardstick struct {
	Network    string // "pyramid", "vgg19", "vgg16"; empty only until it is chosen
	Weights    string // path of a weight file; VGG only
	Preprocess string // of the weights: "caffe", "torchvision"; VGG only
	Size       int    // pixels of the long side to which all images are resized
	Content    []string
	Style      []string // layers; if empty, the usual ones that fit the pictures
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
	keep(chosenField(field.Choice("network", &y.Network, network, "pyramid", "vgg19", "vgg16").
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

// chosenField omits the key until a value is chosen.
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

// MinYardstick is the smallest size of a yardstick. Smaller pictures are enlarged,
// because coarse layers have too few positions below this size.
const MinYardstick = 64
