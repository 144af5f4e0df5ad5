package config

import (
	"github.com/gonst/workbench/experiments/internal/field"
)

// startOptions visits the keys of one kind of start. All of them are in Start, because
// a blend is made of two other starts.
type startOptions func(c *Config, visit func(field.Field))

func (o startOptions) fields(c *Config, visit func(field.Field)) { o(c, visit) }

var startKinds = kinds[startOptions]{
	{"content", func() startOptions { return func(*Config, func(field.Field)) {} }},
	{"style", func() startOptions { return func(*Config, func(field.Field)) {} }},
	{"noise", func() startOptions { return noiseFields }},
	{"file", func() startOptions {
		return func(c *Config, visit func(field.Field)) {
			visit(field.Path("path", &c.Start.Path).
				Says("The picture to start from."))
		}
	}},
	{"blend", func() startOptions { return blendFields }},
}

var startChoice = choice{
	title: "start", key: "from",
	names:  func() []string { return startKinds.names() },
	chosen: func(c *Config, _ int) *string { return &c.Start.From },
	choose: func(*Config, int, string) {},
	table: func(c *Config, _ int) field.Table {
		return func(visit func(field.Field)) { startKinds.options(c.Start.From).fields(c, visit) }
	},
	kind: kindIn("from", "content"),
}

func noiseFields(c *Config, visit func(field.Field)) {
	s := &c.Start
	visit(field.Seed("seed", &s.Seed, c.Seed).
		Says("Where the noise begins. Without it, the seed of the file."))
	visit(field.Number("scale", &s.Scale, 0.25, field.UpTo(0, 1)).
		Says("The standard deviation of the noise, where white is 1."))
	visit(field.Colour("mean", &s.Mean, 0.5).
		Says("The colour around which the noise lies."))
}

func blendFields(c *Config, visit func(field.Field)) {
	s := &c.Start
	parts := []string{"content", "style", "noise"}
	visit(field.Choice("a", &s.A, "content", parts...).
		Says("The first picture of the blend."))
	visit(field.Choice("b", &s.B, "noise", parts...).
		Says("The second picture of the blend."))
	visit(field.Number("ratio", &s.Ratio, 0.5, field.From(0, 1)).
		Says("The share of b."))
	noiseFields(c, visit)
}
