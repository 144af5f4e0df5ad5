// Package field describes the keys of a table: their types, ranges and defaults. A
// table is described once, as a list of fields; reading, writing, the identity of a run
// and the errors all come from that list.
package field

import (
	"math"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/tree"
)

// A table of the configuration is described once, as a list of fields. Reading,
// writing, the identity of a run and the errors all come from that list.

// Field is one key of a table.
type Field struct {
	Name  string
	Want  string                    // what would do, for an error
	Reset func()                    // take the default
	Set   func(n *tree.Node) *Error // take the file's value
	Get   func() any                // for writing: nil leaves the key out
	Aside bool                      // no part of a run's identity

	Remark string // for writing: a comment behind the value
}

// Error is a value that will not do.
type Error struct {
	At    *tree.Node
	Found string
	Want  string
}

// PathText is a string that is the path of a file.
type PathText string

func (f Field) NotIdentity() Field { f.Aside = true; return f }

// Bounds is a range of numbers, for the check and for the text about it.
type Bounds struct {
	Min, Max         float64
	OpenMin, openMax bool // the end itself is outside
}

func AtLeast(v float64) Bounds { return Bounds{Min: v, Max: math.Inf(1)} }

func Above(v float64) Bounds { return Bounds{Min: v, Max: math.Inf(1), OpenMin: true} }

func From(a, b float64) Bounds { return Bounds{Min: a, Max: b} }

func Below(a, b float64) Bounds { return Bounds{Min: a, Max: b, openMax: true} }

func Inside(a, b float64) Bounds {
	return Bounds{Min: a, Max: b, OpenMin: true, openMax: true}
}

func (b Bounds) Has(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) &&
		(v > b.Min || v == b.Min && !b.OpenMin) && (v < b.Max || v == b.Max && !b.openMax)
}

func (b Bounds) String() string {
	var parts []string
	if !math.IsInf(b.Min, 0) {
		word := "of at least"
		if b.OpenMin {
			word = "above"
		}
		parts = append(parts, word+" "+tree.FormatFloat(b.Min))
	}
	if !math.IsInf(b.Max, 0) {
		word := "at most"
		if b.openMax {
			word = "below"
		}
		parts = append(parts, word+" "+tree.FormatFloat(b.Max))
	}
	return strings.Join(parts, " and ")
}

func Text(name string, p *string, def string) Field {
	return Field{Name: name, Want: "text in quotes",
		Reset: func() { *p = def },
		Set: func(n *tree.Node) *Error {
			s, ok := n.Value.(string)
			if !ok {
				return &Error{At: n}
			}
			*p = s
			return nil
		},
		Get: func() any {
			if *p == "" {
				return nil
			}
			return *p
		}}
}

func Choice(name string, p *string, def string, choices []string) Field {
	return Field{Name: name, Want: tree.OneOf("", choices),
		Reset: func() { *p = def },
		Set: func(n *tree.Node) *Error {
			s, ok := n.Value.(string)
			if !ok {
				return &Error{At: n}
			}
			if !slices.Contains(choices, s) {
				return &Error{At: n, Want: tree.OneOf(s, choices)}
			}
			*p = s
			return nil
		},
		Get: func() any { return *p }}
}

func Flag(name string, p *bool, def bool) Field {
	return Field{Name: name, Want: "true or false",
		Reset: func() { *p = def },
		Set: func(n *tree.Node) *Error {
			b, ok := n.Value.(bool)
			if !ok {
				return &Error{At: n}
			}
			*p = b
			return nil
		},
		Get: func() any { return *p }}
}

func Number(name string, p *float64, def float64, b Bounds) Field {
	return Field{Name: name, Want: strings.TrimSpace("a number " + b.String()),
		Reset: func() { *p = def },
		Set: func(n *tree.Node) *Error {
			v, ok := tree.Float(n)
			if !ok || !b.Has(v) {
				return &Error{At: n}
			}
			*p = v
			return nil
		},
		Get: func() any { return *p }}
}

// MaxWhole bounds what a file may ask of an int, so that sums of a few of them
// cannot overflow.
const MaxWhole = 1 << 40

func Whole(name string, p *int, def int, b Bounds) Field {
	b.Max = min(b.Max, MaxWhole)
	show := b
	if show.Max == MaxWhole {
		show.Max = math.Inf(1)
	}
	return Field{Name: name, Want: strings.TrimSpace("a whole number " + show.String()),
		Reset: func() { *p = def },
		Set: func(n *tree.Node) *Error {
			v, ok := n.Value.(int64)
			if !ok || !b.Has(float64(v)) {
				return &Error{At: n}
			}
			*p = int(v)
			return nil
		},
		Get: func() any { return int64(*p) }}
}

func Seed(name string, p *uint64, def uint64) Field {
	return Field{Name: name, Want: "a whole number of at least 0",
		Reset: func() { *p = def },
		Set: func(n *tree.Node) *Error {
			v, ok := n.Value.(int64)
			if !ok || v < 0 {
				return &Error{At: n}
			}
			*p = uint64(v)
			return nil
		},
		Get: func() any { return int64(*p) }}
}
