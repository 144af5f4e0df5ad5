package plan

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/tree"
)

// WithYardstick reads the configurations of finished runs and gives all of them one
// yardstick, with which their pictures can be measured once more. The settings are
// KEY=VALUE of the table [yardstick]; the rest is chosen as for the runs of one plan.
// sums are the SHA-256 of the content and style images by their paths. Other files that
// the runs were made from need not exist.
func WithYardstick(files []string, settings ...string) (all []*config.Config, sums map[string]string, err error) {
	p := &tree.Problems{Files: files}
	var full []string
	for _, s := range settings {
		full = append(full, "yardstick."+s)
	}
	sets := readSettings("--yardstick", full, p)
	check := &checker{problems: p}
	var roots []*tree.Node
	for _, file := range files {
		root := tree.Read(file, p)
		if root == nil || p.Count > 0 {
			continue
		}
		t := root.Table().Clone()
		t.Drop("yardstick")
		for _, s := range sets {
			t = config.Override(t, s.path, s.value)
		}
		root = &tree.Node{Key: root.Key, At: root.At, Value: t}
		c := config.Decode(root, p)
		if p.Count > 0 {
			continue
		}
		for _, f := range c.Sources() {
			if f.Role == "content" || f.Role == "style" {
				check.picture(c, *f.Path, config.WhereFile(root, f), f.Name())
			}
		}
		all, roots = append(all, c), append(roots, root)
	}
	if err := p.Err(); err != nil {
		return nil, nil, err
	}
	for i, stick := range engine.ChooseYardsticks(all) {
		all[i].Yardstick = stick
	}
	for i, c := range all {
		check.yardstick(c, roots[i])
		if first := all[0].Yardstick; !reflect.DeepEqual(c.Yardstick, first) {
			p.Add(roots[i].Where("yardstick"), "yardstick", fmt.Sprintf("runs with different weights (%s, %s)", first.Weights, c.Yardstick.Weights), "weights=FILE for one yardstick")
		}
	}
	return all, check.hashes, p.Err()
}

// yardstick reports contradictory keys, and layers and files that do not exist.
func (k *checker) yardstick(c *config.Config, root *tree.Node) {
	y := &c.Yardstick
	wrong := func(key, found, want string) {
		k.problems.Add(root.Where("yardstick", key), "yardstick."+key, found, want)
	}
	switch {
	case y.Network == "pyramid" && y.Weights != "":
		wrong("weights", "weights for the pyramid, which has none", `network = "vgg19", or no weights`)
		return
	case y.Network == "pyramid" && y.Preprocess != "":
		wrong("preprocess", "a preprocessing for the pyramid, which has its own", `network = "vgg19", or no preprocess`)
		return
	case y.Network != "pyramid" && y.Weights == "":
		wrong("network", y.Network+" without trained weights, which measures little", `weights = "`+y.Network+`.safetensors", or network = "pyramid"`)
		return
	}
	if y.Weights != "" {
		var found bool
		if y.Weights, found = config.FindWeights(y.Weights); !found {
			found, want := config.WeightsWanted(y.Weights)
			wrong("weights", found, want)
			return
		}
		if found, want := k.weightFile(weightsOf{y.Weights, y.Network}); found != "" {
			wrong("weights", found, want)
			return
		}
	}
	if y.Weights != "" && !engine.WholeVGG(config.Network{Name: y.Network, Weights: y.Weights}) {
		wrong("weights", y.Weights+", which has not all convolutions of "+y.Network, "a whole file, or network = \"pyramid\"")
		return
	}
	stick, err := engine.OpenYardstick(context.Background(), *y, 1)
	if err != nil {
		wrong("network", tree.ErrorText(err), "options that go together")
		return
	}
	var known []string
	for _, l := range stick.Network.Layers() {
		known = append(append(known, l.Name), l.Aliases...)
	}
	content := k.shortSide(c, y.Size, c.Images.Content)
	style := content
	for _, s := range c.Styles() {
		style = min(style, k.shortSide(c, y.Size, s.Path))
	}
	for _, list := range []struct {
		key    string
		layers []string
		short  int
	}{{"content", y.Content, content}, {"style", y.Style, style}} {
		for _, layer := range list.layers {
			if !slices.Contains(known, layer) {
				wrong(list.key, "no layer "+tree.Shorten(tree.WriteString(layer))+" in "+y.Network, layerChoice(layer, y.Network, known))
			} else if least := engine.LayerOf(stick.Network, layer).Reduction; least > list.short {
				wrong(list.key, fmt.Sprintf("the layer %s, for which a picture of %d pixels on the shorter side is too small", layer, list.short),
					fmt.Sprintf("shallower layers, or a larger yardstick.size (%d now)", y.Size))
			}
		}
	}
}

// shortSide returns the shorter side of a picture whose longer side has that size. If
// path is empty, the picture is a square.
func (k *checker) shortSide(c *config.Config, size int, path string) int {
	p := k.pictures[pictureKey{path, c.Images.MaxPixels}]
	if p.width == 0 || p.height == 0 {
		return size
	}
	return size * min(p.width, p.height) / max(p.width, p.height) // rounded down, so never one pixel too many
}
