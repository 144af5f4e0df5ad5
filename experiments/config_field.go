package experiments

import (
	"math"
	"slices"
	"strings"
)

// A table of the configuration is described once, as a list of fields. Reading,
// writing, the identity of a run and the errors all come from that list.

// field is one key of a table.
type field struct {
	name  string
	want  string                    // what would do, for an error
	reset func()                    // take the default
	set   func(n *node) *fieldError // take the file's value
	get   func() any                // for writing: nil leaves the key out
	aside bool                      // no part of a run's identity

	remark string // for writing: a comment behind the value
}

// fieldError is a value that will not do.
type fieldError struct {
	at    *node
	found string
	want  string
}

// pathText is a string that is the path of a file.
type pathText string

// pathTable is a table whose keys are paths.
type pathTable []WeightedImage

func (f field) notIdentity() field { f.aside = true; return f }

// bounds is a range of numbers, for the check and for the text about it.
type bounds struct {
	min, max         float64
	openMin, openMax bool // the end itself is outside
}

func atLeast(v float64) bounds  { return bounds{min: v, max: math.Inf(1)} }
func above(v float64) bounds    { return bounds{min: v, max: math.Inf(1), openMin: true} }
func from(a, b float64) bounds  { return bounds{min: a, max: b} }
func below(a, b float64) bounds { return bounds{min: a, max: b, openMax: true} }
func inside(a, b float64) bounds {
	return bounds{min: a, max: b, openMin: true, openMax: true}
}

func (b bounds) has(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) &&
		(v > b.min || v == b.min && !b.openMin) && (v < b.max || v == b.max && !b.openMax)
}

func (b bounds) String() string {
	var parts []string
	if !math.IsInf(b.min, 0) {
		word := "of at least"
		if b.openMin {
			word = "above"
		}
		parts = append(parts, word+" "+formatFloat(b.min))
	}
	if !math.IsInf(b.max, 0) {
		word := "at most"
		if b.openMax {
			word = "below"
		}
		parts = append(parts, word+" "+formatFloat(b.max))
	}
	return strings.Join(parts, " and ")
}

func textField(name string, p *string, def string) field {
	return field{name: name, want: "text in quotes",
		reset: func() { *p = def },
		set: func(n *node) *fieldError {
			s, ok := n.value.(string)
			if !ok {
				return &fieldError{at: n}
			}
			*p = s
			return nil
		},
		get: func() any {
			if *p == "" {
				return nil
			}
			return *p
		}}
}

func choiceField(name string, p *string, def string, choices []string) field {
	return field{name: name, want: oneOf("", choices),
		reset: func() { *p = def },
		set: func(n *node) *fieldError {
			s, ok := n.value.(string)
			if !ok {
				return &fieldError{at: n}
			}
			if !slices.Contains(choices, s) {
				return &fieldError{at: n, want: oneOf(s, choices)}
			}
			*p = s
			return nil
		},
		get: func() any { return *p }}
}

func flagField(name string, p *bool, def bool) field {
	return field{name: name, want: "true or false",
		reset: func() { *p = def },
		set: func(n *node) *fieldError {
			b, ok := n.value.(bool)
			if !ok {
				return &fieldError{at: n}
			}
			*p = b
			return nil
		},
		get: func() any { return *p }}
}

// asFloat takes whole numbers too: 1 is a fine weight.
func asFloat(n *node) (float64, bool) {
	switch v := n.value.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	}
	return 0, false
}

func numberField(name string, p *float64, def float64, b bounds) field {
	return field{name: name, want: strings.TrimSpace("a number " + b.String()),
		reset: func() { *p = def },
		set: func(n *node) *fieldError {
			v, ok := asFloat(n)
			if !ok || !b.has(v) {
				return &fieldError{at: n}
			}
			*p = v
			return nil
		},
		get: func() any { return *p }}
}

// maxWhole bounds what a file may ask of an int, so that sums of a few of them
// cannot overflow.
const maxWhole = 1 << 40

func wholeField(name string, p *int, def int, b bounds) field {
	b.max = min(b.max, maxWhole)
	show := b
	if show.max == maxWhole {
		show.max = math.Inf(1)
	}
	return field{name: name, want: strings.TrimSpace("a whole number " + show.String()),
		reset: func() { *p = def },
		set: func(n *node) *fieldError {
			v, ok := n.value.(int64)
			if !ok || !b.has(float64(v)) {
				return &fieldError{at: n}
			}
			*p = int(v)
			return nil
		},
		get: func() any { return int64(*p) }}
}

func seedField(name string, p *uint64, def uint64) field {
	return field{name: name, want: "a whole number of at least 0",
		reset: func() { *p = def },
		set: func(n *node) *fieldError {
			v, ok := n.value.(int64)
			if !ok || v < 0 {
				return &fieldError{at: n}
			}
			*p = uint64(v)
			return nil
		},
		get: func() any { return int64(*p) }}
}
