package experiments

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gonst/workbench/nst"
)

// Decoding turns a tree without base and sweep into a Config: every default
// filled in, every mistake reported.

type decoder struct {
	problems *problems
	root     *node
}

// decodeConfig reads a whole tree. The Config is only of use when no problem was
// added.
func decodeConfig(root *node, p *problems) *Config {
	d := &decoder{p, root}
	c := &Config{}
	d.fields("", root, sectionNames, func() []field { return topFields(c) })
	if c.Name == "" {
		c.Name = nameOfFile(root.at.file)
	}
	d.section("images", func() []field { return imageFields(c) })
	d.section("run", func() []field { return runFields(c) })
	d.section("log", func() []field { return logFields(c) })
	d.kindSection("network", "network", "name", networkKinds[0].name, networkKinds, &c.Network.Name, c)
	d.kindSection("optimizer", "optimizer", "kind", optimizerKinds[0].name, optimizerKinds, &c.Optimizer.Kind, c)
	d.kindSection("schedule", "schedule", "kind", scheduleKinds[0].name, scheduleKinds, &c.Schedule.Kind, c)
	d.kindSection("start", "start", "from", startKinds[0].name, startKinds, &c.Start.From, c)
	d.section("yardstick", func() []field { return yardstickFields(c) })
	d.losses(c)
	d.together(c)
	return c
}

// sectionNames are the tables of a file besides its own keys.
var sectionNames = []string{"base", "images", "network", "loss", "start", "optimizer", "schedule", "run", "log", "yardstick", "sweep"}

func topFields(c *Config) []field {
	return []field{
		{name: "name", want: nameWant,
			reset: func() { c.Name = "" },
			set: func(n *node) *fieldError {
				s, ok := n.value.(string)
				if !ok || !goodName.MatchString(s) {
					return &fieldError{at: n}
				}
				c.Name = s
				return nil
			},
			get:   func() any { return c.Name },
			aside: true},
		textField("title", &c.Title, "").notIdentity(),
		textField("description", &c.Description, "").notIdentity(),
		seedField("seed", &c.Seed, 1),
	}
}

