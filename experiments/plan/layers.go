package plan

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// layers checks the losses' layers: each must exist, occur once, and not be too deep
// for the size of the pictures.
func (k *checker) layers(c *config.Config, net *nst.Network, root *tree.Node) {
	info := map[string]nst.LayerInfo{} // by name and alias
	var known []string
	for _, l := range net.Layers() {
		for _, name := range append([]string{l.Name}, l.Aliases...) {
			info[name] = l
			known = append(known, name)
		}
	}
	for _, l := range c.Losses {
		key := "loss." + l.Name + ".layers"
		seen := map[string]string{}
		deepest, purpose := nst.MinSide, "any neighbours"
		for _, lw := range l.Layers {
			at := config.WhereLayer(root, l.Name, lw.Layer)
			layer, ok := info[lw.Layer]
			if !ok {
				k.problems.Add(at, key, "no layer "+tree.Shorten(tree.WriteString(lw.Layer))+" in "+c.Network.Name, layerChoice(lw.Layer, c.Network.Name, known))
				continue
			}
			if other, ok := seen[layer.Name]; ok {
				k.problems.Add(at, key, other+" and "+lw.Layer+", which are one layer", "each layer once")
			}
			seen[layer.Name] = lw.Layer
			if layer.Reduction > deepest {
				deepest, purpose = layer.Reduction, "the layer "+lw.Layer
			}
		}
		if cross, ok := l.Options.(*config.CrossScale); ok {
			if p := k.partners(l, cross, info, root, c.Network.Name, known); p.Reduction > deepest {
				deepest, purpose = p.Reduction, "the layer "+p.Name
			}
		}
		k.sizes(c, l, root, "images", "size", "style_size", deepest, purpose)
		if c.Stages.From > 0 {
			k.sizes(c.AtStage(0), l, root, "stages", "from", "from", deepest, purpose)
		} else if c.Staged() {
			k.sizes(c.AtStage(0), l, root, "stages", "sizes", "sizes", deepest, purpose)
		}
	}
}

// partners checks the layers that a loss pairs with its own, and returns the deepest.
func (k *checker) partners(l config.Loss, cross *config.CrossScale, info map[string]nst.LayerInfo, root *tree.Node, network string, known []string) (deepest nst.LayerInfo) {
	with, err := cross.Partners(l.Layers)
	at, key := root.Where("loss", l.Name, "with"), "loss."+l.Name+".with"
	if err != nil {
		k.problems.Add(at, key, prefix.Text(err), "one layer for each of layers")
		return deepest
	}
	for _, name := range with {
		layer, ok := info[name]
		if !ok {
			k.problems.Add(at, key, "no layer "+tree.Shorten(tree.WriteString(name))+" in "+network, layerChoice(name, network, known))
		}
		if layer.Reduction > deepest.Reduction {
			deepest = layer
		}
	}
	return deepest
}

// sizes checks the pictures that a loss compares at one size. size and styleSize are the
// keys, in a section, that set the sizes.
func (k *checker) sizes(c *config.Config, l config.Loss, root *tree.Node, section, size, styleSize string, least int, purpose string) {
	k.largeEnough(c, root, section, size, c.Images.Content, c.Images.Size, least, purpose)
	if l.Options.Compares() != "style" || c.Images.Stretch {
		return
	}
	if c.Images.StyleSize > 0 {
		size = styleSize
	}
	for _, s := range slices.Concat(c.Images.Style, c.OwnStyles()) {
		k.largeEnough(c, root, section, size, s.Path, engine.StyleSize(c.Images), least, purpose)
	}
}

// largeEnough checks that a picture has at least one position at a layer, and no more
// pixels than the limit.
func (k *checker) largeEnough(c *config.Config, root *tree.Node, section, key, path string, size, least int, purpose string) {
	w, h := k.scaled(c, path, size, least)
	if float64(w)*float64(h) > float64(c.Images.MaxPixels) {
		k.problems.Add(root.Where(section, key), section+"."+key,
			fmt.Sprintf("a size that makes %s %d x %d pixels", filepath.Base(cmp.Or(path, "the result")), w, h),
			fmt.Sprintf("at most %d pixels (images.max_pixels raises it)", c.Images.MaxPixels))
		return
	}
	if min(w, h) >= least {
		return
	}
	k.problems.Add(root.Where(section, key), section+"."+key,
		fmt.Sprintf("a size that makes %s %d x %d pixels, too small for %s",
			filepath.Base(cmp.Or(path, "the result")), w, h, purpose),
		fmt.Sprintf("at least %d pixels on the shorter side, or shallower layers", least))
}

func layerChoice(name, network string, known []string) string {
	if len(known) <= 12 {
		return tree.OneOf(name, known)
	}
	all := "a layer that `nst layers " + network + "` lists"
	if near := tree.Nearest(name, known); near != "" {
		return near + ", or " + all
	}
	return all
}

// scaled returns the size at which a picture is loaded. If path is empty, it returns
// the size of the result, which is a square. If one pixel decides whether the picture
// reaches the least side, the picture is loaded to get its exact size.
func (k *checker) scaled(c *config.Config, path string, size, least int) (width, height int) {
	if path == "" {
		m := c.Images
		m.Size = size
		return engine.Canvas(m)
	}
	p := k.pictures[pictureKey{path, c.Images.MaxPixels}]
	side := max(p.width, p.height)
	switch nst.Side(c.Images.Side) {
	case nst.Short:
		side = min(p.width, p.height)
	case nst.Rows:
		side = p.height
	case nst.Columns:
		side = p.width
	}
	factor := float64(size) / float64(max(side, 1))
	round := math.Round
	if c.Images.Truncate {
		round = math.Floor
	}
	scale := func(n int) int { return max(1, int(round(float64(n)*factor))) }
	width, height = scale(p.width), scale(p.height)
	if n := min(width, height) - least; n > -3 && n < 3 {
		if m, err := nst.LoadWith(path, engine.LoadOptions(c.Images, size)); err == nil {
			return m.Width, m.Height
		}
	}
	return width, height
}
