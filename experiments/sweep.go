package experiments

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A [sweep] table makes many runs of one configuration: each run is the
// configuration with some keys overridden.

// defaultLimit is the most runs of a sweep unless its table says otherwise.
const defaultLimit = 10000

// sweep is a [sweep] table, read.
type sweep struct {
	method  string
	axes    []*sweepAxis
	list    []listed // method "list"
	samples int      // method "random"
	seed    uint64
	limit   int
	at      pos
}

// sweepAxis is one key that varies, with its values or its range.
type sweepAxis struct {
	key    string
	path   []string
	at     pos
	values []axisValue
	span   *span // method "random" only
}

// axisValue is one value of an axis and what it is called.
type axisValue struct {
	label string
	node  *node
}

// change is one key overridden in one run.
type change struct {
	path  []string
	value *node
}

// listed is one run of the method "list".
type listed struct {
	label   string
	changes []change
}

var sweepMethods = []string{"grid", "list", "zip", "random"}

// readSweep reads the [sweep] table; nil when there is none.
func readSweep(root *table, p *problems) *sweep {
	n := root.get("sweep")
	if n == nil || n.value == false {
		return nil
	}
	t := n.table()
	if t == nil {
		p.add(n.at, "sweep", describe(n), "a table: [sweep]")
		return nil
	}
	before := p.count
	d := &decoder{problems: p}
	s := &sweep{at: n.key}
	def := "grid"
	if t.get("runs") != nil {
		def = "list"
	}
	d.fields("sweep", n, []string{"axes", "runs"}, func() []field {
		return []field{
			choiceField("method", &s.method, def, sweepMethods),
			wholeField("samples", &s.samples, 0, atLeast(1)),
			seedField("seed", &s.seed, 1),
			wholeField("limit", &s.limit, defaultLimit, from(1, 1e9)),
		}
	})
	only := func(key, method string) {
		if v := t.get(key); v != nil && s.method != method {
			p.add(v.key, "sweep."+key, "an option of the method "+method+", not of "+s.method, "method = \""+method+"\", or no "+key)
		}
	}
	only("samples", "random")
	only("seed", "random")
	only("runs", "list")
	if s.method == "list" {
		if v := t.get("axes"); v != nil {
			p.add(v.key, "sweep.axes", "axes with the method list", `the runs in [sweep.runs], or another method`)
		}
		s.readList(t.get("runs"), p)
	} else {
		s.readAxes(t.get("axes"), p)
	}
	if s.method == "random" && t.get("samples") == nil {
		p.add(s.at, "sweep.samples", "no number of runs", "samples = 20, say")
	}
	if p.count > before {
		return nil
	}
	if n := s.size(); n > float64(s.limit) {
		p.add(s.at, "sweep", fmt.Sprintf("a sweep of %.0f runs", n), fmt.Sprintf("at most %d (sweep.limit raises it)", s.limit))
		return nil
	}
	return s
}

// size is the number of runs, as a float so that no product overflows.
func (s *sweep) size() float64 {
	switch s.method {
	case "list":
		return float64(len(s.list))
	case "random":
		return float64(s.samples)
	case "zip":
		return float64(len(s.axes[0].values))
	}
	n := 1.0
	for _, a := range s.axes {
		n *= float64(len(a.values))
	}
	return math.Min(n, 1e300)
}

func (s *sweep) readAxes(n *node, p *problems) {
	if n == nil {
		p.add(s.at, "sweep.axes", "no axes, so no runs", `[sweep.axes] with lines such as "loss.style.weight" = [10, 100]`)
		return
	}
	if n.table() == nil {
		p.add(n.at, "sweep.axes", describe(n), `a table of keys and their values`)
		return
	}
	s.axesIn(n.table(), nil, p)
	if len(s.axes) == 0 && p.count == 0 {
		p.add(n.key, "sweep.axes", "no axes, so no runs", `lines such as "loss.style.weight" = [10, 100]`)
	}
	if s.method == "zip" && p.count == 0 {
		var lengths []string
		equal := true
		for _, a := range s.axes {
			lengths = append(lengths, fmt.Sprintf("%s has %d", a.key, len(a.values)))
			equal = equal && len(a.values) == len(s.axes[0].values)
		}
		if !equal {
			p.add(n.key, "sweep.axes", "axes of unequal length: "+strings.Join(lengths, ", "), "equally many values for every axis of the method zip")
		}
	}
}

