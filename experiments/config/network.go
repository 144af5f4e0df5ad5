package config

import (
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// The networks that a configuration can name, with the options of each.

// networkOptions visits the keys of one kind of network. All of them are in Network.
type networkOptions func(c *Config, visit func(field.Field))

func (o networkOptions) fields(c *Config, visit func(field.Field)) { o(c, visit) }

var networkKinds = kinds[networkOptions]{
	{"pyramid", func() networkOptions { return pyramidFields }},
	{"oriented", func() networkOptions { return orientedFields }},
	{"vgg19", func() networkOptions { return vggFields }},
	{"vgg16", func() networkOptions { return vggFields }},
}

var networkChoice = choice{
	title: "network", key: "name",
	names:  func() []string { return networkKinds.names() },
	chosen: func(c *Config, _ int) *string { return &c.Network.Name },
	choose: func(*Config, int, string) {},
	table: func(c *Config, _ int) field.Table {
		return func(visit func(field.Field)) { networkKinds.options(c.Network.Name).fields(c, visit) }
	},
	shared: []string{"seed"},
	kind:   kindIn("name", "pyramid"),
}

func pyramidFields(c *Config, visit func(field.Field)) {
	n := &c.Network
	visit(field.Seed("seed", &n.Seed, c.Seed).
		Says("Where the random filters begin. Without it, the seed of the file."))
	visit(field.Whole("levels", &n.Levels, 5, field.From(1, 12)).
		Says("Scales of the pyramid, each half as large as the one before."))
	visit(field.Whole("filters", &n.Filters, 96, field.From(1, 4096)).
		Says("Random filters on each scale."))
	visit(field.Whole("kernel", &n.Kernel, 7, field.From(3, 7)).
		Says("The side of a filter in pixels: 3, 5 or 7."))
	visit(edgeField(n))
}

// edgeField is the padding of the pyramids.
func edgeField(n *Network) field.Field {
	return field.Choice("padding", &n.Padding, nst.Replicate, nst.Replicate, nst.Circular).
		Says("What the filters see beyond the border: the repeated edge, or the opposite edge (circular), which makes pictures that can be laid side by side.")
}

func orientedFields(c *Config, visit func(field.Field)) {
	visit(field.Whole("levels", &c.Network.Levels, 5, field.From(1, 12)).
		Says("Scales of the pyramid, each half as large as the one before."))
	visit(edgeField(&c.Network))
}

// IsPyramid reports whether the network applies filters that need no training to an image pyramid.
func IsPyramid(network string) bool { return network == "pyramid" || network == "oriented" }

func vggFields(c *Config, visit func(field.Field)) {
	n := &c.Network
	visit(weightsField("weights", &n.Weights).
		Says(`Trained filters: a name, a file, or "random".`))
	visit(field.Choice("pooling", &n.Pooling, nst.Max, nst.Max, nst.Average, nst.L2).
		Says("What a pooling takes of 2 x 2 positions. Gatys et al. suggest average for smoother pictures."))
	visit(field.Number("pool_scale", &n.PoolScale, 1, field.Above(0)).
		Says("A factor on pooled values."))
	visit(field.Choice("padding", &n.Padding, nst.Zero, nst.Zero, nst.Replicate, nst.Reflect, nst.ReplicateFirst, nst.Circular).
		Says("What the convolutions see beyond the border: zeros, the repeated edge, the reflected picture, or the opposite edge (circular), which makes pictures that can be laid side by side; replicate-first repeats the edge of the picture, and has zeros around maps, as crowsonkb's program."))
	visit(field.Choice("precision", &n.Precision, nst.Float32, nst.Precisions()...).
		Says("What products in convolutions and Gram matrices are computed in. bf16x3 and bf16 require a processor with AMX."))
	visit(field.Seed("seed", &n.Seed, c.Seed).
		Says("Where the random filters begin. Without it, the seed of the file."))
	visit(field.Number("width", &n.Width, 1, field.UpTo(0, 4)).
		Says("A factor on the number of channels, for random filters only: published weights need 1."))
	n.Input.fields(TrainedWith(n.Weights), visit)
}

// defaultLayers are the layers of the method's paper. On the pyramid they were chosen
// by eye.
func defaultLayers(network, role string) []LayerWeight {
	equal := func(names ...string) []LayerWeight {
		out := make([]LayerWeight, len(names))
		for i, n := range names {
			out[i].Layer = n
		}
		return equalShares(out)
	}
	pyramid := IsPyramid(network)
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

// equalShares gives all layers the same weight, of sum 1.
func equalShares(layers []LayerWeight) []LayerWeight {
	for i := range layers {
		layers[i].Weight = 1 / float64(len(layers))
	}
	return layers
}
