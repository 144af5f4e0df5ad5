package experiments

import (
	"slices"

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

var lossSelector = selector{"kind", lossKinds, lossShared, func(name string, t *table) string {
	return kindIn("kind", defaultLossKind(name))(name, t)
}}

func commonLoss(l *Loss, weight float64) []field {
	if l.Share > 0 {
		weight = 0 // chosen later, by Settle
	}
	chosen := numberField("weight", &l.Weight, weight, atLeast(0))
	given := chosen.get
	chosen.get = func() any {
		if l.Share > 0 {
			return nil
		}
		return given()
	}
	share := numberField("share", &l.Share, 0, inside(0, 1))
	if l.Weight != 0 {
		share.remark = " # weight = " + writeFloat(l.Weight)
	}
	share.get = func() any {
		if l.Share == 0 {
			return nil
		}
		return l.Share
	}
	return []field{
		chosen,
		share,
		flagField("maximize", &l.Maximize, false),
		flagField("gradient_only", &l.Silent, false),
	}
}

// statisticLoss are the losses on covariances and correlations, which are
// normalised by what they are.
func statisticLoss(c *Config, i int) []field {
	l := &c.Losses[i]
	return append(commonLoss(l, 1),
		layersField("layers", &l.Layers, defaultLayers(c.Network.Name, "style")),
		choiceField("reduce", &l.Reduce, string(nst.Relative), reductions(nst.Relative, nst.Mean, nst.Sum)))
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

var lossKinds = kinds{
	{"content", func(c *Config, i int) []field {
		l := &c.Losses[i]
		return append(commonLoss(l, 1),
			layersField("layers", &l.Layers, defaultLayers(c.Network.Name, "content")),
			choiceField("reduce", &l.Reduce, string(nst.Relative),
				reductions(nst.Relative, nst.Mean, nst.Sum, nst.Half, nst.Root)))
	}},
	{"gram", func(c *Config, i int) []field {
		l := &c.Losses[i]
		normalize, choices := nst.ByPositions, []string{string(nst.ByPositions), string(nst.ByEverything), string(nst.Raw)}
		if rawGram(l.Reduce) {
			normalize, choices = nst.Raw, []string{string(nst.Raw)}
		}
		return append(commonLoss(l, 1),
			layersField("layers", &l.Layers, defaultLayers(c.Network.Name, "style")),
			choiceField("reduce", &l.Reduce, string(nst.Relative),
				reductions(nst.Relative, nst.Mean, nst.Sum, nst.Gatys, nst.Keras)),
			choiceField("normalize", &l.Normalize, string(normalize), choices))
	}},
	{"covariance", statisticLoss},
	{"correlation", statisticLoss},
	{"variation", func(c *Config, i int) []field {
		l := &c.Losses[i]
		reduce, choices := nst.Mean, reductions(nst.Mean, nst.Sum)
		if l.Difference == string(nst.Power) || l.Difference == string(nst.Cropped) {
			reduce, choices = nst.Sum, reductions(nst.Sum)
		}
		return append(commonLoss(l, 1),
			choiceField("difference", &l.Difference, string(nst.Squared),
				[]string{string(nst.Squared), string(nst.Absolute), string(nst.Power), string(nst.Cropped)}),
			choiceField("reduce", &l.Reduce, string(reduce), choices),
			numberField("range", &l.Range, 1, above(0)))
	}},
}

// needsStyle tells whether a kind of loss compares with the style images.
func needsStyle(kind string) bool {
	return kind == "gram" || kind == "covariance" || kind == "correlation"
}
