package config

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// Decoding turns a tree without base and sweep into a Config: every default
// filled in, every mistake reported.

type decoder struct {
	problems *tree.Problems
	root     *tree.Node
}

// Decode reads a whole tree. The Config is only of use when no problem was
// added.
func Decode(root *tree.Node, p *tree.Problems) *Config {
	d := &decoder{p, root}
	c := &Config{}
	field.Read("", root, sectionNames, func() []field.Field { return topFields(c) }, p)
	if c.Name == "" {
		c.Name = nameOfFile(root.At.File)
	}
	d.section("images", func() []field.Field { return imageFields(c) })
	d.section("run", func() []field.Field { return runFields(c) })
	d.section("log", func() []field.Field { return logFields(c) })
	d.kindSection("network", "network", "name", networkKinds[0].name, networkKinds, &c.Network.Name, c)
	d.kindSection("optimizer", "optimizer", "kind", optimizerKinds[0].name, optimizerKinds, &c.Optimizer.Kind, c)
	d.kindSection("schedule", "schedule", "kind", scheduleKinds[0].name, scheduleKinds, &c.Schedule.Kind, c)
	d.kindSection("start", "start", "from", startKinds[0].name, startKinds, &c.Start.From, c)
	d.section("yardstick", func() []field.Field { return yardstickFields(c) })
	d.losses(c)
	d.together(c)
	return c
}

// sectionNames are the tables of a file besides its own keys.
var sectionNames = []string{"base", "images", "network", "loss", "start", "optimizer", "schedule", "run", "log", "yardstick", "sweep"}

func topFields(c *Config) []field.Field {
	return []field.Field{
		{Name: "name", Want: nameWant,
			Reset: func() { c.Name = "" },
			Set: func(n *tree.Node) *field.Error {
				s, ok := n.Value.(string)
				if !ok || !goodName.MatchString(s) {
					return &field.Error{At: n}
				}
				c.Name = s
				return nil
			},
			Get:   func() any { return c.Name },
			Aside: true},
		field.Text("title", &c.Title, "").NotIdentity(),
		field.Text("description", &c.Description, "").NotIdentity(),
		field.Seed("seed", &c.Seed, 1),
	}
}

