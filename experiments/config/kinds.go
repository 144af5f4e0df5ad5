package config

import (
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
)

// A table such as [optimizer] chooses one of several kinds. Everything about a kind is
// in one place: its options are a struct that visits its keys, builds the value of
// package nst, and tells the other packages what they need.

// options are the options of one kind.
type options interface {
	// fields visits the keys that only this kind has. A key of another kind is an
	// error.
	fields(c *Config, visit func(field.Field))
}

// kind is a name and a function that makes options to read into.
type kind[O options] struct {
	name string
	make func() O
}

type kinds[O options] []kind[O]

func (k kinds[O]) names() []string {
	out := make([]string, len(k))
	for i := range k {
		out[i] = k[i].name
	}
	return out
}

// options returns new options of the kind with that name, or the zero value if there is
// none.
func (k kinds[O]) options(name string) (o O) {
	if i := slices.IndexFunc(k, func(k kind[O]) bool { return k.name == name }); i >= 0 {
		return k[i].make()
	}
	return o
}

// choice is a key that chooses a kind, with what reading, merging and writing use. The
// index is the index of the loss; other tables ignore it.
type choice struct {
	title  string // of the table, for errors: "optimizer"
	key    string // "kind"
	names  func() []string
	chosen func(c *Config, i int) *string
	choose func(c *Config, i int, kind string)     // make new options of the kind
	table  func(c *Config, i int) field.Table      // the keys of the chosen kind, without the choice
	shared []string                                // keys that keep their value when an override chooses another kind that also has them
	kind   func(name string, t *tree.Table) string // the kind of a table, even if the table does not write it
}

// fieldsOf returns the names of the keys of a kind.
func (ch *choice) fieldsOf(kind string) []string {
	scratch := &Config{Losses: make([]Loss, 1)}
	for _, other := range []*choice{&networkChoice, &optimizerChoice, &scheduleChoice, &startChoice, &lossChoice} {
		name := other.names()[0]
		if other == ch {
			name = kind
		}
		*other.chosen(scratch, 0) = name
		other.choose(scratch, 0, name)
	}
	return ch.table(scratch, 0).Names()
}

// with lists the kinds that have a key.
func (ch *choice) with(key string) []string {
	var out []string
	for _, kind := range ch.names() {
		if slices.Contains(ch.fieldsOf(kind), key) {
			out = append(out, kind)
		}
	}
	return out
}

// elsewhere explains a key that only other kinds have. It returns an empty text if no
// kind has the key.
func (ch *choice) elsewhere(key, chosen string) string {
	if others := ch.with(key); len(others) > 0 {
		return "an option of " + ch.title + " " + strings.Join(others, ", ") + ", not of " + chosen
	}
	return ""
}

// kindIn returns the kind that a table chooses: the written one, or the default.
func kindIn(key, def string) func(string, *tree.Table) string {
	return func(_ string, t *tree.Table) string {
		if n := t.Get(key); n != nil {
			s, _ := n.Value.(string)
			return s
		}
		return def
	}
}
