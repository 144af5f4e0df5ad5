package experiments

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// Yardstick is the [yardstick] table: what every picture is measured with,
// whatever its run minimises. It changes no pixel and is no part of a run's
// identity.
//
// What the file leaves open is chosen for all runs of a plan together (see
// chooseYardsticks), so that they compare.
type Yardstick struct {
	Network    string // "pyramid", "vgg19", "vgg16"; empty only before it is chosen
	Weights    string // path of a weight file; VGG only
	Preprocess string // that the weights want: "caffe", "torchvision"; VGG only
	Size       int    // pixels of the long side that all images are brought to
	Content    []string
	Style      []string // layers; empty: the usual ones, those that the pictures are large enough for
}

func yardstickFields(c *Config) []field {
	y := &c.Yardstick
	network := ""
	if y.Weights != "" {
		network = "vgg19"
	}
	fs := []field{
		chosenField(choiceField("network", &y.Network, network, networkKinds.names())),
		weightsField("weights", &y.Weights),
		chosenField(choiceField("preprocess", &y.Preprocess, "", slices.Sorted(maps.Keys(inputs)))),
		chosenField(wholeField("size", &y.Size, 0, from(minYardstick, 4096))),
		namesField("content", "layer", &y.Content),
		namesField("style", "layer", &y.Style),
	}
	for i := range fs {
		fs[i] = fs[i].notIdentity()
	}
	return fs
}

// chosenField leaves the key out while nothing is chosen.
func chosenField(f field) field {
	get := f.get
	f.get = func() any {
		v := get()
		if v == "" || v == int64(0) {
			return nil
		}
		return v
	}
	return f
}

// minYardstick is the least size of a yardstick: smaller pictures are enlarged,
// for below there is little left on the coarser layers.
const minYardstick = 64

// chooseYardsticks fills in what the runs' yardsticks leave open, with the same
// for all: the VGG with trained weights that all of them run on, else the fixed
// pyramid of package measure; and the long side that the smallest of them has, at
// most measure.DefaultSize, so that nothing large is measured on enlarged pictures
// and a small run spends little on it.
func chooseYardsticks(runs []PlannedRun) {
	size := measure.DefaultSize
	shared := runs[0].Config.Network
	for _, r := range runs {
		size = min(size, r.Config.Images.Size)
		if n := r.Config.Network; n.Name != shared.Name || n.Weights != shared.Weights || n.Input.Name != shared.Input.Name {
			shared.Weights = ""
		}
	}
	if !wholeVGG(shared) {
		shared.Weights = ""
	}
	for _, r := range runs {
		y := &r.Config.Yardstick
		if y.Size == 0 {
			y.Size = max(size, minYardstick)
		}
		if y.Network == "" && shared.Weights == "" {
			y.Network = "pyramid"
		}
		if y.Network == "" {
			y.Network, y.Weights, y.Preprocess = shared.Name, shared.Weights, shared.Input.Name
		}
		if y.Network == r.Config.Network.Name && y.Weights == "" { // a VGG is named: the run's own weights will do
			y.Weights = r.Config.Network.Weights
			if y.Preprocess == "" {
				y.Preprocess = r.Config.Network.Input.Name
			}
		}
		if y.Network != "pyramid" && y.Preprocess == "" {
			y.Preprocess = trainedWith(y.Weights)
		}
	}
}

// wholeVGG tells whether a network's file of weights has all convolutions, and not
// just those that the run reads.
func wholeVGG(n Network) bool {
	if n.Weights == "" {
		return false
	}
	c, err := weights.Open(n.Weights)
	if err != nil {
		return false
	}
	defer c.Close()
	return c.Network() == n.Name
}

// yardstick reports what does not go together, and layers and files that are not there.
func (k *checker) yardstick(c *Config, root *node) {
	d := &decoder{k.problems, root}
	y := &c.Yardstick
	wrong := func(key, found, want string) {
		d.problems.add(d.nodeAt("yardstick", key), "yardstick."+key, found, want)
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
		if y.Weights, found = findWeights(y.Weights); !found {
			found, want := weightsWanted(y.Weights)
			wrong("weights", found, want)
			return
		}
		if found, want := k.weightFile(weightsOf{y.Weights, y.Network}); found != "" {
			wrong("weights", found, want)
			return
		}
	}
	if y.Weights != "" && !wholeVGG(Network{Name: y.Network, Weights: y.Weights}) {
		wrong("weights", y.Weights+", which has not all convolutions of "+y.Network, "a whole file, or network = \"pyramid\"")
		return
	}
	stick, err := y.open(1)
	if err != nil {
		wrong("network", errorText(err), "options that go together")
		return
	}
	var known []string
	for _, l := range stick.Network.Layers() {
		known = append(append(known, l.Name), l.Aliases...)
	}
	content := k.shortSide(c, y.Size, c.Images.Content)
	style := content
	for _, s := range c.Images.Style {
		style = min(style, k.shortSide(c, y.Size, s.Path))
	}
	for _, list := range []struct {
		key    string
		layers []string
		short  int
	}{{"content", y.Content, content}, {"style", y.Style, style}} {
		for _, layer := range list.layers {
			if !slices.Contains(known, layer) {
				wrong(list.key, "no layer "+shorten(writeString(layer))+" in "+y.Network, layerChoice(layer, y.Network, known))
			} else if least := layerOf(stick.Network, layer).Reduction; least > list.short {
				wrong(list.key, fmt.Sprintf("the layer %s, for which a picture of %d pixels on the shorter side is too small", layer, list.short),
					fmt.Sprintf("shallower layers, or a larger yardstick.size (%d now)", y.Size))
			}
		}
	}
}

// shortSide is the shorter side of a picture whose longer one has that size; a
// square's where path is empty.
func (k *checker) shortSide(c *Config, size int, path string) int {
	p := k.pictures[pictureKey{path, c.Images.MaxPixels}]
	if p.width == 0 || p.height == 0 {
		return size
	}
	return size * min(p.width, p.height) / max(p.width, p.height) // never one too many
}

// open makes the yardstick. Filters are read when it is first used.
func (y Yardstick) open(threads int) (measure.Yardstick, error) {
	var m measure.Yardstick
	var err error
	if y.Network == "pyramid" {
		m, err = measure.Pyramid()
	} else {
		var trained nst.Weights
		if trained, err = weights.Open(y.Weights); err != nil {
			return m, err
		}
		preprocess := inputs[y.Preprocess]
		m, err = measure.VGG(y.Network, trained, &preprocess)
	}
	if err != nil {
		return m, fmt.Errorf("yardstick: %w", err)
	}
	m.Size, m.Threads = y.Size, threads
	if len(y.Content) > 0 {
		m.Content = y.Content
	}
	if len(y.Style) > 0 {
		m.Style = y.Style
	}
	return m, nil
}
