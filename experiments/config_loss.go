package experiments

import "slices"

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
var lossShared = []string{"weight", "maximize", "layers"}

var lossSelector = selector{"kind", lossShared, func(name string, t *table) string {
	return kindIn("kind", defaultLossKind(name))(name, t)
}}

func commonLoss(l *Loss, weight float64) []field {
	return []field{
		numberField("weight", &l.Weight, weight, atLeast(0)),
		flagField("maximize", &l.Maximize, false),
	}
}

func styleLoss(reduces []string) func(*Config, int) []field {
	return func(c *Config, i int) []field {
		l := &c.Losses[i]
		return append(commonLoss(l, 1),
			layersField("layers", &l.Layers, defaultLayers(c.Network.Name, "style")),
			choiceField("normalize", &l.Normalize, "m", []string{"none", "m", "nm"}),
			choiceField("reduce", &l.Reduce, "relative", reduces))
	}
}

var lossKinds = kinds{
	{"content", func(c *Config, i int) []field {
		l := &c.Losses[i]
		return append(commonLoss(l, 1),
			layersField("layers", &l.Layers, defaultLayers(c.Network.Name, "content")),
			choiceField("reduce", &l.Reduce, "relative", []string{"sum", "half", "mean", "relative", "sqrt"}))
	}},
	{"gram", styleLoss([]string{"sum", "mean", "gatys", "keras", "relative"})},
	{"covariance", styleLoss([]string{"sum", "mean", "gatys", "keras", "relative"})},
	{"correlation", styleLoss([]string{"sum", "mean", "gatys", "keras", "relative"})},
	{"variation", func(c *Config, i int) []field {
		l := &c.Losses[i]
		return append(commonLoss(l, 1),
			choiceField("difference", &l.Difference, "squared", []string{"squared", "absolute", "power"}),
			choiceField("reduce", &l.Reduce, "mean", []string{"sum", "mean"}))
	}},
}

// needsStyle tells whether a kind of loss compares with the style images.
func needsStyle(kind string) bool {
	return kind == "gram" || kind == "covariance" || kind == "correlation"
}
