package config

import (
	"cmp"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// Loss is one named term of the objective: [loss.NAME].
type Loss struct {
	Name     string
	Kind     string
	Weight   float64
	Share    float64 // of the gradient at the start, instead of a weight; 0 means none
	Maximize bool
	Silent   bool // in the gradient only, not in the total
	Scaled   nst.GradientNorm
	Layers   []LayerWeight   // in the order of the file; empty if the kind compares with no image
	Mask     MaskFile        // where in the result it counts
	Style    []WeightedImage // pictures of its own; empty: Images.Style
	Options  LossOptions     // *Content, *Gram, …, according to Kind
}

// LossOptions are the options of one kind of loss.
type LossOptions interface {
	options
	// Compares returns the image that the layers are compared with: "content", "style",
	// or an empty text for none.
	Compares() string
	// Build makes the loss for these images.
	Build(p *Pictures, layers nst.LayerWeights) nst.Loss
	// Unit returns the value of a weight of 1 on a layer in the units of Gatys et al.
	// 2015. It returns NaN if the loss is not a multiple of theirs, or if the factor
	// depends on the pictures.
	Unit(d Dimensions) float64
	// DefaultWeight returns the weight of a loss that writes none. For losses that are
	// relative to their target it was chosen by eye, so that a picture has the strokes
	// of its style and a readable scene. Values of other reductions depend on the
	// network and on the picture, so their default is 1.
	DefaultWeight(network string) float64
	// Gatys returns the loss in their reduction, of which a loss relative to its target
	// is a multiple. It returns nil if there is none.
	Gatys() LossOptions
}

// Dimensions are the sizes of a layer: N maps of M positions, for an image of S pixels.
type Dimensions struct{ N, M, S float64 }

var lossKinds = kinds[LossOptions]{
	{"content", func() LossOptions { return &Content{} }},
	{"gram", func() LossOptions { return &Gram{} }},
	{"covariance", func() LossOptions { return &Covariance{} }},
	{"correlation", func() LossOptions { return &Correlation{} }},
	{"mean-variance", func() LossOptions { return &MeanVariance{} }},
	{"wasserstein", func() LossOptions { return &Wasserstein{} }},
	{"cross-scale", func() LossOptions { return &CrossScale{} }},
	{"shifted-gram", func() LossOptions { return &ShiftedGram{} }},
	{"sliced", func() LossOptions { return &Sliced{} }},
	{"histogram", func() LossOptions { return &Histogram{} }},
	{"nearest-patches", func() LossOptions { return &NearestPatches{} }},
	{"nearest-features", func() LossOptions { return &NearestFeatures{} }},
	{"palette", func() LossOptions { return &Palette{} }},
	{"activation", func() LossOptions { return &Activation{} }},
	{"variation", func() LossOptions { return &Variation{} }},
}

// LossKinds returns the names of the kinds of losses.
func LossKinds() []string { return lossKinds.names() }

// lossByName lists the table names that imply a kind, besides the names of the kinds.
var lossByName = map[string]string{"style": "gram", "tv": "variation"}

// defaultLossKind returns the kind of a loss that writes none. It returns an empty text
// if the name implies no kind.
func defaultLossKind(name string) string {
	if k, ok := lossByName[name]; ok {
		return k
	}
	if slices.Contains(lossKinds.names(), name) {
		return name
	}
	return ""
}

var lossChoice = choice{
	title: "loss", key: "kind",
	names:  func() []string { return lossKinds.names() },
	chosen: func(c *Config, i int) *string { return &c.Losses[i].Kind },
	choose: func(c *Config, i int, kind string) { c.Losses[i].Options = lossKinds.options(kind) },
	table: func(c *Config, i int) field.Table {
		return func(visit func(field.Field)) {
			l := &c.Losses[i]
			l.Options.fields(c, visit)
			l.fields(c.Network.Name, visit)
			to := l.Options.Compares()
			if readsLayers(l.Options) {
				layers := defaultLayers(c.Network.Name, cmp.Or(to, "content"))
				switch l.Options.(type) {
				case *CrossScale:
					layers = equalShares(layers[:len(layers)-1]) // the last has no next scale
				case *NearestPatches:
					layers = equalShares(layers[2 : len(layers)-1]) // as the paper has them
				case *NearestFeatures:
					layers = equalShares(layers[2:]) // finer ones take too long
				}
				visit(layersField("layers", &l.Layers, layers).
					Says("The layers that are compared: in equal shares, or by weight. The default depends on the network."))
			}
			if takesMasks(l.Options) {
				maskFields(&l.Mask, "", "Where in the result the loss counts, and how strongly.", visit)
				visit(ruleField(&l.Mask))
			}
			if to == "style" {
				visit(imagesField("style", &l.Style).
					Says("The pictures that this loss compares with, as images.style, which is the default. Losses on fine and on coarse layers can have different pictures."))
			}
		}
	},
	shared: []string{"weight", "share", "maximize", "gradient_only", "normalize_gradient", "layers", "mask", "label", "rule", "style"},
	kind: func(name string, t *tree.Table) string {
		return kindIn("kind", defaultLossKind(name))(name, t)
	},
}

// fields visits the keys that mean the same for every kind. The options of the kind must
// be known: the default weight depends on them.
func (l *Loss) fields(network string, visit func(field.Field)) {
	share := field.Number("share", &l.Share, 0, field.Inside(0, 1)).
		Says("Choose the weight so that the loss has this share of the gradient at the start.")
	if l.Weight != 0 {
		share.Remark = " # weight = " + WriteFloat(l.Weight)
	}
	share.Get = func() any {
		if l.Share == 0 {
			return nil
		}
		return l.Share
	}
	visit(share)
	def := l.Options.DefaultWeight(network)
	if l.Share > 0 {
		def = 0 // computed later, from the share
	}
	weight := field.Number("weight", &l.Weight, def, field.AtLeast(0)).
		Says("The factor of the loss in the total. The default depends on the kind, on reduce and on the network; it is 1 unless reduce is relative.")
	given := weight.Get
	weight.Get = func() any {
		if l.Share > 0 {
			return nil
		}
		return given()
	}
	visit(weight)
	visit(field.Flag("maximize", &l.Maximize, false).
		Says("Ascend in place of descending: the loss counts negative in the total."))
	visit(field.Flag("gradient_only", &l.Silent, false).
		Says("Leave the loss out of the total, but not out of the gradient, as jcjohnson's variation is."))
	norms := []nst.GradientNorm{nst.Unscaled, nst.ByTerm}
	if readsLayers(l.Options) && l.Options.Compares() != "" {
		norms = append(norms, nst.ByLayer)
	}
	visit(field.Choice("normalize_gradient", &l.Scaled, nst.Unscaled, norms...).
		Says("Scale the gradient so that the sum of its absolute values is the weight: that of the loss with respect to the pixels (term; takes a pass of its own), or with respect to the maps of each layer (layer; jcjohnson's -normalize_gradients). Not with a line search."))
}
