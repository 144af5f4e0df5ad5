// Package field describes the keys of a table: their types, ranges and defaults. A
// table is described once, by the fields that it visits. Reading, writing, the identity
// of a run and the errors all use this description.
package field

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/tree"
)

// Field is one key of a table.
type Field struct {
	Name    string
	Want    string                    // what is accepted, for an error
	Reset   func()                    // set the default
	Set     func(n *tree.Node) *Error // set the file's value
	Get     func() any                // for writing; nil omits the key
	Default any                       // what Get returns for the default
	Aside   bool                      // not part of a run's identity
	Always  bool                      // part of the identity also at its default, because the default depends on something outside the identity
	Needs   string                    // the setting that the key requires; without this setting the key is rejected; empty if the setting is made
	Remark  string                    // for writing: a comment after the value
	About   string                    // what the key does, for the reference
	Schema  Schema                    // what is accepted, for editors
}

// Schema is a JSON Schema of a value.
type Schema map[string]any

// Says gives the field its description.
func (f Field) Says(about string) Field { f.About = about; return f }

// Accepts gives the field the schema of its values.
func (f Field) Accepts(s Schema) Field { f.Schema = s; return f }

// A Table visits the fields of a table. A field may depend on the values of the fields
// before it.
type Table func(visit func(Field))

// Names returns the names of a table's fields.
func (t Table) Names() []string {
	var names []string
	t(func(f Field) { names = append(names, f.Name) })
	return names
}

// Error is a value that is not accepted. If Found or Want is empty, the text comes from
// the value itself or from the field.
type Error struct {
	At    *tree.Node
	Found string
	Want  string
}

// PathText is a string that is the path of a file.
type PathText string

// NotIdentity marks a field that changes no pixel.
func (f Field) NotIdentity() Field { f.Aside = true; return f }

// Given makes a field depend on another setting. Without this setting the field has the
// zero value, which is not written.
func Given[T any](f Field, p *T, made bool, setting string) Field {
	if !made {
		var zero T
		f.Needs = setting
		f.Reset = func() { *p = zero }
		f.Get, f.Default = func() any { return nil }, nil
	}
	return f
}

// IsDefault reports whether the value is the one that the field has if a file does not
// set it.
func (f Field) IsDefault() bool { return reflect.DeepEqual(f.Get(), f.Default) }

// Of makes a field of any type. read takes a value from a file; get is for writing.
func Of[T any](name, want string, p *T, def T, read func(n *tree.Node) (T, *Error), get func(v T) any) Field {
	return Field{Name: name, Want: want, Default: get(def),
		Reset: func() { *p = def },
		Set: func(n *tree.Node) *Error {
			v, err := read(n)
			if err == nil {
				*p = v
			}
			return err
		},
		Get: func() any { return get(*p) }}
}

func same[T any](v T) any { return v }

// Text is a text. An empty text is not written.
func Text(name string, p *string, def string) Field {
	return Of(name, "text in quotes", p, def, func(n *tree.Node) (string, *Error) {
		s, ok := n.Value.(string)
		if !ok {
			return "", &Error{At: n}
		}
		return s, nil
	}, func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}).Accepts(Schema{"type": "string"})
}

// Choice is one of several texts.
func Choice[S ~string](name string, p *S, def S, choices ...S) Field {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = string(c)
	}
	return Of(name, tree.OneOf("", names), p, def, func(n *tree.Node) (S, *Error) {
		s, ok := n.Value.(string)
		if !ok {
			return "", &Error{At: n}
		}
		if !slices.Contains(names, s) {
			return "", &Error{At: n, Want: tree.OneOf(s, names)}
		}
		return S(s), nil
	}, func(s S) any { return string(s) }).Accepts(Schema{"enum": names})
}

// Flag is true or false.
func Flag(name string, p *bool, def bool) Field {
	return Of(name, "true or false", p, def, func(n *tree.Node) (bool, *Error) {
		b, ok := n.Value.(bool)
		if !ok {
			return false, &Error{At: n}
		}
		return b, nil
	}, same).Accepts(Schema{"type": "boolean"})
}

// Number is a number within bounds.
func Number(name string, p *float64, def float64, b Bounds) Field {
	return Of(name, strings.TrimSpace("a number "+b.String()), p, def, func(n *tree.Node) (float64, *Error) {
		v, ok := tree.Float(n)
		if !ok || !b.Has(v) {
			return 0, &Error{At: n}
		}
		return v, nil
	}, same).Accepts(b.schema("number"))
}

// MaxWhole is the limit for every int in a file, so that sums of a few of them cannot
// overflow.
const MaxWhole = 1 << 40

// Whole is a whole number within bounds, and at most MaxWhole.
func Whole(name string, p *int, def int, b Bounds) Field {
	show := b
	if b.Max > MaxWhole {
		b.Max, show.Max = MaxWhole, math.Inf(1)
	}
	return Of(name, strings.TrimSpace("a whole number "+show.String()), p, def, func(n *tree.Node) (int, *Error) {
		v, ok := tree.Whole(n)
		if !ok || !b.Has(float64(v)) {
			return 0, &Error{At: n}
		}
		return int(v), nil
	}, func(v int) any { return int64(v) }).Accepts(show.schema("integer"))
}

// Seed is a whole number that seeds random numbers.
func Seed(name string, p *uint64, def uint64) Field {
	return Of(name, "a whole number of at least 0", p, def, func(n *tree.Node) (uint64, *Error) {
		v, ok := tree.Whole(n)
		if !ok || v < 0 {
			return 0, &Error{At: n}
		}
		return uint64(v), nil
	}, func(v uint64) any { return int64(v) }).Accepts(AtLeast(0).schema("integer"))
}
