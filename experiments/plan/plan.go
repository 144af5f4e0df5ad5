// Package plan turns a configuration file into the runs of an experiment. It resolves
// inheritance, applies the settings of the command line, combines the axes of the
// sweep, checks every file and layer, and names the runs.
package plan

import (
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/experiments/tree"
)

// Plan holds the runs of one experiment in order.
type Plan struct {
	Name        string // the directory of its results
	Title       string
	Description string
	File        string // the path of the configuration, as given
	Axes        []Axis
	Runs        []Run           // of a search: its trials so far
	Search      *Search         // nil if the runs are known beforehand
	Settings    search.Settings // how the runs are chosen, judged and stopped early
	Launch      Launch
	Notes       []string // information for the user, for example that another version made a picture
}

// Axis is a key that differs between the runs.
type Axis struct {
	Key    string   // "loss.style.weight"; "run" if the runs are listed one by one
	Name   string   // short: "style.weight"
	Labels []string // of its values, in order
}

// Warnings returns the warnings of all runs, each once.
func (plan *Plan) Warnings() []string {
	var all []string
	for _, r := range plan.Examples() {
		for _, w := range r.Warnings {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

// Configs returns the configurations of the plan's examples.
func (plan *Plan) Configs() []*config.Config { return configsOf(plan.Examples()) }

func configsOf(runs []Run) []*config.Config {
	all := make([]*config.Config, len(runs))
	for i, r := range runs {
		all[i] = r.Config
	}
	return all
}

// Examples returns the runs or, of a search, runs at the ends of its space: what can be
// known of its trials before they are chosen.
func (plan *Plan) Examples() []Run {
	if plan.Search != nil {
		return plan.Search.Probes
	}
	return plan.Runs
}

// Run is one run with its resolved configuration.
type Run struct {
	// Name is the run's directory. It joins the labels of the axes and the start of the
	// identity, as in style.weight=100_optimizer=adam-1f2e3d4c.
	Name string
	// Values are the labels of the run, one per axis.
	Values []string
	// Identity is the same for runs that make the same pixels: a hash of the
	// configuration, of the files that it reads and of the version of the engine's
	// numerics, in 64 hexadecimal digits.
	Identity string
	Config   *config.Config
	// Width and Height are the size of the largest stage in pixels, to a pixel.
	Width, Height int
	Warnings      []string // unusual properties of the run, in words
	Origin        string   // of a trial of a search: what chose it, such as "tpe"
}

// Pixels returns the number of pixels of the largest stage; 0 if it is not known.
func (r Run) Pixels() float64 { return float64(r.Width) * float64(r.Height) }

// Read reads a configuration and everything that it inherits from, applies the settings
// (KEY=VALUE), and plans the runs. A file without a [sweep] table gives one run. The
// error contains every mistake that was found.
//
// The file may also be a picture made by a run. The picture contains its configuration;
// Read finds the files of this configuration by their digests.
//
// Read writes nothing. It opens images and weights to check and to hash them.
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
	sets := readSettings(setFlag, settings, p)
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
	launch := readLaunch(t, p)
	plain.Drop("launch")
	if s == nil {
		s = single()
	}
	if p.Count > 0 { // find the other mistakes before returning
		config.Decode(&tree.Node{Key: root.Key, At: root.At, Value: plain}, p)
		return nil
	}
	s = s.fix(sets, p)
	if p.Count > 0 {
		return nil
	}
	drafts := s.drafts(p)
	plan := &Plan{File: file, Launch: launch}
	checkBases(file, drafts, p)
	r := newResolver(file, root, plain, sets, p)
	var runs []Run
	var roots []*tree.Node
	for _, d := range drafts {
		one, rootOf := r.run(d)
		runs, roots = append(runs, one), append(roots, rootOf)
	}
	if p.Count > 0 {
		return nil
	}
	sticks := engine.ChooseYardsticks(configsOf(runs))
	for i := range runs {
		r.yardstick(&runs[i], sticks[i], roots[i])
	}
	if p.Count > 0 {
		return nil
	}
	plan.describe(s, drafts, runs[0].Config)
	taken := map[string]bool{}
	for i := range runs {
		plan.name(&runs[i], r.check, taken)
	}
	plan.Settings = s.settings(runs, p)
	if s.searches() {
		plan.Search = newSearch(s, r, runs)
		return plan
	}
	plan.Runs = runs
	plan.same()
	return plan
}

// resolver turns drafts into runs.
type resolver struct {
	root     *tree.Node
	plain    *tree.Table
	sets     []setting
	check    *checker
	bases    bases
	effects  effects
	problems *tree.Problems
}

func newResolver(file string, root *tree.Node, plain *tree.Table, sets []setting, p *tree.Problems) *resolver {
	return &resolver{root: root, plain: plain, sets: sets, problems: p, check: &checker{problems: p},
		bases: bases{file: file, read: map[string]*tree.Table{}}, effects: effects{problems: p, reported: map[[2]string]bool{}}}
}

// run resolves a draft: its configuration, without the yardstick, its size and warnings.
func (s *resolver) run(d draft) (Run, *tree.Node) {
	p := s.problems
	changes := slices.DeleteFunc(slices.Clone(d.changes), func(c change) bool { return isBase(c.path) })
	for _, set := range s.sets {
		if !slices.Contains(notRun, set.path[0]) {
			changes = append(changes, set.change())
		}
	}
	rt := s.effects.apply(s.bases.under(s.plain, d, p), changes)
	before := p.Count
	root := &tree.Node{Key: s.root.Key, At: s.root.At, Value: rt}
	c := config.Decode(root, p)
	if p.Count == before {
		s.check.config(c, root)
	}
	r := Run{Values: d.labels, Config: c, Warnings: append(s.check.warnings(c), replaced("network", c.Network.Weights, root)...)}
	if p.Count == before {
		size := 0
		for _, stage := range c.StageList() {
			size = max(size, stage.Size)
		}
		r.Width, r.Height = s.check.scaled(c, c.Images.Content, size, 0)
	}
	return r, root
}

// yardstick gives a run its yardstick.
func (s *resolver) yardstick(r *Run, stick config.Yardstick, root *tree.Node) {
	r.Config.Yardstick = stick
	s.check.yardstick(r.Config, root)
	r.Warnings = append(r.Warnings, replaced("yardstick", stick.Weights, root)...)
}

// bases are the files and presets that the runs of a sweep inherit from. Each is read
// once.
type bases struct {
	file string // the file with the sweep
	read map[string]*tree.Table
}

// isBase reports whether a path is the key base. Runs inherit from its value; it is not
// laid over them.
func isBase(path []string) bool { return len(path) == 1 && path[0] == "base" }

// checkBases rejects two bases at once, because their order would be ambiguous.
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

// under lays the configuration over the base of a draft. A sweep that is inherited is
// dropped.
func (b *bases) under(plain *tree.Table, d draft, p *tree.Problems) *tree.Table {
	for _, c := range d.changes {
		if !isBase(c.path) {
			continue
		}
		id := fingerprint(c.value)
		parent, ok := b.read[id]
		if !ok {
			if parent = readBase(c.value, b.file, nil, p); parent != nil {
				for _, key := range notRun {
					parent.Drop(key)
				}
			}
			b.read[id] = parent
		}
		if parent != nil {
			plain = config.Merge(parent, plain, nil)
		}
	}
	return plain
}
