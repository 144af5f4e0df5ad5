package config

import (
	"cmp"
	"math"
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

// Content are the options of nst.Content.
type Content struct{ Reduce nst.Reduction }

func (o *Content) fields(_ *Config, visit func(field.Field)) {
	visit(field.Choice("reduce", &o.Reduce, nst.Relative, nst.Relative, nst.Mean, nst.Sum, nst.Half, nst.Root).
		Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
}

func (o *Content) Compares() string { return "content" }

func (o *Content) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Content{Target: p.Content, Mask: p.Mask, Layers: layers, Reduce: o.Reduce}
}

func (o *Content) Unit(d Dimensions) float64 {
	switch o.Reduce {
	case nst.Half:
		return 1
	case nst.Sum:
		return 2
	case nst.Mean:
		return 2 / (d.N * d.M)
	case nst.Root:
		return 1 / math.Sqrt(d.N*d.M)
	}
	return math.NaN()
}

func (o *Content) DefaultWeight(network string) float64 {
	switch {
	case o.Reduce != nst.Relative:
		return 1
	case network == "pyramid":
		return 0.4
	case network == "oriented":
		return 1
	}
	return 5
}

func (o *Content) Gatys() LossOptions {
	if o.Reduce != nst.Relative {
		return nil
	}
	return &Content{Reduce: nst.Half}
}

// Gram are the options of nst.Gram.
type Gram struct {
	Reduce    nst.Reduction
	Normalize nst.Normalization
	Shift     float64
	Chain     bool
	Regions   string // "each" or "sums"
	guidance
}

func (o *Gram) guided() (float64, bool, bool) { return o.Strength, true, o.Regions == "sums" }

func (o *Gram) fields(_ *Config, visit func(field.Field)) {
	visit(field.Choice("reduce", &o.Reduce, nst.Relative, nst.Relative, nst.Mean, nst.Sum, nst.Gatys, nst.Keras).
		Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
	if o.Reduce == nst.Gatys || o.Reduce == nst.Keras { // these are defined on the raw matrix
		visit(field.Choice("normalize", &o.Normalize, nst.Raw, nst.Raw).
			Says("What a Gram matrix is divided by: the number of positions (m), that times the number of maps (nm), or nothing (raw)."))
	} else {
		visit(field.Choice("normalize", &o.Normalize, nst.ByPositions, nst.ByPositions, nst.ByEverything, nst.Raw).
			Says("What a Gram matrix is divided by: the number of positions (m), that times the number of maps (nm), or nothing (raw)."))
	}
	visit(field.Number("shift", &o.Shift, 0, field.From(-1e6, 1e6)).
		Says("What is added to the features before. titu1994's program has -1."))
	visit(field.Flag("chain", &o.Chain, false).
		Says("Give each layer the difference of its loss and that of the next layer, as titu1994's program. The weight of the last layer does not count."))
	visit(field.Choice("regions", &o.Regions, "each", "each", "sums").
		Says("How regions guide the loss: each has a Gram matrix of its own, or one matrix for all has the sums of the maps over each region besides (guided sums, Gatys et al. 2017), which takes less time and ties only means to the regions."))
	visit(field.Given(o.guidance.field(), &o.Strength, o.Regions == "sums", `regions = "sums"`))
}

func (o *Gram) Compares() string { return "style" }

func (o *Gram) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Gram{Targets: p.Style, Mask: p.Mask, Layers: layers, Normalize: o.Normalize, Reduce: o.Reduce, Shift: o.Shift, Chain: o.Chain}
}

func (o *Gram) Unit(d Dimensions) float64 {
	if o.Shift != 0 || o.Chain {
		return math.NaN()
	}
	switch o.Reduce {
	case nst.Gatys:
		return 1
	case nst.Keras:
		return d.N * d.N * d.M * d.M / (9 * d.S * d.S)
	case nst.Sum, nst.Mean:
		unit := 4 * d.N * d.N * d.M * d.M // of the sum over raw matrices
		switch o.Normalize {
		case nst.ByPositions:
			unit /= d.M * d.M
		case nst.ByEverything:
			unit /= d.N * d.M * d.N * d.M
		}
		if o.Reduce == nst.Mean {
			unit /= d.N * d.N
		}
		return unit
	}
	return math.NaN()
}

func (o *Gram) DefaultWeight(string) float64 { return styleWeight(o.Reduce) }

// styleWeight is the default weight of a loss on a statistic of style.
func styleWeight(r nst.Reduction) float64 {
	if r == nst.Relative {
		return 100
	}
	return 1
}

func (o *Gram) Gatys() LossOptions {
	if o.Reduce != nst.Relative || o.Shift != 0 || o.Chain {
		return nil
	}
	return &Gram{Reduce: nst.Gatys, Normalize: nst.Raw}
}

// statistic are the options of losses on covariances and correlations. These are
// normalised by definition.
type statistic struct{ Reduce nst.Reduction }

func (o *statistic) fields(_ *Config, visit func(field.Field)) {
	visit(field.Choice("reduce", &o.Reduce, nst.Relative, nst.Relative, nst.Mean, nst.Sum).
		Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
}

func (o *statistic) Compares() string             { return "style" }
func (o *statistic) Unit(Dimensions) float64      { return math.NaN() }
func (o *statistic) DefaultWeight(string) float64 { return styleWeight(o.Reduce) }
func (o *statistic) Gatys() LossOptions           { return nil }

// Covariance are the options of nst.Covariance.
type Covariance struct {
	statistic
	Means bool
}

func (o *Covariance) fields(c *Config, visit func(field.Field)) {
	o.statistic.fields(c, visit)
	visit(field.Flag("means", &o.Means, false).
		Says("Compare the means of the maps, too."))
}

func (o *Covariance) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Covariance{Targets: p.Style, Mask: p.Mask, Layers: layers, Reduce: o.Reduce, Means: o.Means}
}

// Correlation are the options of nst.Correlation.
type Correlation struct{ statistic }

func (o *Correlation) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Correlation{Targets: p.Style, Mask: p.Mask, Layers: layers, Reduce: o.Reduce}
}

