package config

import (
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// The networks that a configuration may name, with the options of each.

var networkKinds = kinds{
	{"pyramid", func(c *Config, _ int) []field.Field {
		n := &c.Network
		return []field.Field{
			field.Seed("seed", &n.Seed, c.Seed),
			field.Whole("levels", &n.Levels, 5, field.From(1, 12)),
			field.Whole("filters", &n.Filters, 96, field.From(1, 4096)),
			field.Whole("kernel", &n.Kernel, 7, field.From(3, 7)),
		}
	}},
	{"vgg19", vggFields},
	{"vgg16", vggFields},
}

func vggFields(c *Config, _ int) []field.Field {
	n := &c.Network
	return append([]field.Field{
		weightsField("weights", &n.Weights),
		field.Choice("pooling", &n.Pooling, string(nst.Max), []string{string(nst.Max), string(nst.Average), string(nst.L2)}),
		field.Number("pool_scale", &n.PoolScale, 1, field.Above(0)),
		field.Choice("padding", &n.Padding, string(nst.Zero), []string{string(nst.Zero), string(nst.Replicate), string(nst.Reflect)}),
		field.Choice("precision", &n.Precision, string(nst.Float32), precisionNames()),
		field.Seed("seed", &n.Seed, c.Seed),
		field.Number("width", &n.Width, 1, field.Bounds{Min: 0, Max: 4, OpenMin: true}),
	}, inputFields(&n.Input, TrainedWith(n.Weights))...)
}

func precisionNames() []string {
	all := nst.Precisions()
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = string(p)
	}
	return out
}

var networkSelector = selector{"name", networkKinds, []string{"seed"}, kindIn("name", networkKinds[0].name)}

// defaultLayers are the layers of the method's paper, or on the pyramid the ones
// that were found good by eye.
func defaultLayers(network, role string) []LayerWeight {
	equal := func(names ...string) []LayerWeight {
		out := make([]LayerWeight, len(names))
		for i, n := range names {
			out[i] = LayerWeight{n, 1 / float64(len(names))}
		}
		return out
	}
	pyramid := network == "pyramid"
	switch {
	case pyramid && role == "content":
		return equal("scale3", "scale4")
	case pyramid:
		return equal("scale1", "scale2", "scale3", "scale4", "scale5")
	case role == "content":
		return equal("relu4_2")
	}
	return equal("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
}
