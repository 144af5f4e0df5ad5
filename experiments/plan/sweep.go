package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/experiments/tree"
)

// A [sweep] table makes many runs from one configuration. Each run overrides some keys
// of the configuration.

// defaultLimit is the largest number of runs of a sweep if its table sets no limit.
const defaultLimit = 10000

// sweep is the content of a [sweep] table.
type sweep struct {
	method  string
	axes    []*sweepAxis
	list    []listed // method "list"
	samples int      // method "random"
	seed    uint64
	limit   int
	at      tree.Pos

	startup   int // the search methods
	votes     int
	budget    search.Budget
	objective search.Objective
	pruning   search.Pruning
}

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

// change is one overridden key of one run.
type change struct {
	path  []string
	value *tree.Node
	from  string   // the key that makes the change, for errors
	at    tree.Pos // and where it stands
	set   bool     // a setting of the command line
}

// listed is one run of the method "list".
type listed struct {
	label   string
	changes []change
}

var sweepMethods = append([]string{"grid", "list", "zip", "random"}, search.Methods...)

// searches reports whether the runs are chosen one after another.
func (s *sweep) searches() bool { return slices.Contains(search.Methods, s.method) }

// readSweep reads the [sweep] table. It returns nil if there is none.
func readSweep(root *tree.Table, p *tree.Problems) *sweep {
	n := root.Get("sweep")
	if n == nil || n.Value == false {
		return nil
	}
	t := n.Table()
	if t == nil {
		p.Add(n.At, "sweep", tree.Describe(n), "a table: [sweep]")
		return nil
	}
	before := p.Count
	s := &sweep{at: n.Key}
	def := "grid"
	if t.Get("runs") != nil {
		def = "list"
	}
	field.Read("sweep", n, []string{"axes", "runs"}, s.fields(def), p)
	only := func(key string, methods ...string) {
		if v := t.Get(key); v != nil && !slices.Contains(methods, s.method) {
			of := "the method " + methods[0]
			if len(methods) > 1 {
				of = "the methods " + strings.Join(methods, ", ")
			}
			p.Add(v.Key, "sweep."+key, "an option of "+of+", not of "+s.method, "method = \""+methods[0]+"\", or no "+key)
		}
	}
	only("samples", "random")
	only("seed", append([]string{"random"}, search.Methods...)...)
	only("runs", "list")
	only("startup", "tpe")
	only("budget", search.Methods...)
	s.readSearch(t, p)
	if s.method == "list" {
		if v := t.Get("axes"); v != nil {
			p.Add(v.Key, "sweep.axes", "axes with the method list", `the runs in [sweep.runs], or another method`)
		}
		s.readList(t.Get("runs"), p)
	} else {
		s.readAxes(t.Get("axes"), p)
	}
	s.checkSpace(p)
	if s.method == "random" && t.Get("samples") == nil {
		p.Add(s.at, "sweep.samples", "no number of runs", "samples = 20, say")
	}
	if p.Count > before {
		return nil
	}
	if n := s.size(); n > float64(s.limit) {
		p.Add(s.at, "sweep", fmt.Sprintf("a sweep of %.0f runs", n), fmt.Sprintf("at most %d (sweep.limit raises it)", s.limit))
		return nil
	}
	return s
}

// fields visits the keys of [sweep], except the axes and the listed runs.
func (s *sweep) fields(method string) field.Table {
	return func(visit func(field.Field)) {
		visit(field.Choice("method", &s.method, method, sweepMethods...).
			Says("How the values of the axes combine: each with each (grid), one after the other (zip), drawn (random), or as runs that are listed; or a search that chooses each run by those before it (tpe, cmaes), evenly (sobol), or from outside (ask)."))
		visit(field.Whole("samples", &s.samples, 0, field.AtLeast(1)).
			Says("Runs to draw, with method random."))
		visit(field.Seed("seed", &s.seed, 1).
			Says("Where drawing begins, with method random and in a search."))
		visit(field.Whole("limit", &s.limit, defaultLimit, field.From(1, 1e9)).
			Says("The largest number of runs that is accepted, against slips."))
		s.searchFields(visit)
	}
}

// SweepFields returns the keys of [sweep], except the axes and the listed runs.
func SweepFields() field.Table { return new(sweep).fields("grid") }

// size returns the number of runs. It is a float, so that no product overflows.
func (s *sweep) size() float64 {
	switch s.method {
	case "list":
		return float64(len(s.list))
	case "random":
		return float64(s.samples)
	case "tpe", "cmaes", "sobol", "ask":
		return float64(s.budget.Trials)
	case "zip":
		return float64(len(s.axes[0].values))
	}
	n := 1.0
	for _, a := range s.axes {
		n *= float64(len(a.values))
	}
	return math.Min(n, 1e300)
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

// readList reads [sweep.runs]: a table of named tables, or a list of tables.
func (s *sweep) readList(n *tree.Node, p *tree.Problems) {
	if n == nil {
		p.Add(s.at, "sweep.runs", "no runs", `tables such as [sweep.runs.adam] with optimizer.kind = "adam"`)
		return
	}
	one := func(label string, v *tree.Node) {
		t := v.Table()
		if t == nil {
			p.Add(v.At, "sweep.runs", tree.Describe(v), "a table of keys and their values")
			return
		}
		l := listed{label: label}
		for _, key := range t.Keys {
			path, ok := tree.SplitKey(key)
			if !ok {
				path = []string{key}
			}
			if slices.Contains(notSwept, path[0]) {
				p.Add(t.Nodes[key].Key, "sweep.runs", "an override of "+path[0], "a key of the runs, such as loss.style.weight")
				return
			}
			l.changes = append(l.changes, change{path: path, value: t.Nodes[key], from: listKey(label, key), at: t.Nodes[key].Key})
		}
		s.list = append(s.list, l)
	}
	switch v := n.Value.(type) {
	case []*tree.Node:
		for _, e := range v {
			one("", e)
		}
		values := make([]axisValue, len(s.list))
		for i, l := range s.list {
			t := tree.NewTable()
			for _, c := range l.changes {
				t.Put(shortKey(c.path), c.value)
			}
			values[i].node = &tree.Node{Value: t}
		}
		labelValues(values)
		for i := range values {
			s.list[i].label = values[i].label
		}
	case *tree.Table:
		if !checkLabels("sweep.runs", v, p) {
			return
		}
		for _, name := range v.Keys {
			one(name, v.Nodes[name])
		}
	default:
		p.Add(n.At, "sweep.runs", tree.Describe(n), "a table of named runs, or a list of tables")
		return
	}
	if len(s.list) == 0 && p.Count == 0 {
		p.Add(n.Key, "sweep.runs", "no runs", "one run or more")
	}
}

// listKey names a key of a listed run, for errors.
func listKey(label, key string) string {
	if label == "" {
		return "sweep.runs." + key
	}
	return "sweep.runs." + tree.WriteKey(label) + "." + key
}
