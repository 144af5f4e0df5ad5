package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// MaskFile is a mask: a picture, and what counts in it.
type MaskFile struct {
	Path  string          // empty: no mask
	Label string          // "#rrggbb": the colour that counts; empty: brightness, black to white
	Rule  nst.Propagation // how it is propagated to the layers
	Turn  float64         // degrees, with the style image that it belongs to
}

// Region is [region.NAME]: a part of the result that has a style of its own.
type Region struct {
	Name      string
	Mask      MaskFile
	Style     []WeightedImage // empty: Images.Style
	StyleMask MaskFile
	Weight    float64
	Losses    []string // empty: all that compare with the style
	Layers    []string // empty: all of the loss
}

// maskFields visits the keys of a mask.
func maskFields(m *MaskFile, prefix, about string, visit func(field.Field)) {
	path, made := prefix+"mask", m.Path != ""
	if prefix == "" {
		made = true // the rule and the label are read before the path is checked
	}
	visit(field.Path(path, &m.Path).Says(about + " The picture may have any size and the proportions of the picture that it is laid on. White counts fully, black not at all."))
	visit(field.Given(labelField(prefix+"label", &m.Label).
		Says("The colour of "+path+" that counts, as \"#ff0000\": the mask is a map of labels. Without it, brightness counts."), &m.Label, made, path))
}

func ruleField(m *MaskFile) field.Field {
	return field.Choice("rule", &m.Rule, nst.Simple, nst.Simple, nst.Inside, nst.All).
		Says("Which weight of the mask a position of a layer gets: the mean over its own pixels (simple), or the least (inside) or greatest (all) of all pixels that it sees.")
}

var labelColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func labelField(name string, p *string) field.Field {
	return field.Of(name, `a colour as "#ff0000"`, p, "", func(n *tree.Node) (string, *field.Error) {
		s, ok := n.Value.(string)
		if !ok || !labelColour.MatchString(s) {
			return "", &field.Error{At: n}
		}
		return strings.ToLower(s), nil
	}, func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}).Accepts(field.Schema{"type": "string", "pattern": labelColour.String()})
}

func (r *Region) fields(visit func(field.Field)) {
	maskFields(&r.Mask, "", "Where in the result the region is.", visit)
	visit(imagesField("style", &r.Style).
		Says("The picture in whose style the region is painted, or several, as images.style, which is the default."))
	maskFields(&r.StyleMask, "style_", "Which part of the style picture counts.", visit)
	visit(ruleField(&r.Mask))
	visit(field.Number("weight", &r.Weight, 1, field.AtLeast(0)).
		Says("A factor on the style losses in the region. With 1 the style is as strong at each position as without regions: a region counts by its share of the result, where Gatys et al. 2017 count all equally."))
	visit(field.Names("losses", "loss", &r.Losses).
		Says("The losses that the region applies to. Without it, all that compare with the style."))
	visit(field.Names("layers", "layer", &r.Layers).
		Says("Those layers of the losses that the region applies to. Without it, all."))
}

// regions reads the regions.
func (d *decoder) regions(c *Config) {
	t := d.tableAt("region").Table()
	if t == nil {
		return
	}
	for _, name := range t.Keys {
		v := t.Nodes[name]
		path := "region." + tree.WriteKey(name)
		switch {
		case v.Value == false: // removed
			continue
		case v.Table() == nil:
			d.problems.Add(v.At, path, tree.Describe(v), "a table: ["+path+"], or false for no such region")
			continue
		}
		c.Regions = append(c.Regions, Region{Name: name})
		r := &c.Regions[len(c.Regions)-1]
		field.Read(path, v, nil, r.fields, d.problems)
		r.StyleMask.Rule, r.StyleMask.Turn = r.Mask.Rule, c.Images.StyleTurn
	}
}

// takesMasks reports whether a kind of loss has masks. The options of one that may have none
// say so. It takes no mask of its own, and no region applies to it.
func takesMasks(o LossOptions) bool {
	if m, says := o.(interface{ takesMasks() bool }); says {
		return m.takesMasks()
	}
	return readsLayers(o) || o.Compares() != ""
}

// AppliesTo reports whether a region applies to a loss.
func (r Region) AppliesTo(l Loss) bool {
	return l.Options.Compares() == "style" && (len(r.Losses) == 0 || slices.Contains(r.Losses, l.Name))
}

// ownStyle reports whether the loss never compares with images.style. A region without a
// style has its own error.
func (l Loss) ownStyle(c *Config) bool {
	return len(l.Style) > 0 || slices.ContainsFunc(c.Regions, func(r Region) bool { return r.AppliesTo(l) })
}

