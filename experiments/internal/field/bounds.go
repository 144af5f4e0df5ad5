package field

import (
	"math"
	"strings"

	"github.com/gonst/workbench/experiments/tree"
)

// Bounds is a range of numbers. It checks a value and describes the range.
type Bounds struct {
	Min, Max         float64
	OpenMin, OpenMax bool // the end itself is excluded
}

// AtLeast is the range of numbers >= v.
func AtLeast(v float64) Bounds { return Bounds{Min: v, Max: math.Inf(1)} }

// Above is the range of numbers > v.
func Above(v float64) Bounds { return Bounds{Min: v, Max: math.Inf(1), OpenMin: true} }

// From is the range [a,b].
func From(a, b float64) Bounds { return Bounds{Min: a, Max: b} }

// Below is the range [a,b).
func Below(a, b float64) Bounds { return Bounds{Min: a, Max: b, OpenMax: true} }

// UpTo is the range (a,b].
func UpTo(a, b float64) Bounds { return Bounds{Min: a, Max: b, OpenMin: true} }

// Inside is the range (a,b).
func Inside(a, b float64) Bounds { return Bounds{Min: a, Max: b, OpenMin: true, OpenMax: true} }

// Has reports whether a finite number is within the range.
func (b Bounds) Has(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) &&
		(v > b.Min || v == b.Min && !b.OpenMin) && (v < b.Max || v == b.Max && !b.OpenMax)
}

// String describes the range, as in "a number above 0 and at most 1".
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
		if b.OpenMax {
			word = "below"
		}
		parts = append(parts, word+" "+tree.FormatFloat(b.Max))
	}
	return strings.Join(parts, " and ")
}

// schema returns the range as a JSON Schema of numbers.
func (b Bounds) schema(of string) Schema {
	s := Schema{"type": of}
	if !math.IsInf(b.Min, 0) {
		if b.OpenMin {
			s["exclusiveMinimum"] = b.Min
		} else {
			s["minimum"] = b.Min
		}
	}
	if !math.IsInf(b.Max, 0) {
		if b.OpenMax {
			s["exclusiveMaximum"] = b.Max
		} else {
			s["maximum"] = b.Max
		}
	}
	return s
}
