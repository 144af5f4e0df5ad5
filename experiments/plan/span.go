package plan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
)

// A random sweep draws the values of an axis from a list or from a range.

// span is a range: {min = 1, max = 1000, distribution = "log"}.
type span struct {
	distribution    string
	min, max        float64
	mean, deviation float64
	at              *tree.Node
}

var distributions = []string{"uniform", "log", "int", "normal"}

// isSpan distinguishes a range from a table of named values.
func isSpan(t *tree.Table) bool {
	for _, k := range []string{"min", "max", "distribution", "mean", "deviation"} {
		if n := t.Get(k); n != nil && n.Table() == nil {
			if _, list := n.Value.([]*tree.Node); !list {
				return true
			}
		}
	}
	return false
}

// rangeWords are keys of ranges in other programs.
var rangeWords = []string{"from", "to", "start", "stop", "end", "low", "high", "lo", "hi", "lower", "upper", "minimum", "maximum", "least", "most",
	"begin", "first", "last", "mu", "sigma", "std", "stddev", "loc", "scale", "step", "steps", "num", "count", "n", "points", "values",
	"dist", "type", "kind", "log", "base"}

// countWords say of a range how many values it has, or how far apart they are. With them and
// both ends, a table is a range even where any names are allowed.
var countWords = []string{"step", "steps", "num", "count", "n", "points", "values"}

// looksLikeSpan reports whether a table was probably meant as a range: all its keys are
// words for the ends of a range, or nearly keys of one, or it names a distribution.
func (s *sweep) looksLikeSpan(t *tree.Table) bool {
	words, numbers, texts := 0, 0, 0
	for _, k := range t.Keys {
		word := strings.ToLower(k)
		near := len(word) > 4 && tree.Nearest(word, []string{"distribution", "deviation", "minimum", "maximum"}) != ""
		if near || slices.Contains(rangeWords, word) || slices.Contains([]string{"min", "max", "mean"}, word) {
			words++
		}
		if _, ok := tree.Float(t.Nodes[k]); ok {
			numbers++
		}
		if text, ok := t.Nodes[k].Value.(string); ok && (slices.Contains(distributions, text) || slices.Contains([]string{"loguniform", "gaussian", "gauss", "linear", "uniform_log"}, text)) {
			texts++
		}
	}
	switch {
	case numbers+texts < len(t.Keys) || numbers == 0:
		return false
	case texts > 0:
		return true
	case s.method == "random" || s.searches():
		return words == len(t.Keys)
	}
	ends := slices.DeleteFunc(slices.Clone(t.Keys), func(k string) bool { return slices.Contains(countWords, strings.ToLower(k)) })
	if len(ends) == 2 && len(t.Keys) > 2 && words == len(t.Keys) {
		return true
	}
	two := func(a, b string) bool { return len(t.Keys) == 2 && t.Get(a) != nil && t.Get(b) != nil }
	return two("from", "to") || two("minimum", "maximum") || two("start", "stop") || two("start", "end") || two("begin", "end")
}

func readSpan(key string, n *tree.Node, p *tree.Problems) *span {
	before := p.Count
	s := &span{at: n}
	finite := field.Bounds{Min: math.Inf(-1), Max: math.Inf(1)}
	normal := false
	if v := n.Table().Get("distribution"); v != nil {
		normal = v.Value == "normal"
	}
	field.Read(key, n, nil, func(visit func(field.Field)) {
		visit(field.Choice("distribution", &s.distribution, "uniform", distributions...))
		if normal {
			visit(field.Number("mean", &s.mean, 0, finite))
			visit(field.Number("deviation", &s.deviation, 1, field.Above(0)))
		} else {
			visit(field.Number("min", &s.min, 0, finite))
			visit(field.Number("max", &s.max, 0, finite))
		}
	}, p)
	if p.Count > before {
		return nil
	}
	wrong := func(found, want string) *span {
		p.Add(n.At, key, found, want)
		return nil
	}
	between := fmt.Sprintf("min %s and max %s", tree.FormatFloat(s.min), tree.FormatFloat(s.max))
	switch {
	case normal:
	case n.Table().Get("min") == nil || n.Table().Get("max") == nil:
		return wrong("a range without both ends", "min and max")
	case !(s.min < s.max) || math.IsInf(s.max-s.min, 0):
		return wrong(between, "a min below the max")
	case s.distribution == "log" && s.min <= 0:
		return wrong(between, "a min above 0 for the distribution log")
	case s.distribution == "int" && (s.min != math.Trunc(s.min) || s.max != math.Trunc(s.max) || math.Abs(s.min) > field.MaxWhole || math.Abs(s.max) > field.MaxWhole):
		return wrong(between, "whole numbers for the distribution int")
	}
	return s
}

// draw returns one value. Values that are not whole numbers are rounded to four digits.
// That keeps names and tables readable and is precise enough for a search.
func (s *span) draw(r *rand.Rand) any {
	var v float64
	switch s.distribution {
	case "int":
		return int64(s.min) + r.Int64N(int64(s.max)-int64(s.min)+1)
	case "log":
		v = math.Exp(math.Log(s.min) + r.Float64()*(math.Log(s.max)-math.Log(s.min)))
	case "normal":
		v = s.mean + s.deviation*r.NormFloat64()
	default:
		v = s.min + r.Float64()*(s.max-s.min)
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if s.distribution != "normal" {
		v = min(max(v, s.min), s.max)
	}
	return v
}
