package nst

import (
	"testing"

	"gorgonia.org/gorgonia"
)

// Products of two layers, and of maps and themselves shifted, are those of the whole image:
// across the seams, at the borders of images of odd size, and in tiles that a shift leaves as a
// whole.
func TestProductsInTiles(t *testing.T) {
	const width, height = 59, 46
	style, m := wave(90, 71, 11), wave(width, height, 5)
	for name, c := range map[string]struct {
		options Options
		layers  []string
		tile    int
	}{
		"vgg19":    {Options{Width: 1. / 16, Pooling: Average}, []string{"relu1_1", "relu2_1", "relu3_1"}, 16},
		"oriented": {Options{Levels: 3}, []string{"scale1", "scale2", "scale3"}, 24},
	} {
		net := open(t, name, c.options)
		for kind, loss := range map[string]Loss{
			"cross-scale":  CrossScale{Target: style, Layers: Layers(c.layers[:2]...)},
			"far":          CrossScale{Target: style, Layers: Layers(c.layers[0]), With: c.layers[2:]},
			"shifted-gram": ShiftedGram{Target: style, Layers: Layers(c.layers...), Distance: 3},
			"plain": Statistic{Targets: []Target{{style, nil, 1}}, Layers: Layers(c.layers[1]), Compare: compareMatrices(matrixReductions, Mean),
				Sums: func(_ *Context, f *Feature) []*gorgonia.Node { return []*gorgonia.Node{f.Shifted(1, -2)} }},
		} {
			whole, tiles, _, _ := gradients(t, net, Objective{{Name: "x", Weight: 1, Loss: loss}}, m, c.tile)
			if d := distanceTo(tiles, whole); !(d < 1e-5) {
				t.Errorf("%s of %s: the gradient differs by %.2g", kind, name, d)
			}
		}
	}
}
