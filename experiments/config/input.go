package config

import (
	"maps"
	"math"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// How an image reaches the first layer: a matter of the weights, not of taste.

// Preprocessings are the preprocessings that weights come with.
var Preprocessings = map[string]nst.Preprocessing{"caffe": nst.Caffe(), "torchvision": nst.Torchvision()}

var Orders = map[string][3]int{"bgr": {2, 1, 0}, "rgb": {0, 1, 2}}

// inputFields are the network's keys about its input. The name, by default what the
// weights were trained with, chooses what the others are where they are not given.
func inputFields(in *Input, trained string) []field.Field {
	base, ok := Preprocessings[in.Name]
	if !ok {
		base = Preprocessings["caffe"]
	}
	order := "rgb"
	if base.Order == Orders["bgr"] {
		order = "bgr"
	}
	return []field.Field{
		field.Choice("preprocess", &in.Name, trained, slices.Sorted(maps.Keys(Preprocessings))),
		field.Choice("order", &in.Order, order, slices.Sorted(maps.Keys(Orders))),
		field.Number("range", &in.Range, base.Range, field.Above(0)),
		field.Triple("mean", &in.Mean, base.Mean, field.From(math.Inf(-1), math.Inf(1))),
		field.Triple("std", &in.Std, base.Std, field.Above(0)),
	}
}
