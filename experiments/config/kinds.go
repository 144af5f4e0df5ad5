package config

import (
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// kind is one of the choices that a table makes: an optimiser, a schedule, a
// loss. Its fields are its own; a field of another kind is an error.
type kind struct {
	name   string
	fields func(c *Config, i int) []field.Field // i is the loss's index; others ignore it
}

type kinds []kind

func (k kinds) Names() []string {
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
		if slices.ContainsFunc(k[i].fields(&scratch, 0), func(f field.Field) bool { return f.Name == name }) {
			out = append(out, k[i].name)
		}
	}
	return out
}

var optimizerKinds = kinds{
	{"lbfgs", func(c *Config, _ int) []field.Field {
		o := &c.Optimizer
		fs := []field.Field{
			field.Whole("history", &o.History, 20, field.From(1, 1000)),
			field.Choice("line_search", &o.LineSearch, string(nst.FixedStep),
				[]string{string(nst.FixedStep), string(nst.StrongWolfe)}),
			field.Flag("blind", &o.Blind, false),
		}
		if o.LineSearch == string(nst.StrongWolfe) { // a fixed step searches nothing
			fs = append(fs, field.Whole("max_evaluations", &o.MaxEvaluations, 25, field.From(1, 1000)))
		}
		return fs
	}},
	{"adam", func(c *Config, _ int) []field.Field {
		o := &c.Optimizer
		return []field.Field{
			field.Number("beta1", &o.Beta1, 0.9, field.Inside(0, 1)),
			field.Number("beta2", &o.Beta2, 0.999, field.Inside(0, 1)),
			field.Number("epsilon", &o.Epsilon, 1e-8, field.Above(0)),
			field.Flag("epsilon_hat", &o.EpsilonHat, false),
		}
	}},
	{"sgd", func(c *Config, _ int) []field.Field {
		o := &c.Optimizer
		return []field.Field{
			field.Number("momentum", &o.Momentum, 0, field.Below(0, 1)),
			field.Number("dampening", &o.Dampening, 0, field.From(0, 1)),
			field.Flag("nesterov", &o.Nesterov, false),
		}
	}},
	{"rmsprop", func(c *Config, _ int) []field.Field {
		o := &c.Optimizer
		return []field.Field{
			field.Number("alpha", &o.Alpha, 0.99, field.Inside(0, 1)),
			field.Number("epsilon", &o.Epsilon, 1e-8, field.Above(0)),
			field.Number("momentum", &o.Momentum, 0, field.Below(0, 1)),
			field.Flag("centered", &o.Centered, false),
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
func rateFields(c *Config, more ...field.Field) []field.Field {
	s := &c.Schedule
	return append([]field.Field{
		field.Number("rate", &s.Rate, naturalRate(c), field.Above(0)),
		field.Whole("warmup", &s.Warmup, 0, field.AtLeast(0)),
	}, more...)
}

var scheduleKinds = kinds{
	{"constant", func(c *Config, _ int) []field.Field { return rateFields(c) }},
	{"exponential", func(c *Config, _ int) []field.Field {
		s := &c.Schedule
		return rateFields(c,
			field.Number("decay", &s.Decay, 0.96, field.Bounds{Min: 0, Max: 1, OpenMin: true}),
			field.Whole("every", &s.Every, 100, field.AtLeast(1)),
			field.Flag("staircase", &s.Staircase, false))
	}},
	{"step", func(c *Config, _ int) []field.Field {
		s := &c.Schedule
		return rateFields(c,
			field.Number("factor", &s.Factor, 0.1, field.Bounds{Min: 0, Max: 1, OpenMin: true}),
			field.Whole("every", &s.Every, 100, field.AtLeast(1)))
	}},
	{"piecewise", func(c *Config, _ int) []field.Field {
		s := &c.Schedule
		return []field.Field{
			field.Wholes("boundaries", &s.Boundaries, field.AtLeast(1)),
			field.Numbers("rates", &s.Rates, field.AtLeast(0)),
			field.Whole("warmup", &s.Warmup, 0, field.AtLeast(0)),
		}
	}},
	{"cosine", func(c *Config, _ int) []field.Field {
		s := &c.Schedule
		return rateFields(c,
			field.Number("final", &s.Final, 0, field.AtLeast(0)),
			field.Whole("steps", &s.Steps, max(1, c.Run.Steps-s.Warmup), field.AtLeast(1)))
	}},
}

var startNames = []string{"content", "style", "noise", "file", "blend"}

func noiseFields(c *Config) []field.Field {
	s := &c.Start
	return []field.Field{
		field.Seed("seed", &s.Seed, c.Seed),
		field.Number("scale", &s.Scale, 0.25, field.Bounds{Min: 0, Max: 1, OpenMin: true}),
		field.Colour("mean", &s.Mean, 0.5),
	}
}

var startKinds = kinds{
	{"content", func(*Config, int) []field.Field { return nil }},
	{"style", func(*Config, int) []field.Field { return nil }},
	{"noise", func(c *Config, _ int) []field.Field { return noiseFields(c) }},
	{"file", func(c *Config, _ int) []field.Field { return []field.Field{field.Path("path", &c.Start.Path)} }},
	{"blend", func(c *Config, _ int) []field.Field {
		s := &c.Start
		parts := []string{"content", "style", "noise"}
		return append([]field.Field{
			field.Choice("a", &s.A, "content", parts),
			field.Choice("b", &s.B, "noise", parts),
			field.Number("ratio", &s.Ratio, 0.5, field.From(0, 1)),
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
