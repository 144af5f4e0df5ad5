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