// MeanVariance are the options of nst.MeanVariance.
type MeanVariance struct{ statistic }

func (o *MeanVariance) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.MeanVariance{Targets: p.Style, Mask: p.Mask, Layers: layers, Reduce: o.Reduce}
}

// Wasserstein are the options of nst.Wasserstein.
type Wasserstein struct {
	statistic
	Epsilon    float64
	Iterations int
}

func (o *Wasserstein) fields(c *Config, visit func(field.Field)) {
	o.statistic.fields(c, visit)
	visit(field.Number("epsilon", &o.Epsilon, 1e-4, field.Above(0)).
		Says("What is added to each variance, in units of the features."))
	visit(field.Whole("iterations", &o.Iterations, 12, field.From(1, 40)).
		Says("The steps of the matrix square root. Variances below 2.25^-iterations of the whole do not converge, and count less."))
}

func (o *Wasserstein) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Wasserstein{Targets: p.Style, Mask: p.Mask, Layers: layers, Reduce: o.Reduce, Epsilon: o.Epsilon, Iterations: o.Iterations}
}

// Sliced are the options of nst.Sliced.
type Sliced struct {
	statistic
	Directions int
	Seed       uint64
}

func (o *Sliced) fields(c *Config, visit func(field.Field)) {
	o.statistic.fields(c, visit)
	visit(field.Whole("directions", &o.Directions, 0, field.From(0, 4096)).
		Says("The number of random directions; 0: as many as a layer has maps."))
	visit(field.Seed("seed", &o.Seed, c.Seed).
		Says("Draws the directions. The default is the seed of the run."))
}

func (o *Sliced) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Sliced{Targets: p.Style, Mask: p.Mask, Layers: layers, Reduce: o.Reduce, Directions: o.Directions, Seed: o.Seed}
}

// Histogram are the options of nst.Histogram.
type Histogram struct{ statistic }

func (o *Histogram) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Histogram{Targets: p.Style, Mask: p.Mask, Layers: layers, Reduce: o.Reduce}
}

// Activation are the options of nst.Activation.
type Activation struct{ Map int }

func (o *Activation) fields(_ *Config, visit func(field.Field)) {
	visit(field.Whole("map", &o.Map, 0, field.From(0, 4096)).
		Says("The only map that counts, from 1. 0 means all."))
}

func (o *Activation) Compares() string { return "" }

func (o *Activation) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Activation{Mask: p.Mask, Layers: layers, Map: o.Map}
}

func (o *Activation) Unit(Dimensions) float64      { return math.NaN() }
func (o *Activation) Gatys() LossOptions           { return nil }
func (o *Activation) DefaultWeight(string) float64 { return 1 }

// Variation are the options of nst.Variation.
type Variation struct {
	Difference nst.VariationKind // how differences of neighbours are measured
	Reduce     nst.Reduction
	Range      float64 // the value of white
}

func (o *Variation) fields(_ *Config, visit func(field.Field)) {
	visit(field.Choice("difference", &o.Difference, nst.Squared, nst.Squared, nst.Absolute, nst.Power, nst.Cropped, nst.NinePoint).
		Says("How differences of neighbouring pixels count."))
	if o.Difference == nst.NinePoint { // a mean by definition
		visit(field.Choice("reduce", &o.Reduce, nst.Mean, nst.Mean).
			Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
	} else if o.Difference == nst.Power || o.Difference == nst.Cropped { // these are sums by definition
		visit(field.Choice("reduce", &o.Reduce, nst.Sum, nst.Sum).
			Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
	} else {
		visit(field.Choice("reduce", &o.Reduce, nst.Mean, nst.Mean, nst.Sum).
			Says("How the squared differences become one number. relative divides them by the squares of the target: 1 = as far as a zero response."))
	}
	visit(field.Number("range", &o.Range, 1, field.Above(0)).
		Says("The value of white: 255 gives the numbers of systems whose pixels go from 0 to 255."))
}

func (o *Variation) Compares() string { return "" }

func (o *Variation) Build(*Pictures, nst.LayerWeights) nst.Loss {
	return nst.Variation{Kind: o.Difference, Reduce: o.Reduce, Range: o.Range}
}

func (o *Variation) Unit(Dimensions) float64 { return math.NaN() }
func (o *Variation) Gatys() LossOptions      { return nil }

func (o *Variation) DefaultWeight(network string) float64 {
	switch {
	case o.Difference != nst.Squared || o.Reduce != nst.Mean || o.Range != 1:
		return 1
	case IsPyramid(network):
		return 2
	}
	return 20
}
