package config

import (
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// Losses are named tables: [loss.NAME]. Where the table has no kind, the name
// may say it.

// lossByName are the names that stand for a kind without saying it.
var lossByName = map[string]string{"style": "gram", "tv": "variation"}

// defaultLossKind is the kind of a loss that writes none; empty where its name
// says nothing either.
func defaultLossKind(name string) string {
	if k, ok := lossByName[name]; ok {
		return k
	}
	if slices.Contains(lossNames, name) {
		return name
	}
	return ""
}

var lossNames = []string{"content", "gram", "covariance", "correlation", "variation"}

// lossShared are the fields that mean the same in every kind of loss.
var lossShared = []string{"weight", "share", "maximize", "gradient_only", "layers"}

var lossSelector = selector{"kind", LossKinds, lossShared, func(name string, t *tree.Table) string {
	return kindIn("kind", defaultLossKind(name))(name, t)
}}

func commonLoss(l *Loss, weight float64) []field.Field {
	if l.Share > 0 {
		weight = 0 // chosen later, by Settle
	}
	chosen := field.Number("weight", &l.Weight, weight, field.AtLeast(0))
	given := chosen.Get
	chosen.Get = func() any {
		if l.Share > 0 {
			return nil
		}
		return given()
	}
	share := field.Number("share", &l.Share, 0, field.Inside(0, 1))
	if l.Weight != 0 {
		share.Remark = " # weight = " + WriteFloat(l.Weight)
	}
	share.Get = func() any {
		if l.Share == 0 {
			return nil
		}
		return l.Share
	}
	return []field.Field{
		chosen,
		share,
		field.Flag("maximize", &l.Maximize, false),
		field.Flag("gradient_only", &l.Silent, false),
	}
}

// statisticLoss are the losses on covariances and correlations, which are
// normalised by what they are.
func statisticLoss(c *Config, i int) []field.Field {
	l := &c.Losses[i]
	return append(commonLoss(l, 1),
		layersField("layers", &l.Layers, defaultLayers(c.Network.Name, "style")),
		field.Choice("reduce", &l.Reduce, string(nst.Relative), reductions(nst.Relative, nst.Mean, nst.Sum)))
}

func reductions(all ...nst.Reduction) []string {
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = string(r)
	}
	return out
}

// rawGram tells the reductions that are defined on the raw Gram matrix.
func rawGram(reduce string) bool {
	return reduce == string(nst.Gatys) || reduce == string(nst.Keras)
}

var LossKinds = kinds{
	{"content", func(c *Config, i int) []field.Field {
		l := &c.Losses[i]
		return append(commonLoss(l, 1),
			layersField("layers", &l.Layers, defaultLayers(c.Network.Name, "content")),
			field.Choice("reduce", &l.Reduce, string(nst.Relative),
				reductions(nst.Relative, nst.Mean, nst.Sum, nst.Half, nst.Root)))
	}},
	{"gram", func(c *Config, i int) []field.Field {
		l := &c.Losses[i]
		normalize, choices := nst.ByPositions, []string{string(nst.ByPositions), string(nst.ByEverything), string(nst.Raw)}
		if rawGram(l.Reduce) {
			normalize, choices = nst.Raw, []string{string(nst.Raw)}
		}
		return append(commonLoss(l, 1),
			layersField("layers", &l.Layers, defaultLayers(c.Network.Name, "style")),
			field.Choice("reduce", &l.Reduce, string(nst.Relative),
				reductions(nst.Relative, nst.Mean, nst.Sum, nst.Gatys, nst.Keras)),
			field.Choice("normalize", &l.Normalize, string(normalize), choices))
	}},
	{"covariance", statisticLoss},
	{"correlation", statisticLoss},
	{"variation", func(c *Config, i int) []field.Field {
		l := &c.Losses[i]
		reduce, choices := nst.Mean, reductions(nst.Mean, nst.Sum)
		if l.Difference == string(nst.Power) || l.Difference == string(nst.Cropped) {
			reduce, choices = nst.Sum, reductions(nst.Sum)
		}
		return append(commonLoss(l, 1),
			field.Choice("difference", &l.Difference, string(nst.Squared),
				[]string{string(nst.Squared), string(nst.Absolute), string(nst.Power), string(nst.Cropped)}),
			field.Choice("reduce", &l.Reduce, string(reduce), choices),
			field.Number("range", &l.Range, 1, field.Above(0)))
	}},
}

// NeedsStyle tells whether a kind of loss compares with the style images.
func NeedsStyle(kind string) bool {
	return kind == "gram" || kind == "covariance" || kind == "correlation"
}
