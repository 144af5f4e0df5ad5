package config

import (
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// Optimizer configures the optimiser, which changes the pixels.
type Optimizer struct {
	Kind    string
	Options OptimizerOptions // *LBFGS, *Adam, …, according to Kind
}

// OptimizerOptions are the options of one kind of optimiser.
type OptimizerOptions interface {
	options
	// Build makes a new optimiser, which holds the state of one run.
	Build() nst.Optimizer
	// Rate returns the default learning rate for pixels with that value of white. It
	// returns 0 if no rate suits all losses; then the file must set one.
	Rate(white float64) float64
	// Vectors returns the number of picture-sized vectors that the optimiser holds
	// after so many steps.
	Vectors(steps int) int
	// Searches reports whether the optimiser compares values of the objective along a
	// line.
	Searches() bool
}

var optimizerKinds = kinds[OptimizerOptions]{
	{"lbfgs", func() OptimizerOptions { return &LBFGS{} }},
	{"adam", func() OptimizerOptions { return &Adam{} }},
	{"sgd", func() OptimizerOptions { return &SGD{} }},
	{"rmsprop", func() OptimizerOptions { return &RMSProp{} }},
}

var optimizerChoice = choice{
	title: "optimizer", key: "kind",
	names:  func() []string { return optimizerKinds.names() },
	chosen: func(c *Config, _ int) *string { return &c.Optimizer.Kind },
	choose: func(c *Config, _ int, kind string) { c.Optimizer.Options = optimizerKinds.options(kind) },
	table: func(c *Config, _ int) field.Table {
		return func(visit func(field.Field)) { c.Optimizer.Options.fields(c, visit) }
	},
	kind: kindIn("kind", "lbfgs"),
}

// LBFGS are the options of nst.LBFGS.
type LBFGS struct {
	History        int
	LineSearch     nst.LineSearch
	MaxEvaluations int // with StrongWolfe only
	Blind          bool
}

func (o *LBFGS) fields(_ *Config, visit func(field.Field)) {
	visit(field.Whole("history", &o.History, 20, field.From(1, 1000)).
		Says("How many past steps L-BFGS learns the curvature from. Each takes two vectors as long as the picture."))
	visit(field.Choice("line_search", &o.LineSearch, nst.StrongWolfe, nst.StrongWolfe, nst.FixedStep).
		Says("How far a step goes: as far as the strong Wolfe conditions allow, for a tenth to a fifth more evaluations, or the rate as it is (fixed). A fixed step may multiply the loss in the first steps."))
	visit(field.Flag("blind", &o.Blind, false).
		Says("Learn from the steps as L-BFGS made them, even where project has changed the picture since. PyTorch does this."))
	visit(field.Given(field.Whole("max_evaluations", &o.MaxEvaluations, 25, field.From(1, 1000)).
		Says(`Evaluations that one line search may take, with line_search = "strong-wolfe".`),
		&o.MaxEvaluations, o.Searches(), `line_search = "strong-wolfe"`)) // a fixed step makes no search
}

func (o *LBFGS) Build() nst.Optimizer {
	return &nst.LBFGS{History: o.History, LineSearch: o.LineSearch, MaxEvaluations: o.MaxEvaluations, Blind: o.Blind}
}

func (o *LBFGS) Rate(float64) float64  { return 1 } // L-BFGS finds the step length itself
func (o *LBFGS) Vectors(steps int) int { return 2 * (min(o.History, steps) + 1) }
func (o *LBFGS) Searches() bool        { return o.LineSearch == nst.StrongWolfe }

// Adam are the options of nst.Adam.
type Adam struct {
	Beta1, Beta2, Epsilon float64
	EpsilonHat            bool
}

func (o *Adam) fields(_ *Config, visit func(field.Field)) {
	visit(field.Number("beta1", &o.Beta1, 0.9, field.Inside(0, 1)).
		Says("Decay of the mean of gradients."))
	visit(field.Number("beta2", &o.Beta2, 0.999, field.Inside(0, 1)).
		Says("Decay of the mean of squared gradients."))
	visit(field.Number("epsilon", &o.Epsilon, 1e-8, field.Above(0)).
		Says("What is added to the root of the mean square, against division by zero."))
	visit(field.Flag("epsilon_hat", &o.EpsilonHat, false).
		Says("Add epsilon before the correction of the bias, as TensorFlow does."))
}

func (o *Adam) Build() nst.Optimizer {
	return &nst.Adam{Beta1: o.Beta1, Beta2: o.Beta2, Epsilon: o.Epsilon, EpsilonHat: o.EpsilonHat}
}

func (o *Adam) Rate(white float64) float64 { return white / 50 } // its steps are about as long as the rate
func (o *Adam) Vectors(int) int            { return 2 }
func (o *Adam) Searches() bool             { return false }

// SGD are the options of nst.SGD.
type SGD struct {
	Momentum, Dampening float64
	Nesterov            bool
}

func (o *SGD) fields(_ *Config, visit func(field.Field)) {
	visit(field.Number("momentum", &o.Momentum, 0, field.Below(0, 1)).
		Says("The share of the last step that the next one keeps."))
	visit(field.Number("dampening", &o.Dampening, 0, field.From(0, 1)).
		Says("The share of the gradient that does not enter the momentum, as in PyTorch."))
	visit(field.Flag("nesterov", &o.Nesterov, false).
		Says("Look ahead along the momentum (Nesterov)."))
}

func (o *SGD) check(report func(key, found, want string)) {
	if o.Nesterov && (o.Momentum == 0 || o.Dampening != 0) {
		report("nesterov", "true with momentum "+tree.FormatFloat(o.Momentum)+" and dampening "+tree.FormatFloat(o.Dampening),
			"a momentum above 0 and no dampening")
	}
}

func (o *SGD) Build() nst.Optimizer {
	return &nst.SGD{Momentum: o.Momentum, Dampening: o.Dampening, Nesterov: o.Nesterov}
}

func (o *SGD) Rate(float64) float64 { return 0 } // its steps scale with the losses' weights
func (o *SGD) Vectors(int) int      { return 1 }
func (o *SGD) Searches() bool       { return false }

// RMSProp are the options of nst.RMSProp.
type RMSProp struct {
	Alpha, Epsilon, Momentum float64
	Centered                 bool
}

func (o *RMSProp) fields(_ *Config, visit func(field.Field)) {
	visit(field.Number("alpha", &o.Alpha, 0.99, field.Inside(0, 1)).
		Says("Decay of the mean of squared gradients."))
	visit(field.Number("epsilon", &o.Epsilon, 1e-8, field.Above(0)).
		Says("What is added to the root of the mean square, against division by zero."))
	visit(field.Number("momentum", &o.Momentum, 0, field.Below(0, 1)).
		Says("The share of the last step that the next one keeps."))
	visit(field.Flag("centered", &o.Centered, false).
		Says("Subtract the square of the mean gradient from the mean of squares."))
}

func (o *RMSProp) Build() nst.Optimizer {
	return &nst.RMSProp{Alpha: o.Alpha, Epsilon: o.Epsilon, Momentum: o.Momentum, Centered: o.Centered}
}

func (o *RMSProp) Rate(white float64) float64 { return white / 100 } // its steps are about as long as the rate
func (o *RMSProp) Vectors(int) int            { return 3 }
func (o *RMSProp) Searches() bool             { return false }
