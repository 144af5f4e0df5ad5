package config

import (
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Table is one table of a configuration, for the reference of the keys.
type Table struct {
	Name   string // "optimizer"; empty for the keys outside of tables; "loss.NAME" for every loss, "region.NAME" for every region
	Choice string // the key that chooses the kind; empty if there are no kinds
	Kinds  []Kind // one without a name if there are no kinds; the first is the default
}

// Kind holds the keys of a table for one kind.
type Kind struct {
	Name   string
	Fields []field.Field
}

// Tables returns the tables of a configuration, except [sweep], with the keys of every
// kind and the defaults that apply if nothing else is set.
func Tables() []Table {
	plain := func(name string, fields func(*Config, func(field.Field))) Table {
		return Table{Name: name, Kinds: []Kind{{Fields: visited(table(scratch(), fields))}}}
	}
	chosen := func(name string, ch *choice) Table {
		t := Table{Name: name, Choice: ch.key}
		for _, kind := range ch.names() {
			c := scratch()
			*ch.chosen(c, 0) = kind
			ch.choose(c, 0, kind)
			t.Kinds = append(t.Kinds, Kind{kind, visited(ch.table(c, 0))})
		}
		return t
	}
	return []Table{
		plain("", topFields),
		plain("images", imageFields),
		plain("colour", func(c *Config, visit func(field.Field)) {
			c.Colour.Keep = nst.LuminanceOnly // the other keys need it
			colourFields(c, visit)
		}),
		chosen("network", &networkChoice),
		chosen("loss.NAME", &lossChoice),
		plain("region.NAME", func(_ *Config, visit func(field.Field)) {
			r := &Region{StyleMask: MaskFile{Path: "x"}} // the other keys need it
			r.fields(visit)
		}),
		chosen("start", &startChoice),
		chosen("optimizer", &optimizerChoice),
		chosen("schedule", &scheduleChoice),
		plain("run", runFields),
		plain("stages", stageFields),
		plain("log", logFields),
		plain("yardstick", yardstickFields),
	}
}

// Kinds of values that a key accepts.
const (
	Unknown = iota // no such key
	Text           // a text
	Texts          // a text, a list of texts, or a table
	Other
)

// Takes returns what the key at a path accepts, for any of the kinds that have it.
func Takes(path []string) int {
	table, key := "", path[len(path)-1]
	switch {
	case len(path) == 3 && (path[0] == "loss" || path[0] == "region"):
		table = path[0] + ".NAME"
	case len(path) == 2:
		table = path[0]
	case len(path) != 1:
		return Unknown
	}
	for _, t := range Tables() {
		if t.Name != table {
			continue
		}
		if key == t.Choice {
			return Text
		}
		for _, kind := range t.Kinds {
			for _, f := range kind.Fields {
				if f.Name == key {
					return takes(f.Schema)
				}
			}
		}
	}
	return Unknown
}

func takes(s field.Schema) int {
	if s["type"] == "string" || s["enum"] != nil {
		return Text
	}
	if any, ok := s["anyOf"].([]field.Schema); ok && any[0]["type"] == "string" {
		return Texts
	}
	return Other
}

// scratch is a configuration with all defaults.
func scratch() *Config {
	c := &Config{Losses: make([]Loss, 1)}
	for _, ch := range []*choice{&networkChoice, &lossChoice, &startChoice, &optimizerChoice, &scheduleChoice} {
		*ch.chosen(c, 0) = ch.names()[0]
		ch.choose(c, 0, ch.names()[0])
	}
	for _, fields := range []func(*Config, func(field.Field)){topFields, runFields} { // other defaults depend on these
		fields(c, func(f field.Field) { f.Reset() })
	}
	return c
}

// visited lists the fields of a table, each at its default.
func visited(t field.Table) []field.Field {
	var all []field.Field
	t(func(f field.Field) { f.Reset(); all = append(all, f) })
	return all
}

// DefaultText returns the default of a field as a configuration writes it, or an empty
// text if there is none.
func DefaultText(f field.Field) string {
	if f.Default == nil || f.Default == "" {
		return ""
	}
	return writeValue(f.Default, "")
}
