package experiments

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
)

// A random sweep draws the value of an axis from a list or from a range.

// span is a range: {min = 1, max = 1000, distribution = "log"}.
type span struct {
	distribution    string
	min, max        float64
	mean, deviation float64
	at              *node
}

var distributions = []string{"uniform", "log", "int", "normal"}

// isSpan tells a range from a table of named values.
func isSpan(t *table) bool {
	for _, k := range []string{"min", "max", "distribution", "mean", "deviation"} {
		if n := t.get(k); n != nil && n.table() == nil {
			if _, list := n.value.([]*node); !list {
				return true
			}
		}
	}
	return false
}

func readSpan(key string, n *node, p *problems) *span {
	before := p.count
	s := &span{at: n}
	d := &decoder{problems: p}
	finite := bounds{min: math.Inf(-1), max: math.Inf(1)}
	normal := false
	if v := n.table().get("distribution"); v != nil {
		normal = v.value == "normal"
	}
	d.fields(key, n, nil, func() []field {
		fs := []field{choiceField("distribution", &s.distribution, "uniform", distributions)}
		if normal {
			return append(fs, numberField("mean", &s.mean, 0, finite), numberField("deviation", &s.deviation, 1, above(0)))
		}
		return append(fs, numberField("min", &s.min, 0, finite), numberField("max", &s.max, 0, finite))
	})
	if p.count > before {
		return nil
	}
	wrong := func(found, want string) *span {
		p.add(n.at, key, found, want)
		return nil
	}
	between := fmt.Sprintf("min %s and max %s", formatFloat(s.min), formatFloat(s.max))
	switch {
	case normal:
	case n.table().get("min") == nil || n.table().get("max") == nil:
		return wrong("a range without both ends", "min and max")
	case !(s.min < s.max) || math.IsInf(s.max-s.min, 0):
		return wrong(between, "a min below the max")
	case s.distribution == "log" && s.min <= 0:
		return wrong(between, "a min above 0 for the distribution log")
	case s.distribution == "int" && (s.min != math.Trunc(s.min) || s.max != math.Trunc(s.max) || math.Abs(s.min) > maxWhole || math.Abs(s.max) > maxWhole):
		return wrong(between, "whole numbers for the distribution int")
	}
	return s
}

// draw gives one value. Other than whole numbers are rounded to four digits,
// which makes names and tables readable and loses nothing a search could use.
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
