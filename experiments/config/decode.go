package config

import (
	"cmp"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// Decoding turns a tree without base and sweep into a Config. It fills in every default
// and reports every mistake.

type decoder struct {
	problems *tree.Problems
	root     *tree.Node
}

// Decode reads a whole tree. The Config is valid only if Decode adds no problem.
func Decode(root *tree.Node, p *tree.Problems) *Config {
	d := &decoder{p, root}
	c := &Config{}
	field.Read("", root, sectionNames, table(c, topFields), p)
	if c.Name == "" {
		c.Name = nameOfFile(root.At.File)
	}
	d.section("images", table(c, imageFields))
	d.section("colour", table(c, colourFields))
	d.section("run", table(c, runFields))
	d.section("stages", table(c, stageFields))
	d.section("log", table(c, logFields))
	d.kindSection("network", &networkChoice, c)
	d.kindSection("optimizer", &optimizerChoice, c)
	d.kindSection("schedule", &scheduleChoice, c)
	d.kindSection("start", &startChoice, c)
	d.section("yardstick", table(c, yardstickFields))
	d.losses(c)
	d.regions(c)
	d.together(c)
	return c
}

// sectionNames are the names of the tables of a file.
var sectionNames = []string{"base", "images", "colour", "network", "loss", "region", "start", "optimizer", "schedule", "run", "stages", "log", "yardstick", "sweep", "launch"}

// table returns the table of a Config that a function visits.
func table(c *Config, fields func(*Config, func(field.Field))) field.Table {
	return func(visit func(field.Field)) { fields(c, visit) }
}

func topFields(c *Config, visit func(field.Field)) {
	visit(field.Of("name", nameWant, &c.Name, "", func(n *tree.Node) (string, *field.Error) {
		s, ok := n.Value.(string)
		if !ok || !goodName.MatchString(s) {
			return "", &field.Error{At: n}
		}
		if IsDevice(s) {
			return "", &field.Error{At: n, Found: tree.Describe(n) + ", which Windows reserves for a device"}
		}
		return s, nil
	}, func(s string) any { return s }).Accepts(field.Schema{"type": "string"}).
		Says("The experiment's name, and its directory of results. Without it, the name of the file.").NotIdentity())
	visit(field.Text("title", &c.Title, "").
		Says("The heading of the page.").NotIdentity())
	visit(field.Text("description", &c.Description, "").
		Says("What the experiment asks, in a sentence or two, for the page.").NotIdentity())
	visit(field.Seed("seed", &c.Seed, 1).
		Says("Where all randomness begins: random filters and noise, unless they have a seed of their own."))
}

func imageFields(c *Config, visit func(field.Field)) {
	m := &c.Images
	visit(field.Path("content", &m.Content).
		Says("The picture whose scene the result shows. The path is relative to the file that names it."))
	visit(imagesField("style", &m.Style).
		Says("The picture in whose style the result is painted. Several pictures are blended: in equal shares, or by weight."))
	visit(field.Whole("size", &m.Size, 256, field.From(2, 100000)).
		Says("Pixels of the side that side names. Pictures are resized to it, smaller ones too."))
	visit(field.Choice("side", &m.Side, nst.Long, nst.Long, nst.Short, nst.Rows, nst.Columns).
		Says("Which side size counts: the longer, the shorter, the height (rows) or the width (columns)."))
	visit(field.Flag("truncate", &m.Truncate, false).
		Says("Round the other side down instead of to the nearest pixel, as some systems do."))
	visit(field.Whole("style_size", &m.StyleSize, 0, field.From(0, 100000)).
		Says("Pixels of the same side of the style pictures. 0 means size."))
	visit(field.Number("style_scale", &m.StyleScale, 1, field.From(0.05, 20)).
		Says("A factor on the size of the style pictures: with 2 strokes are twice as large."))
	visit(field.Number("style_turn", &m.StyleTurn, 0, field.From(-360, 360)).
		Says("Degrees by which the style pictures are turned anticlockwise; they are cut to the largest rectangle inside."))
	visit(field.Number("aspect", &m.Aspect, 1, field.From(0.01, 100)).
		Says("Width divided by height of the result, if no content picture gives it. The longer side has images.size."))
	visit(field.Flag("stretch", &m.Stretch, false).
		Says("Stretch style pictures to the content's width and height, as the Keras example does."))
	visit(field.Choice("filter", &m.Filter, nst.CatmullRom, nst.CatmullRom, nst.Bilinear, nst.Nearest, nst.Sampled).
		Says("How pictures are resampled. When shrinking, catmullrom and bilinear average over all covered pixels; sampled reads four and nearest one."))
	visit(field.Whole("max_pixels", &m.MaxPixels, 100_000_000, field.AtLeast(1)).
		Says("The largest picture that is read, in pixels. It protects the memory from hostile files.").NotIdentity())
}

const defaultSteps = 150

// mostSteps is the largest number of steps of a run.
const mostSteps = 10_000_000

func runFields(c *Config, visit func(field.Field)) {
	r := &c.Run
	steps := field.Whole("steps", &r.Steps, defaultSteps, field.From(1, mostSteps)).
		Says("Steps of the optimiser. With [stages], steps of each stage, unless stages.steps gives them.")
	if len(c.Stages.Steps) > 0 { // it means nothing
		steps.Get, steps.Default = func() any { return nil }, nil
	}
	visit(steps)
	visit(field.Flag("project", &r.Project, false).
		Says("Cut pixels to the range from black to white after each step."))
	visit(field.Number("average", &r.Average, 0, field.Below(0, 1)).
		Says("Decay of an average over the iterates, which is then the picture: with 0.99 about the last hundred steps count. Each stage begins anew. 0 means no average."))
	visit(field.Number("pixel_range", &r.PixelRange, 1, field.Above(0)).
		Says("The value of white for the optimiser. With 255, rates mean what they mean in systems whose pixels go from 0 to 255."))
	visit(memoryField(r))
}

func logFields(c *Config, visit func(field.Field)) {
	l := &c.Log
	for _, f := range []field.Field{
		field.Whole("every", &l.Every, 1, field.AtLeast(1)).
			Says("Steps between two rows of metrics.csv."),
		field.Whole("yardstick", &l.Yardstick, 30, field.AtLeast(0)).
			Says("Steps between two rows of yardstick.csv. 0 writes none."),
		field.Flag("measures", &l.Measures, true).
			Says("Measure the finished picture (measures.json)."),
		field.Whole("frames", &l.Frames, 0, field.AtLeast(0)).
			Says("Steps between two pictures kept on the way. 0 keeps none."),
		field.Choice("print", &l.Print, "none", "none", "png", "tiff").
			Says("Save the result a second time with 16 bits a channel, for print: print.png or print.tif beside image.png."),
		field.Number("checkpoint_seconds", &l.CheckpointSeconds, 5, field.AtLeast(0)).
			Says("Seconds between two checkpoints."),
		field.Flag("tensorboard", &l.TensorBoard, false).
			Says("Keep event files for TensorBoard while the sweep runs."),
	} {
		visit(f.NotIdentity())
	}
}

// section reads a table of plain fields.
func (d *decoder) section(name string, fields field.Table) {
	if n := d.tableAt(name); n != nil || d.root.Table().Get(name) == nil || name == "stages" {
		field.Read(name, n, nil, fields, d.problems)
	}
}

// tableAt returns the node of a section. It returns nil if the section is missing or is
// not a table.
func (d *decoder) tableAt(name string) *tree.Node {
	n := d.root.Table().Get(name)
	if n == nil || n.Value == false && name == "stages" { // no stages
		return nil
	}
	if n.Table() == nil {
		d.problems.Add(n.At, name, tree.Describe(n), "a table: ["+name+"]")
		return nil
	}
	return n
}

// kindSection reads a table that has a kind.
func (d *decoder) kindSection(name string, ch *choice, c *Config) {
	n := d.tableAt(name)
	if n == nil && d.root.Table().Get(name) != nil {
		n = nil // already reported; use the defaults to find further mistakes
	}
	d.kindTable(name, n, ch, ch.kind("", nil), c, 0)
}

// kindTable reads the table at a node. The kind is def if the table chooses none.
func (d *decoder) kindTable(path string, n *tree.Node, ch *choice, def string, c *Config, i int) {
	chosen := field.Choice(ch.key, ch.chosen(c, i), def, ch.names()...)
	chosen.Reset()
	ch.choose(c, i, cmp.Or(def, ch.names()[0])) // also if no kind can be read
	if v := n.Table().Get(ch.key); v != nil {
		if e := chosen.Set(v); e != nil {
			chosen.Wrong(field.Join(path, ch.key), e, d.problems)
			return // without the kind the other keys are unknown
		}
		ch.choose(c, i, *ch.chosen(c, i))
	}
	fields, rest := ch.table(c, i), n
	if t := n.Table(); t != nil { // keys of other kinds have their own error
		own := fields.Names()
		clean := t.Clone()
		for _, name := range t.Keys {
			if name == ch.key || slices.Contains(own, name) {
				continue
			}
			if hint := ch.elsewhere(name, *ch.chosen(c, i)); hint != "" {
				d.problems.Add(t.Nodes[name].Key, field.Join(path, name), hint, tree.OneOf("", append([]string{ch.key}, own...)))
				clean.Drop(name)
			}
		}
		rest = &tree.Node{Key: n.Key, At: n.At, Value: clean}
	}
	field.Read(path, rest, []string{ch.key}, fields, d.problems)
}

func (d *decoder) losses(c *Config) {
	n := d.tableAt("loss")
	if n == nil {
		if d.root.Table().Get("loss") == nil {
			d.problems.Add(d.root.At, "loss", "no loss", "tables such as [loss.content] and [loss.style]")
		}
		return
	}
	t := n.Table()
	var names []string // kinds; a table without a kind is probably a misspelt kind
	for _, name := range t.Keys {
		if lossChoice.kind(name, t.Nodes[name].Table()) != "" {
			names = append(names, name)
		}
	}
	for _, name := range t.Keys {
		v := t.Nodes[name]
		path := "loss." + tree.WriteKey(name)
		switch {
		case v.Value == false: // removed
			continue
		case v.Table() == nil:
			d.problems.Add(v.At, path, tree.Describe(v), "a table: [loss."+tree.WriteKey(name)+"], or false for no such loss")
			continue
		}
		if found, want := lossNameFault(name); want != "" {
			d.problems.Add(v.Key, path, "a loss called "+tree.Shorten(tree.WriteKey(name))+found, want)
			continue
		}
		if i := slices.IndexFunc(c.Losses, func(l Loss) bool { return Fold(l.Name) == Fold(name) }); i >= 0 {
			d.problems.Add(v.Key, path, "losses called "+c.Losses[i].Name+" and "+name, "names that differ in more than upper and lower case (they become names of files)")
			continue
		}
		def := defaultLossKind(name)
		if def == "" && v.Table().Get("kind") == nil {
			want := "kind = " + tree.OneOf("", LossKinds())
			if near := tree.Nearest(name, append(names, LossKinds()...)); near != "" {
				want = "the name " + near + ", or " + want
			}
			d.problems.Add(v.Key, path, "a loss without a kind", want)
			continue
		}
		c.Losses = append(c.Losses, Loss{Name: name})
		d.kindTable(path, v, &lossChoice, def, c, len(c.Losses)-1)
	}
	if len(c.Losses) == 0 && len(t.Keys) == 0 {
		d.problems.Add(n.Key, "loss", "no loss", "tables such as [loss.content] and [loss.style]")
	}
}
