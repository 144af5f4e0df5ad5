package config

import (
	"math"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

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

// styleWeight is the default weight of a loss on a statistic of style.
func styleWeight(r nst.Reduction) float64 {
	if r == nst.Relative {
		return 100
	}
	return 1
}

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

func (o *Sliced) wholeMaps() bool { return true }

func (o *Sliced) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Sliced{Targets: p.Style, Mask: p.Mask, Layers: layers, Reduce: o.Reduce, Directions: o.Directions, Seed: o.Seed}
}

// Histogram are the options of nst.Histogram.
type Histogram struct{ statistic }

func (o *Histogram) wholeMaps() bool { return true }

func (o *Histogram) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	return nst.Histogram{Targets: p.Style, Mask: p.Mask, Layers: layers, Reduce: o.Reduce}
}
