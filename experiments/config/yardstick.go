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
// chooseYardsticks), so that they compare.
type Yardstick struct {
	Network    string // "pyramid", "vgg19", "vgg16"; empty only before it is chosen
	Weights    string // path of a weight file; VGG only
	Preprocess string // that the weights want: "caffe", "torchvision"; VGG only
	Size       int    // pixels of the long side that all images are brought to
	Content    []string
	Style      []string // layers; empty: the usual ones, those that the pictures are large enough for
}

func yardstickFields(c *Config) []field.Field {
	y := &c.Yardstick
	network := ""
	if y.Weights != "" {
		network = "vgg19"
	}
	fs := []field.Field{
		chosenField(field.Choice("network", &y.Network, network, networkKinds.Names())),
		weightsField("weights", &y.Weights),
		chosenField(field.Choice("preprocess", &y.Preprocess, "", slices.Sorted(maps.Keys(Preprocessings)))),
		chosenField(field.Whole("size", &y.Size, 0, field.From(MinYardstick, 4096))),
		field.Names("content", "layer", &y.Content),
		field.Names("style", "layer", &y.Style),
	}
	for i := range fs {
		fs[i] = fs[i].NotIdentity()
	}
	return fs
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
