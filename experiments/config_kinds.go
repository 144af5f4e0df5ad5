package experiments

import (
	"slices"
	"strings"

	"github.com/gonst/workbench/nst"
)

// kind is one of the choices that a table makes: an optimiser, a schedule, a
// loss. Its fields are its own; a field of another kind is an error.
type kind struct {
	name   string
	fields func(c *Config, i int) []field // i is the loss's index; others ignore it
}

type kinds []kind

func (k kinds) names() []string {
	out := make([]string, len(k))
	for i := range k {
		out[i] = k[i].name
	}
	return out
}

func (k kinds) find(name string) *kind {
	for i := range k {
		if k[i].name == name {
			return &k[i]
		}
	}
	return nil
}

// with lists the kinds that have a field.
func (k kinds) with(name string) []string {
	var out []string
	var scratch Config
	scratch.Losses = make([]Loss, 1)
	for i := range k {
		if slices.ContainsFunc(k[i].fields(&scratch, 0), func(f field) bool { return f.name == name }) {
			out = append(out, k[i].name)
		}
	}
	return out
}

var optimizerKinds = kinds{
	{"lbfgs", func(c *Config, _ int) []field {
		o := &c.Optimizer
		fs := []field{
			wholeField("history", &o.History, 20, from(1, 1000)),
			choiceField("line_search", &o.LineSearch, string(nst.FixedStep),
				[]string{string(nst.FixedStep), string(nst.StrongWolfe)}),
			flagField("blind", &o.Blind, false),
		}
		if o.LineSearch == string(nst.StrongWolfe) { // a fixed step searches nothing
			fs = append(fs, wholeField("max_evaluations", &o.MaxEvaluations, 25, from(1, 1000)))
		}
		return fs
	}},
	{"adam", func(c *Config, _ int) []field {
		o := &c.Optimizer
		return []field{
			numberField("beta1", &o.Beta1, 0.9, inside(0, 1)),
			numberField("beta2", &o.Beta2, 0.999, inside(0, 1)),
			numberField("epsilon", &o.Epsilon, 1e-8, above(0)),
			flagField("epsilon_hat", &o.EpsilonHat, false),
		}
	}},
	{"sgd", func(c *Config, _ int) []field {
		o := &c.Optimizer
		return []field{
			numberField("momentum", &o.Momentum, 0, below(0, 1)),
			numberField("dampening", &o.Dampening, 0, from(0, 1)),
			flagField("nesterov", &o.Nesterov, false),
		}
	}},
	{"rmsprop", func(c *Config, _ int) []field {
		o := &c.Optimizer
		return []field{
			numberField("alpha", &o.Alpha, 0.99, inside(0, 1)),
			numberField("epsilon", &o.Epsilon, 1e-8, above(0)),
			numberField("momentum", &o.Momentum, 0, below(0, 1)),
			flagField("centered", &o.Centered, false),
		}
	}},
}

// naturalRate is the rate where the file gives none: for Adam and RMSProp, whose
// steps are about as long as the rate, a part of the pixels' range; L-BFGS finds
// its own length. SGD has none: its steps scale with the losses' weights.
func naturalRate(c *Config) float64 {
	switch c.Optimizer.Kind {
	case "lbfgs":
		return 1
	case "adam":
		return c.Run.PixelRange / 50
	case "rmsprop":
		return c.Run.PixelRange / 100
	}
	return 0
}

// rateFields are those of every schedule with one first rate.
func rateFields(c *Config, more ...field) []field {
	s := &c.Schedule
	return append([]field{
		numberField("rate", &s.Rate, naturalRate(c), above(0)),
		wholeField("warmup", &s.Warmup, 0, atLeast(0)),
	}, more...)
}

var scheduleKinds = kinds{
	{"constant", func(c *Config, _ int) []field { return rateFields(c) }},
	{"exponential", func(c *Config, _ int) []field {
		s := &c.Schedule
		return rateFields(c,
			numberField("decay", &s.Decay, 0.96, bounds{min: 0, max: 1, openMin: true}),
			wholeField("every", &s.Every, 100, atLeast(1)),
			flagField("staircase", &s.Staircase, false))
	}},
	{"step", func(c *Config, _ int) []field {
		s := &c.Schedule
		return rateFields(c,
			numberField("factor", &s.Factor, 0.1, bounds{min: 0, max: 1, openMin: true}),
			wholeField("every", &s.Every, 100, atLeast(1)))
	}},
	{"piecewise", func(c *Config, _ int) []field {
		s := &c.Schedule
		return []field{
			wholesField("boundaries", &s.Boundaries, atLeast(1)),
			numbersField("rates", &s.Rates, atLeast(0)),
			wholeField("warmup", &s.Warmup, 0, atLeast(0)),
		}
	}},
	{"cosine", func(c *Config, _ int) []field {
		s := &c.Schedule
		return rateFields(c,
			numberField("final", &s.Final, 0, atLeast(0)),
			wholeField("steps", &s.Steps, max(1, c.Run.Steps-s.Warmup), atLeast(1)))
	}},
}

var startNames = []string{"content", "style", "noise", "file", "blend"}

func noiseFields(c *Config) []field {
	s := &c.Start
	return []field{
		seedField("seed", &s.Seed, c.Seed),
		numberField("scale", &s.Scale, 0.25, bounds{min: 0, max: 1, openMin: true}),
		colourField("mean", &s.Mean, 0.5),
	}
}

var startKinds = kinds{
	{"content", func(*Config, int) []field { return nil }},
	{"style", func(*Config, int) []field { return nil }},
	{"noise", func(c *Config, _ int) []field { return noiseFields(c) }},
	{"file", func(c *Config, _ int) []field { return []field{pathField("path", &c.Start.Path)} }},
	{"blend", func(c *Config, _ int) []field {
		s := &c.Start
		parts := []string{"content", "style", "noise"}
		return append([]field{
			choiceField("a", &s.A, "content", parts),
			choiceField("b", &s.B, "noise", parts),
			numberField("ratio", &s.Ratio, 0.5, from(0, 1)),
		}, noiseFields(c)...)
	}},
}

// The selectors of the tables above, for merging.
var (
	optimizerSelector = selector{"kind", optimizerKinds, nil, kindIn("kind", optimizerKinds[0].name)}
	scheduleSelector  = selector{"kind", scheduleKinds, []string{"rate", "warmup"}, kindIn("kind", scheduleKinds[0].name)}
	startSelector     = selector{"from", startKinds, nil, kindIn("from", startNames[0])}
)

// elsewhere explains a field that another kind has, or is empty.
func elsewhere(all kinds, key, chosen, title string) string {
	if others := all.with(key); len(others) > 0 {
		return "an option of " + title + " " + strings.Join(others, ", ") + ", not of " + chosen
	}
	return ""
}