// axesIn reads axes written as "loss.style.weight" or, unquoted, as
// loss.style.weight, which TOML makes into tables.
func (s *sweep) axesIn(t *table, prefix []string, p *problems) {
	for _, key := range t.keys {
		v := t.nodes[key]
		if inner := v.table(); inner != nil && inner.dotted {
			s.axesIn(inner, append(prefix[:len(prefix):len(prefix)], key), p)
			continue
		}
		path, ok := splitKey(key)
		if !ok || len(prefix) > 0 {
			path = []string{key}
		}
		s.axis(append(prefix[:len(prefix):len(prefix)], path...), v, p)
	}
}

// notSwept are keys that are the experiment's, not a run's.
var notSwept = []string{"name", "title", "description", "sweep"}

func (s *sweep) axis(path []string, v *node, p *problems) {
	key := joinKey(path)
	if slices.Contains(notSwept, path[0]) {
		p.add(v.key, "sweep.axes", "an axis over "+path[0], "a key of the runs, such as loss.style.weight")
		return
	}
	for _, other := range s.axes {
		if other.key == key {
			p.add(v.key, "sweep.axes."+key, "an axis twice", "each axis once")
			return
		}
	}
	a := &sweepAxis{key: key, path: path, at: v.key}
	list, isList := v.value.([]*node)
	t := v.table()
	switch {
	case isList && len(list) > 0:
		for _, e := range list {
			a.values = append(a.values, axisValue{"", moved(e, v.key)})
		}
		labelValues(a.values)
	case t != nil && isSpan(t):
		if s.method != "random" {
			p.add(v.at, "sweep.axes."+key, "a range", `a list of values, or method = "random"`)
			return
		}
		if a.span = readSpan("sweep.axes."+key, v, p); a.span == nil {
			return
		}
	case t != nil && len(t.keys) > 0:
		for _, name := range t.keys {
			a.values = append(a.values, axisValue{name, t.nodes[name]})
		}
	case isList || t != nil:
		p.add(v.at, "sweep.axes."+key, "an axis of no values, so no runs", "one value or more")
		return
	default:
		p.add(v.at, "sweep.axes."+key, describe(v), "a list of values, or a table of named values")
		return
	}
	seen := map[string]bool{}
	for _, v := range a.values {
		id := fingerprint(v.node)
		if s.method == "grid" && seen[id] {
			p.add(v.node.at, "sweep.axes."+key, "a value twice: "+v.label, "each value once")
			return
		}
		seen[id] = true
	}
	s.axes = append(s.axes, a)
}

// moved is a value under the key of its axis, for errors about the key.
func moved(n *node, key pos) *node { return &node{key: key, at: n.at, value: n.value} }

// readList reads [sweep.runs]: a table of named tables, or a list of tables.
func (s *sweep) readList(n *node, p *problems) {
	if n == nil {
		p.add(s.at, "sweep.runs", "no runs", `tables such as [sweep.runs.adam] with optimizer.kind = "adam"`)
		return
	}
	one := func(label string, v *node) {
		t := v.table()
		if t == nil {
			p.add(v.at, "sweep.runs", describe(v), "a table of keys and their values")
			return
		}
		l := listed{label: label}
		for _, key := range t.keys {
			path, ok := splitKey(key)
			if !ok {
				path = []string{key}
			}
			if slices.Contains(notSwept, path[0]) {
				p.add(t.nodes[key].key, "sweep.runs", "an override of "+path[0], "a key of the runs, such as loss.style.weight")
				return
			}
			l.changes = append(l.changes, change{path, t.nodes[key]})
		}
		s.list = append(s.list, l)
	}
	switch v := n.value.(type) {
	case []*node:
		for _, e := range v {
			one("", e)
		}
		values := make([]axisValue, len(s.list))
		for i, l := range s.list {
			t := newTable()
			for _, c := range l.changes {
				t.put(shortKey(c.path), c.value)
			}
			values[i].node = &node{value: t}
		}
		labelValues(values)
		for i := range values {
			s.list[i].label = values[i].label
		}
	case *table:
		for _, name := range v.keys {
			one(name, v.nodes[name])
		}
	default:
		p.add(n.at, "sweep.runs", describe(n), "a table of named runs, or a list of tables")
		return
	}
	if len(s.list) == 0 && p.count == 0 {
		p.add(n.key, "sweep.runs", "no runs", "one run or more")
	}
}