// goodName is what may be a directory on every file system, and no hidden one.
var goodName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.=+,-]{0,199}$`)

const nameWant = "a name of letters, digits and _ . = + , - (it becomes a directory)"

// nameOfFile makes a good name of a file's own.
func nameOfFile(file string) string {
	base := filepath.Base(file)
	return safeName(strings.TrimSuffix(base, filepath.Ext(base)))
}

func imageFields(c *Config) []field {
	m := &c.Images
	return []field{
		pathField("content", &m.Content),
		imagesField("style", &m.Style),
		wholeField("size", &m.Size, 256, from(2, 100000)),
		choiceField("side", &m.Side, "long", []string{"long", "short", "rows", "columns"}),
		flagField("truncate", &m.Truncate, false),
		wholeField("style_size", &m.StyleSize, 0, from(0, 100000)),
		flagField("stretch", &m.Stretch, false),
		choiceField("filter", &m.Filter, "catmullrom", []string{"catmullrom", "bilinear", "nearest", "sampled"}),
		wholeField("max_pixels", &m.MaxPixels, 100_000_000, atLeast(1)).notIdentity(),
	}
}

func runFields(c *Config) []field {
	r := &c.Run
	return []field{
		wholeField("steps", &r.Steps, 150, from(1, 10_000_000)),
		flagField("project", &r.Project, false),
		numberField("pixel_range", &r.PixelRange, 1, above(0)),
		choiceField("memory", &r.Memory, string(nst.KeepMaps), []string{string(nst.KeepMaps), string(nst.LowMemory)}).notIdentity(),
	}
}

func logFields(c *Config) []field {
	l := &c.Log
	return []field{
		wholeField("every", &l.Every, 1, atLeast(1)).notIdentity(),
		wholeField("yardstick", &l.Yardstick, 30, atLeast(0)).notIdentity(),
		flagField("measures", &l.Measures, true).notIdentity(),
		wholeField("frames", &l.Frames, 0, atLeast(0)).notIdentity(),
		numberField("checkpoint_seconds", &l.CheckpointSeconds, 5, atLeast(0)).notIdentity(),
		flagField("tensorboard", &l.TensorBoard, false).notIdentity(),
	}
}

// section reads a table of plain fields.
func (d *decoder) section(name string, list func() []field) {
	if n := d.tableAt(name); n != nil || d.root.table().get(name) == nil {
		d.fields(name, n, nil, list)
	}
}

// tableAt is a section's node; nil when it is missing or no table.
func (d *decoder) tableAt(name string) *node {
	n := d.root.table().get(name)
	if n == nil {
		return nil
	}
	if n.table() == nil {
		d.problems.add(n.at, name, describe(n), "a table: ["+name+"]")
		return nil
	}
	return n
}

// fields reads one table. It goes over the fields three times, because defaults and
// choices may depend on other fields of the same table, and those on others: the
// colours' order on the preprocessing, and that on the weights.
func (d *decoder) fields(path string, n *node, others []string, list func() []field) {
	t := newTable()
	if n != nil {
		t = n.table()
	}
	read := func(wrong func(f field, e *fieldError)) []string {
		var names []string
		for _, f := range list() {
			f.reset()
			if v := t.get(f.name); v != nil {
				if e := f.set(v); e != nil {
					wrong(f, e)
				}
			}
			names = append(names, f.name)
		}
		return names
	}
	for range 2 {
		read(func(field, *fieldError) {})
	}
	names := read(func(f field, e *fieldError) { d.wrong(joinPath(path, f.name), f, e) })
	names = append(names, others...)
	for _, key := range t.keys {
		if !slices.Contains(names, key) {
			d.problems.add(t.nodes[key].key, joinPath(path, writeKey(key)), "an unknown key", oneOf(key, names))
		}
	}
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (d *decoder) wrong(key string, f field, e *fieldError) {
	found, want := e.found, e.want
	if found == "" {
		found = describe(e.at)
	}
	if want == "" {
		want = f.want
	}
	d.problems.add(e.at.at, key, found, want)
}

// kindSection reads a table that chooses among kinds.
func (d *decoder) kindSection(name, title, key, def string, all kinds, chosen *string, c *Config) {
	n := d.tableAt(name)
	if n == nil && d.root.table().get(name) != nil {
		return
	}
	d.kindTable(name, title, n, key, def, all, chosen, c, 0)
}

func (d *decoder) kindTable(path, title string, n *node, key, def string, all kinds, chosen *string, c *Config, i int) {
	choice := choiceField(key, chosen, def, all.names())
	choice.reset()
	if v := n.table().get(key); v != nil {
		if e := choice.set(v); e != nil {
			d.wrong(joinPath(path, key), choice, e)
			return // without the kind nothing is known of the other keys
		}
	}
	k := all.find(*chosen)
	rest, t := n, n.table()
	if t != nil { // the fields of other kinds have an error of their own
		own := k.fields(c, i)
		clean := t.clone()
		for _, name := range t.keys {
			if slices.ContainsFunc(own, func(f field) bool { return f.name == name }) {
				continue
			}
			if hint := elsewhere(all, name, *chosen, title); hint != "" {
				names := []string{key}
				for _, f := range own {
					names = append(names, f.name)
				}
				d.problems.add(t.nodes[name].key, joinPath(path, name), hint, oneOf("", names))
				clean.drop(name)
			}
		}
		rest = &node{key: n.key, at: n.at, value: clean}
	}
	d.fields(path, rest, []string{key}, func() []field { return k.fields(c, i) })
}

var goodLossName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

func (d *decoder) losses(c *Config) {
	n := d.tableAt("loss")
	if n == nil {
		if d.root.table().get("loss") == nil {
			d.problems.add(d.root.at, "loss", "no loss", "tables such as [loss.content] and [loss.style]")
		}
		return
	}
	t := n.table()
	var names []string // those with a kind: a table without one is probably a misspelt one of them
	for _, name := range t.keys {
		if lossSelector.kind(name, t.nodes[name].table()) != "" {
			names = append(names, name)
		}
	}
	for _, name := range t.keys {
		v := t.nodes[name]
		path := "loss." + writeKey(name)
		switch {
		case v.value == false: // taken out
			continue
		case v.table() == nil:
			d.problems.add(v.at, path, describe(v), "a table: [loss."+writeKey(name)+"], or false for no such loss")
			continue
		case !goodLossName.MatchString(name):
			d.problems.add(v.key, path, "a loss called "+shorten(writeKey(name)), "a name of at most 40 letters, digits, _ and - (it heads a column of metrics.csv)")
			continue
		}
		def := defaultLossKind(name)
		if def == "" && v.table().get("kind") == nil {
			want := "kind = " + oneOf("", lossKinds.names())
			if near := nearest(name, append(names, lossKinds.names()...)); near != "" {
				want = "the name " + near + ", or " + want
			}
			d.problems.add(v.key, path, "a loss without a kind", want)
			continue
		}
		c.Losses = append(c.Losses, Loss{Name: name})
		i := len(c.Losses) - 1
		d.kindTable(path, "loss", v, "kind", def, lossKinds, &c.Losses[i].Kind, c, i)
	}
	if len(c.Losses) == 0 && len(t.keys) == 0 {
		d.problems.add(n.key, "loss", "no loss", "tables such as [loss.content] and [loss.style]")
	}
}