// goodName is what may be a directory on every file system, and no hidden one.
var goodName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.=+,-]{0,199}$`)

const nameWant = "a name of letters, digits and _ . = + , - (it becomes a directory)"

// nameOfFile makes a good name of a file's own.
func nameOfFile(file string) string {
	base := filepath.Base(file)
	return SafeName(strings.TrimSuffix(base, filepath.Ext(base)))
}

func imageFields(c *Config) []field.Field {
	m := &c.Images
	return []field.Field{
		field.Path("content", &m.Content),
		imagesField("style", &m.Style),
		field.Whole("size", &m.Size, 256, field.From(2, 100000)),
		field.Choice("side", &m.Side, "long", []string{"long", "short", "rows", "columns"}),
		field.Flag("truncate", &m.Truncate, false),
		field.Whole("style_size", &m.StyleSize, 0, field.From(0, 100000)),
		field.Flag("stretch", &m.Stretch, false),
		field.Choice("filter", &m.Filter, "catmullrom", []string{"catmullrom", "bilinear", "nearest", "sampled"}),
		field.Whole("max_pixels", &m.MaxPixels, 100_000_000, field.AtLeast(1)).NotIdentity(),
	}
}

func runFields(c *Config) []field.Field {
	r := &c.Run
	return []field.Field{
		field.Whole("steps", &r.Steps, 150, field.From(1, 10_000_000)),
		field.Flag("project", &r.Project, false),
		field.Number("pixel_range", &r.PixelRange, 1, field.Above(0)),
		field.Choice("memory", &r.Memory, string(nst.KeepMaps), []string{string(nst.KeepMaps), string(nst.LowMemory)}).NotIdentity(),
	}
}

func logFields(c *Config) []field.Field {
	l := &c.Log
	return []field.Field{
		field.Whole("every", &l.Every, 1, field.AtLeast(1)).NotIdentity(),
		field.Whole("yardstick", &l.Yardstick, 30, field.AtLeast(0)).NotIdentity(),
		field.Flag("measures", &l.Measures, true).NotIdentity(),
		field.Whole("frames", &l.Frames, 0, field.AtLeast(0)).NotIdentity(),
		field.Number("checkpoint_seconds", &l.CheckpointSeconds, 5, field.AtLeast(0)).NotIdentity(),
		field.Flag("tensorboard", &l.TensorBoard, false).NotIdentity(),
	}
}

// section reads a table of plain fields.
func (d *decoder) section(name string, list func() []field.Field) {
	if n := d.tableAt(name); n != nil || d.root.Table().Get(name) == nil {
		field.Read(name, n, nil, list, d.problems)
	}
}

// tableAt is a section's node; nil when it is missing or no table.
func (d *decoder) tableAt(name string) *tree.Node {
	n := d.root.Table().Get(name)
	if n == nil {
		return nil
	}
	if n.Table() == nil {
		d.problems.Add(n.At, name, tree.Describe(n), "a table: ["+name+"]")
		return nil
	}
	return n
}

// kindSection reads a table that chooses among kinds.
func (d *decoder) kindSection(name, title, key, def string, all kinds, chosen *string, c *Config) {
	n := d.tableAt(name)
	if n == nil && d.root.Table().Get(name) != nil {
		return
	}
	d.kindTable(name, title, n, key, def, all, chosen, c, 0)
}

func (d *decoder) kindTable(path, title string, n *tree.Node, key, def string, all kinds, chosen *string, c *Config, i int) {
	choice := field.Choice(key, chosen, def, all.Names())
	choice.Reset()
	if v := n.Table().Get(key); v != nil {
		if e := choice.Set(v); e != nil {
			choice.Wrong(field.Join(path, key), e, d.problems)
			return // without the kind nothing is known of the other keys
		}
	}
	k := all.find(*chosen)
	rest, t := n, n.Table()
	if t != nil { // the fields of other kinds have an error of their own
		own := k.fields(c, i)
		clean := t.Clone()
		for _, name := range t.Keys {
			if slices.ContainsFunc(own, func(f field.Field) bool { return f.Name == name }) {
				continue
			}
			if hint := elsewhere(all, name, *chosen, title); hint != "" {
				names := []string{key}
				for _, f := range own {
					names = append(names, f.Name)
				}
				d.problems.Add(t.Nodes[name].Key, field.Join(path, name), hint, tree.OneOf("", names))
				clean.Drop(name)
			}
		}
		rest = &tree.Node{Key: n.Key, At: n.At, Value: clean}
	}
	field.Read(path, rest, []string{key}, func() []field.Field { return k.fields(c, i) }, d.problems)
}

var goodLossName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

func (d *decoder) losses(c *Config) {
	n := d.tableAt("loss")
	if n == nil {
		if d.root.Table().Get("loss") == nil {
			d.problems.Add(d.root.At, "loss", "no loss", "tables such as [loss.content] and [loss.style]")
		}
		return
	}
	t := n.Table()
	var names []string // those with a kind: a table without one is probably a misspelt one of them
	for _, name := range t.Keys {
		if lossSelector.kind(name, t.Nodes[name].Table()) != "" {
			names = append(names, name)
		}
	}
	for _, name := range t.Keys {
		v := t.Nodes[name]
		path := "loss." + tree.WriteKey(name)
		switch {
		case v.Value == false: // taken out
			continue
		case v.Table() == nil:
			d.problems.Add(v.At, path, tree.Describe(v), "a table: [loss."+tree.WriteKey(name)+"], or false for no such loss")
			continue
		case !goodLossName.MatchString(name):
			d.problems.Add(v.Key, path, "a loss called "+tree.Shorten(tree.WriteKey(name)), "a name of at most 40 letters, digits, _ and - (it heads a column of metrics.csv)")
			continue
		}
		def := defaultLossKind(name)
		if def == "" && v.Table().Get("kind") == nil {
			want := "kind = " + tree.OneOf("", LossKinds.Names())
			if near := tree.Nearest(name, append(names, LossKinds.Names()...)); near != "" {
				want = "the name " + near + ", or " + want
			}
			d.problems.Add(v.Key, path, "a loss without a kind", want)
			continue
		}
		c.Losses = append(c.Losses, Loss{Name: name})
		i := len(c.Losses) - 1
		d.kindTable(path, "loss", v, "kind", def, LossKinds, &c.Losses[i].Kind, c, i)
	}
	if len(c.Losses) == 0 && len(t.Keys) == 0 {
		d.problems.Add(n.Key, "loss", "no loss", "tables such as [loss.content] and [loss.style]")
	}
}
