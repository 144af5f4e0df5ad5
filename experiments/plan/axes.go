package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/tree"
)

// sweepAxis is one key that varies, with its values or its range.
type sweepAxis struct {
	key    string
	path   []string
	at     tree.Pos
	values []axisValue
	span   *span // method "random" and the search methods
}

// axisValue is one value of an axis with its label.
type axisValue struct {
	label string
	node  *tree.Node
}

func (s *sweep) readAxes(n *tree.Node, p *tree.Problems) {
	if n == nil {
		p.Add(s.at, "sweep.axes", "no axes, so no runs", `[sweep.axes] with lines such as "loss.style.weight" = [10, 100]`)
		return
	}
	if n.Table() == nil {
		p.Add(n.At, "sweep.axes", tree.Describe(n), `a table of keys and their values`)
		return
	}
	s.axesIn(n.Table(), nil, p)
	if len(s.axes) == 0 && p.Count == 0 {
		p.Add(n.Key, "sweep.axes", "no axes, so no runs", `lines such as "loss.style.weight" = [10, 100]`)
	}
	if s.method == "zip" && p.Count == 0 {
		var lengths []string
		equal := true
		for _, a := range s.axes {
			lengths = append(lengths, fmt.Sprintf("%s has %d", a.key, len(a.values)))
			equal = equal && len(a.values) == len(s.axes[0].values)
		}
		if !equal {
			p.Add(n.Key, "sweep.axes", "axes of unequal length: "+strings.Join(lengths, ", "), "equally many values for every axis of the method zip")
		}
	}
}

// axesIn reads axes written as "loss.style.weight" or, without quotes, as
// loss.style.weight, which TOML reads as nested tables.
func (s *sweep) axesIn(t *tree.Table, prefix []string, p *tree.Problems) {
	for _, key := range t.Keys {
		v := t.Nodes[key]
		if inner := v.Table(); inner != nil && inner.Dotted {
			s.axesIn(inner, append(prefix[:len(prefix):len(prefix)], key), p)
			continue
		}
		path, ok := tree.SplitKey(key)
		if !ok || len(prefix) > 0 {
			path = []string{key}
		}
		s.axis(append(prefix[:len(prefix):len(prefix)], path...), v, p)
	}
}

// notRun are tables of the experiment, not of a run.
var notRun = []string{"sweep", "launch"}

// notSwept are keys of the experiment, not of a run.
var notSwept = append([]string{"name", "title", "description"}, notRun...)

func (s *sweep) axis(path []string, v *tree.Node, p *tree.Problems) {
	key := tree.JoinKey(path)
	if slices.Contains(notSwept, path[0]) {
		p.Add(v.Key, "sweep.axes", "an axis over "+path[0], "a key of the runs, such as loss.style.weight")
		return
	}
	for _, other := range s.axes {
		if other.key == key {
			p.Add(v.Key, "sweep.axes."+key, "an axis twice", "each axis once")
			return
		}
	}
	a := &sweepAxis{key: key, path: path, at: v.Key}
	list, isList := v.Value.([]*tree.Node)
	t := v.Table()
	switch {
	case isList && len(list) > 0:
		for _, e := range list {
			a.values = append(a.values, axisValue{"", moved(e, v.Key)})
		}
		labelValues(a.values)
	case t != nil && isSpan(t):
		if s.method != "random" && !s.searches() {
			p.Add(v.At, "sweep.axes."+key, "a range", `a list of values, or method = "random" or "tpe"`)
			return
		}
		if a.span = readSpan("sweep.axes."+key, v, p); a.span == nil {
			return
		}
		if a.span.distribution == "normal" && s.searches() {
			p.Add(v.At, "sweep.axes."+key, "a normal distribution in a search, which needs the ends of the range", "min and max")
			return
		}
	case t != nil && s.looksLikeSpan(t):
		p.Add(v.At, "sweep.axes."+key, "a range with the keys "+strings.Join(t.Keys, ", "),
			`a range {min = 1, max = 10, distribution = "log"} or {mean = 1, deviation = 2, distribution = "normal"} with method = "random", or values with other names`)
		return
	case t != nil && len(t.Keys) > 0:
		if !checkLabels("sweep.axes."+key, t, p) {
			return
		}
		for _, name := range t.Keys {
			a.values = append(a.values, axisValue{name, t.Nodes[name]})
		}
	case isList || t != nil:
		p.Add(v.At, "sweep.axes."+key, "an axis of no values, so no runs", "one value or more")
		return
	default:
		p.Add(v.At, "sweep.axes."+key, tree.Describe(v), "a list of values, or a table of named values")
		return
	}
	seen := map[string]bool{}
	for _, v := range a.values {
		id := fingerprint(v.node)
		if (s.method == "grid" || s.searches()) && seen[id] {
			p.Add(v.node.At, "sweep.axes."+key, "a value twice: "+v.label, "each value once")
			return
		}
		seen[id] = true
	}
	s.axes = append(s.axes, a)
}

// moved returns a value under the key of its axis, so that errors name this key.
func moved(n *tree.Node, key tree.Pos) *tree.Node {
	return &tree.Node{Key: key, At: n.At, Value: n.Value}
}