// checkRegions checks the keys of regions and of masks together.
func (d *decoder) checkRegions(c *Config) {
	root := d.root.Table()
	report := func(table, name, key, found, want string) {
		d.problems.Add(d.root.Where(table, name, key), table+"."+tree.WriteKey(name)+"."+key, found, want)
	}
	set := func(table, name, key string) bool { return root.Get(table).Table().Get(name).Table().Get(key) != nil }
	for _, r := range c.Regions {
		if r.Mask.Path == "" && !set("region", r.Name, "mask") {
			report("region", r.Name, "mask", "a region without a mask", `mask = "picture.png", white where the region is`)
		}
		if len(r.Style)+len(c.Images.Style) == 0 && !set("region", r.Name, "style") && root.Get("images").Table().Get("style") == nil {
			report("region", r.Name, "style", "a region without a style", `style = "picture.png" here, or in [images] for all regions`)
		}
		var styles []string
		for _, l := range c.Losses {
			if l.Options.Compares() == "style" {
				styles = append(styles, l.Name)
			}
		}
		if len(styles) == 0 && len(c.Losses) > 0 {
			report("region", r.Name, "losses", "no loss that compares with a style", "a loss such as [loss.style]")
		}
		for _, name := range r.Losses {
			if !slices.Contains(styles, name) && len(styles) > 0 {
				report("region", r.Name, "losses", "no style loss "+tree.Shorten(tree.WriteString(name)), tree.OneOf(name, styles))
			}
		}
		for _, layer := range r.Layers {
			var known []string
			for _, l := range c.Losses {
				if r.AppliesTo(l) {
					for _, lw := range l.Layers {
						known = append(known, lw.Layer)
					}
				}
			}
			if !slices.Contains(known, layer) {
				report("region", r.Name, "layers", "the layer "+tree.Shorten(tree.WriteString(layer))+", which its losses do not read", tree.OneOf(layer, known))
			}
		}
	}
	for _, l := range c.Losses {
		for _, r := range c.Regions {
			_, _, guided := guidedBy(l.Options)
			if r.AppliesTo(l) && !takesMasks(l.Options) && !guided {
				report("region", r.Name, "losses", "the loss "+l.Name+" of kind "+l.Kind+", which has no masks", "losses that have: name them in losses")
			}
			if r.AppliesTo(l) && guided && len(r.Layers) > 0 {
				report("region", r.Name, "layers", "layers of the loss "+l.Name+", which all regions share", "no layers here: the loss has one statistic for all regions")
			}
		}
		regions := slices.ContainsFunc(c.Regions, func(r Region) bool { return r.AppliesTo(l) })
		for _, key := range []string{"mask", "style"} {
			if regions && set("loss", l.Name, key) {
				report("loss", l.Name, key, "a "+key+" of a loss that regions divide", "no "+key+" here, or losses in the regions that do not name "+l.Name)
			}
		}
		if l.Mask.Path == "" && l.Mask.Label != "" {
			report("loss", l.Name, "label", "a key that needs mask", "mask, or no label")
		}
	}
}

// MaskUse is a mask and where it is used.
type MaskUse struct {
	MaskFile
	Table, Name, Key string   // [Table.Name] Key
	On               []string // pictures that it is laid on; empty: the result
	Layers           []string // at which it counts
}

// Masks lists the masks of the run.
func (c *Config) Masks() []MaskUse {
	var all []MaskUse
	for _, l := range c.Losses {
		if l.Mask.Path != "" {
			all = append(all, MaskUse{l.Mask, "loss", l.Name, "mask", nil, layerNames(l.Layers)})
		}
	}
	for _, r := range c.Regions {
		var layers []string
		for _, l := range c.Losses {
			if r.AppliesTo(l) {
				layers = append(layers, layerNames(r.layersOf(l))...)
			}
		}
		if r.Mask.Path != "" {
			all = append(all, MaskUse{r.Mask, "region", r.Name, "mask", nil, layers})
		}
		if r.StyleMask.Path != "" {
			u := MaskUse{r.StyleMask, "region", r.Name, "style_mask", nil, layers}
			for _, s := range r.styles(c) {
				u.On = append(u.On, s.Path)
			}
			all = append(all, u)
		}
	}
	return all
}

func (r Region) styles(c *Config) []WeightedImage {
	if len(r.Style) > 0 {
		return r.Style
	}
	return c.Images.Style
}

// layersOf returns the layers of a loss that a region applies to.
func (r Region) layersOf(l Loss) []LayerWeight {
	if len(r.Layers) == 0 {
		return l.Layers
	}
	var all []LayerWeight
	for _, lw := range l.Layers {
		if slices.Contains(r.Layers, lw.Layer) {
			all = append(all, lw)
		}
	}
	return all
}

func layerNames(layers []LayerWeight) []string {
	var names []string
	for _, lw := range layers {
		names = append(names, lw.Layer)
	}
	return names
}

// Styles returns the style pictures of the run: those of [images], or if it has none, all
// that losses and regions name, in equal shares.
func (c *Config) Styles() []WeightedImage {
	if len(c.Images.Style) > 0 {
		return c.Images.Style
	}
	all := c.OwnStyles()
	for i := range all {
		all[i].Weight = 1 / float64(len(all))
	}
	return all
}

// OwnStyles lists the style pictures that losses and regions name, each once.
func (c *Config) OwnStyles() []WeightedImage {
	var all []WeightedImage
	add := func(images []WeightedImage) {
		for _, s := range images {
			if !slices.ContainsFunc(all, func(o WeightedImage) bool { return o.Path == s.Path }) {
				all = append(all, s)
			}
		}
	}
	for _, l := range c.Losses {
		add(l.Style)
	}
	for _, r := range c.Regions {
		add(r.Style)
	}
	return all
}
