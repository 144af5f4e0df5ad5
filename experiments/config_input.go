package experiments

import (
	"maps"
	"math"
	"slices"

	"github.com/gonst/workbench/nst"
)

// How an image reaches the first layer: a matter of the weights, not of taste.

// inputs are the preprocessings that weights come with.
var inputs = map[string]nst.Preprocessing{"caffe": nst.Caffe(), "torchvision": nst.Torchvision()}

var orders = map[string][3]int{"bgr": {2, 1, 0}, "rgb": {0, 1, 2}}

// inputFields are the network's keys about its input. The name, by default what the
// weights were trained with, chooses what the others are where they are not given.
func inputFields(in *Input, trained string) []field {
	base, ok := inputs[in.Name]
	if !ok {
		base = inputs["caffe"]
	}
	order := "rgb"
	if base.Order == orders["bgr"] {
		order = "bgr"
	}
	return []field{
		choiceField("preprocess", &in.Name, trained, slices.Sorted(maps.Keys(inputs))),
		choiceField("order", &in.Order, order, slices.Sorted(maps.Keys(orders))),
		numberField("range", &in.Range, base.Range, above(0)),
		tripleField("mean", &in.Mean, base.Mean, from(math.Inf(-1), math.Inf(1))),
		tripleField("std", &in.Std, base.Std, above(0)),
	}
}

// build is nil for a network that has no such keys.
func (in Input) build() *nst.Preprocessing {
	if in.Name == "" {
		return nil
	}
	return &nst.Preprocessing{Order: orders[in.Order], Range: in.Range, Mean: in.Mean, Std: in.Std}
}

// tripleField takes three numbers, one for each channel.
func tripleField(name string, p *[3]float64, def [3]float64, b bounds) field {
	var list []float64
	f := numbersField(name, &list, b)
	f.want = "a list of three numbers" // channels
	if s := b.String(); s != "" {
		f.want += ", each " + s
	}
	set := f.set
	f.reset = func() { *p = def }
	f.set = func(n *node) *fieldError {
		if err := set(n); err != nil {
			return err
		}
		if len(list) != 3 {
			return &fieldError{at: n}
		}
		*p = [3]float64(list)
		return nil
	}
	f.get = func() any { return p[:] }
	return f
}
