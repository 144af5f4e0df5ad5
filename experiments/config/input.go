package config

import (
	"maps"
	"math"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// How an image is converted for the first layer. The trained weights determine it.

// Preprocessings are the preprocessings that the weights were trained with.
var Preprocessings = map[string]nst.Preprocessing{"caffe": nst.Caffe(), "torchvision": nst.Torchvision()}

// Orders are the orders of the colour channels, as indices into red, green and blue.
var Orders = map[string][3]int{"bgr": {2, 1, 0}, "rgb": {0, 1, 2}}

// fields visits the network's keys about its input. The name sets the defaults of the
// others. Its own default is the preprocessing that the weights were trained with.
func (in *Input) fields(trained string, visit func(field.Field)) {
	name := field.Choice("preprocess", &in.Name, trained, slices.Sorted(maps.Keys(Preprocessings))...).
		Says("The preprocessing of pixels that the weights were trained with. It sets the defaults of order, range, mean and std.")
	name.Always = true // the default depends on the name of a file
	visit(name)
	base := Preprocessings[in.Name]
	order := "rgb"
	if base.Order == Orders["bgr"] {
		order = "bgr"
	}
	visit(field.Choice("order", &in.Order, order, slices.Sorted(maps.Keys(Orders))...).
		Says("The order of the colour channels that the network reads."))
	visit(field.Number("range", &in.Range, base.Range, field.Above(0)).
		Says("The value of white that the network reads."))
	visit(field.Triple("mean", &in.Mean, base.Mean, field.From(math.Inf(-1), math.Inf(1))).
		Says("What is subtracted from each channel, after range."))
	visit(field.Triple("std", &in.Std, base.Std, field.Above(0)).
		Says("What each channel is divided by, after the mean is subtracted."))
}

// Build returns nil if the network has no such keys.
func (in Input) Build() *nst.Preprocessing {
	if in.Name == "" {
		return nil
	}
	return &nst.Preprocessing{Order: Orders[in.Order], Range: in.Range, Mean: in.Mean, Std: in.Std}
}
