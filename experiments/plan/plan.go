// Package plan turns a configuration file into the runs of an experiment. It resolves
// what the file inherits, applies the settings of the command line, crosses the axes of
// the sweep, checks every file and layer, and names the runs.
package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/tree"
)

// Plan is the runs of one experiment in their order.
type Plan struct {
	Name        string // the directory of results
	Title       string
	Description string
	File        string // the configuration, as it was named
	Axes        []Axis
	Runs        []Run
	Notes       []string // what a person should know before it is run, such as that a picture was made by another version
}

// Axis is one key that differs between the runs.
type Axis struct {
	Key    string   // "loss.style.weight"; "run" where runs are listed, not crossed
	Name   string   // short: "style.weight"
	Labels []string // of its values, in order
}

// Warnings lists the runs' warnings, each once.
func (plan *Plan) Warnings() []string {
	var all []string
	for _, r := range plan.Runs {
		for _, w := range r.Warnings {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

// Configs are the configurations of the runs.
func (plan *Plan) Configs() []*config.Config {
	all := make([]*config.Config, len(plan.Runs))
	for i, r := range plan.Runs {
		all[i] = r.Config
	}
	return all
}

// Run is one run, resolved to the last value.
type Run struct {
	// Name is the run's directory: what its axes say, and the start of its
	// identity, as in style.weight=100_optimizer=adam-1f2e3d4c.
	Name string
	// Values are its labels, one an axis.
	Values []string
	// Identity is the same for runs that give the same pixels: a hash of the
	// configuration, the files that it reads and the engine's numerics, in
	// 64 hexadecimal digits.
	Identity string
	Config   *config.Config
	Warnings []string // what is odd about it, in words
}

// Read reads a configuration with all that it inherits, lays the settings
// (KEY=VALUE) over it and plans its runs. A file without a [sweep] table is one
// run. The error is ConfigErrors, with everything that was found wrong.
//
// The file may be a picture that a run has made: it carries its configuration,
// whose files are found by their digests.
//
// Nothing is written. Images and weights are opened, to check and to hash them.
func Read(file string, settings ...string) (*Plan, error) {
	p := &tree.Problems{Files: []string{file}}
	plan := readAll(file, settings, p)
	if err := p.Err(); err != nil {
		return nil, err
	}
	plan.Notes = p.Notes
	return plan, nil
}

func readAll(file string, settings []string, p *tree.Problems) *Plan {
	root := readInherited(file, nil, p)
	sets := readSettings(settings, p)
	if root == nil || p.Count > 0 {
		return nil
	}
	t := root.Table()
	for _, s := range sets {
		t = config.Override(t, s.path, s.value)
	}
	s := readSweep(t, p)
	plain := t.Clone()
	plain.Drop("sweep")
	if s == nil {
		s = single()
	}
	if p.Count > 0 { // what else is wrong, before giving up
		config.Decode(&tree.Node{Key: root.Key, At: root.At, Value: plain}, p)
		return nil
	}
	s = s.fix(sets, p)
	drafts := s.drafts(p)
	check := &checker{problems: p}
	plan := &Plan{File: file}
	checkBases(file, drafts, p)
	bases := bases{file: file, read: map[string]*tree.Table{}}
	var roots []*tree.Node
	for _, d := range drafts {
		rt := bases.under(plain, d, p)
		for _, c := range d.changes {
			if !isBase(c.path) {
				rt = config.Override(rt, c.path, c.value)
			}
		}
		for _, set := range sets {
			if set.path[0] != "sweep" {
				rt = config.Override(rt, set.path, set.value)
			}
		}
		before := p.Count
		rootOf := &tree.Node{Key: root.Key, At: root.At, Value: rt}
		c := config.Decode(rootOf, p)
		if p.Count == before {
			check.config(c, rootOf)
		}
		plan.Runs = append(plan.Runs, Run{Values: d.labels, Config: c, Warnings: append(check.warnings(c), replaced(c, rootOf)...)})
		roots = append(roots, rootOf)
	}
	if p.Count > 0 {
		return nil
	}
	engine.ChooseYardsticks(plan.Configs())
	for i, r := range plan.Runs {
		check.yardstick(r.Config, roots[i])
	}
	if p.Count > 0 {
		return nil
	}
	plan.describe(s, drafts)
	plan.nameRuns(check)
	return plan
}

// bases are the files and presets that runs of a sweep inherit from, each read once.
type bases struct {
	file string // that has the sweep
	read map[string]*tree.Table
}

// isBase tells whether a path is that of base, which runs inherit from rather than
// have laid over them.
func isBase(path []string) bool { return len(path) == 1 && path[0] == "base" }

// checkBases refuses to inherit from two at once: which would lie on which?
func checkBases(file string, drafts []draft, p *tree.Problems) {
	for _, d := range drafts {
		for _, c := range d.changes {
			if !isBase(c.path) {
				continue
			}
			if own := readNamed(file, &tree.Problems{}).Table().Get("base"); own != nil {
				p.Add(own.At, "base", "a base beside a sweep over base", "one or the other")
			}
			return
		}
	}
}

// under puts what a draft inherits from under the configuration. A sweep that is
// inherited is left out.
func (b *bases) under(plain *tree.Table, d draft, p *tree.Problems) *tree.Table {
	for _, c := range d.changes {
		if !isBase(c.path) {
			continue
		}
		id := fingerprint(c.value)
		parent, ok := b.read[id]
		if !ok {
			if parent = readBase(c.value, b.file, nil, p); parent != nil {
				parent.Drop("sweep")
			}
			b.read[id] = parent
		}
		if parent != nil {
			plain = config.Merge(parent, plain, nil)
		}
	}
	return plain
}

// draft is a run before its configuration is resolved.
type draft struct {
	labels  []string // one an axis
	changes []change
}

// drafts lists the runs. In a grid the first axis changes slowest.
func (s *sweep) drafts(p *tree.Problems) []draft {
	var out []draft
	switch s.method {
	case "list":
		for _, l := range s.list {
			d := draft{changes: l.changes}
			if l.label != "" {
				d.labels = []string{l.label}
			}
			out = append(out, d)
		}
	case "zip":
		for i := range s.axes[0].values {
			var d draft
			for _, a := range s.axes {
				d.add(a, a.values[i])
			}
			out = append(out, d)
		}
	case "random":
		return s.random(p)
	default:
		at := make([]int, len(s.axes))
		for {
			var d draft
			for i, a := range s.axes {
				d.add(a, a.values[at[i]])
			}
			out = append(out, d)
			i := len(at) - 1
			for ; i >= 0; i-- {
				if at[i]++; at[i] < len(s.axes[i].values) {
					break
				}
				at[i] = 0
			}
			if i < 0 {
				return out
			}
		}
	}
	return out
}

func (d *draft) add(a *sweepAxis, v axisValue) {
	d.labels = append(d.labels, v.label)
	d.changes = append(d.changes, change{a.path, v.node})
}

// random draws different runs. The draws do not depend on how many are asked
// for: more samples keep the first ones.
func (s *sweep) random(p *tree.Problems) []draft {
	r := rand.New(rand.NewPCG(s.seed, 0x7377656570)) // "sweep"
	var out []draft
	seen := map[string]bool{}
	for misses := 0; len(out) < s.samples; {
		var d draft
		for _, a := range s.axes {
			if a.span == nil {
				d.add(a, a.values[r.IntN(len(a.values))])
				continue
			}
			n := &tree.Node{Key: a.at, At: a.span.at.At, Value: a.span.draw(r)}
			d.add(a, axisValue{labelOf(n, true), n})
		}
		id := strings.Join(d.labels, "\x00")
		if !seen[id] {
			seen[id] = true
			out = append(out, d)
			misses = 0
		} else if misses++; misses > 10000 {
			p.Add(s.at, "sweep.samples", fmt.Sprintf("%d runs asked for, and about %d different ones to draw", s.samples, len(out)), "fewer samples, or more values")
			return nil
		}
	}
	return out
}

// fix takes the axes away that a setting gives one value: settings come last.
// What a listed run says of itself cannot be taken away, and is refused.
func (s *sweep) fix(sets []setting, p *tree.Problems) *sweep {
	covers := func(set setting, path []string) bool {
		return len(set.path) <= len(path) && slices.Equal(set.path, path[:len(set.path)]) || config.Exclusive(set.path, path)
	}
	for _, set := range sets {
		s.axes = slices.DeleteFunc(s.axes, func(a *sweepAxis) bool { return covers(set, a.path) })
		for _, l := range s.list {
			for _, c := range l.changes {
				for _, path := range leaves(c.path, c.value) {
					if covers(set, path) {
						p.Add(set.value.At, tree.JoinKey(set.path), "an override of "+tree.JoinKey(path)+", which the run "+l.label+" sets",
							"another key, or --set sweep=false for one run")
					}
				}
			}
		}
	}
	if s.method != "list" && len(s.axes) == 0 {
		return single()
	}
	return s
}

// single is the sweep of one run, with nothing overridden.
func single() *sweep { return &sweep{method: "list", list: []listed{{}}} }

// leaves are the paths of the values in a table that are no tables.
func leaves(path []string, n *tree.Node) [][]string {
	t := n.Table()
	if t == nil || config.IsValue(path) {
		return [][]string{path}
	}
	var out [][]string
	for _, k := range t.Keys {
		out = append(out, leaves(append(path[:len(path):len(path)], k), t.Nodes[k])...)
	}
	return out
}
