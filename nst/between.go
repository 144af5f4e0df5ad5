package nst

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/topology"
)

// Statistics between the maps of two layers, and between a map and itself shifted. A Gram
// matrix says which features occur at the same place; these say what surrounds them.

// CrossScale compares how features of two layers occur together: the mean over the
// positions of (F - mu) (G - nu)^T, N x N'. The maps of the finer layer are averaged over
// 2x2 positions until both have one size. It is the statistic across scales of Portilla
// and Simoncelli, "A parametric texture model based on joint statistics of complex wavelet
// coefficients" (International Journal of Computer Vision 40(1), 2000, pages 49 to 71), on
// any network's layers.
type CrossScale struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Layers  LayerWeights
	// With has for each of Layers the layer that it is paired with. If it is empty, each
	// is paired with the next scale, by its name: scale1 and second1 with scale2, relu1_1
	// and relu1_2 with relu2_1, energy1 with energy2, down2 with down3, pool1 with pool2.
	With   []string
	Reduce Reduction // empty: Mean; or Sum or Relative
}

// ShiftedGram compares each layer's features with those at a distance, in four directions:
// the means over the positions p of (F(p) - mu) (F(p+d) - mu)^T, N x N, for d to the
// right, down, and along both diagonals. Strokes have long correlations along their
// direction (Berger and Memisevic, "Incorporating long-range consistency in CNN-based
// texture generation", ICLR 2017). The loss of a layer is the mean over the directions.
//
// Maps of more than 24 positions on the shorter side of the image are averaged over 2x2
// positions before, so that the distance is twice as long and the loss takes a quarter of
// the time.
type ShiftedGram struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Layers  LayerWeights
	// Distance is in positions, after the averaging; 0: 2. In maps that are smaller, it
	// is as far as the maps allow.
	Distance int
	Reduce   Reduction // empty: Mean; or Sum or Relative
}

var (
	_ Loss      = CrossScale{}
	_ Loss      = ShiftedGram{}
	_ Validator = CrossScale{}
	_ Validator = ShiftedGram{}
)

var numbered = regexp.MustCompile(`^(scale|second|energy|down|relu|conv|pool)(\d+)(_\d+)?$`)

// Partners returns for each of Layers the layer that it is paired with. It returns an
// error if With has another number of layers, or is empty and a name has no next scale.
func (l CrossScale) Partners() ([]string, error) {
	if len(l.With) > 0 {
		if len(l.With) != len(l.Layers) {
			return nil, errorf("%d layers paired with %d: must be as many", len(l.Layers), len(l.With))
		}
		return l.With, nil
	}
	var with []string
	for _, lw := range l.Layers {
		parts := numbered.FindStringSubmatch(topology.Canonical(lw.Layer))
		if parts == nil {
			return nil, errorf("the next scale of layer %s is not known by its name: name the layers that each is paired with", lw.Layer)
		}
		family, scale, within := parts[1], parts[2], parts[3]
		if family == "second" {
			family = "scale"
		}
		if within != "" {
			within = "_1"
		}
		n, _ := strconv.Atoi(scale)
		with = append(with, fmt.Sprintf("%s%d%s", family, n+1, within))
	}
	return with, nil
}

// statistic needs valid partners.
func (l CrossScale) statistic(with []string) Statistic {
	partner := map[string]string{}
	for i, lw := range l.Layers {
		partner[lw.Layer] = with[i]
	}
	return Statistic{
		Targets: TargetsOf(l.Target, l.Targets), Mask: l.Mask, Layers: l.Layers, With: with,
		Sums: func(_ *Context, f *Feature) []*gorgonia.Node {
			g := f.At(partner[f.Layer])
			for f.Reduction < g.Reduction {
				f = f.Pooled()
			}
			for g.Reduction < f.Reduction {
				g = g.Pooled()
			}
			return []*gorgonia.Node{f.Centred().Cross(g.Centred())}
		},
		Compare: compareMatrices(matrixReductions, cmp.Or(l.Reduce, Mean)),
	}
}

// Needs implements Loss.
func (l CrossScale) Needs() Needs {
	with, err := l.Partners()
	if err != nil {
		return Needs{} // Validate returns the error
	}
	return l.statistic(with).Needs()
}

// Validate implements Validator.
func (l CrossScale) Validate() error {
	with, err := l.Partners()
	if err != nil {
		return err
	}
	if _, err := matrixReductions.of("reduction", cmp.Or(l.Reduce, Mean)); err != nil {
		return err
	}
	names := l.Layers.Names()
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return errorf("layer %s twice: use two losses", name)
		}
	}
	return l.statistic(with).Validate()
}

// Build implements Loss.
func (l CrossScale) Build(c *Context) ([]Part, error) {
	with, err := l.Partners()
	if err != nil {
		return nil, err
	}
	return l.statistic(with).Build(c)
}

// shiftPooled is the longest shorter side of maps that ShiftedGram does not average.
const shiftPooled = 24

func (l ShiftedGram) statistic() Statistic {
	distance := cmp.Or(l.Distance, 2)
	compare := compareMatrices(matrixReductions, cmp.Or(l.Reduce, Mean))
	return Statistic{
		Targets: TargetsOf(l.Target, l.Targets), Mask: l.Mask, Layers: l.Layers,
		Sums: func(c *Context, f *Feature) []*gorgonia.Node {
			// The image decides for its targets, which may have another size.
			own := c.Feature(f.Layer)
			dy, dx := distance, distance
			pool := min(own.Height, own.Width) > shiftPooled && min(f.Height, f.Width) > 1
			for _, t := range append([]*Feature{own}, l.targets(c, f.Layer)...) {
				h, w := t.Height, t.Width
				if pool {
					h, w = h/2, w/2
				}
				dy, dx = min(dy, max(h-1, 0)), min(dx, max(w-1, 0))
			}
			if pool {
				f = f.Pooled()
			}
			f = f.Centred()
			return []*gorgonia.Node{f.Shifted(0, dx), f.Shifted(dy, 0), f.Shifted(dy, dx), f.Shifted(dy, -dx)}
		},
		Compare: func(c *Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
			var each []*gorgonia.Node
			var weights []float64
			for i := range image {
				d, err := compare(c, image[i:i+1], aim[i:i+1])
				if err != nil {
					return nil, err
				}
				each, weights = append(each, d), append(weights, 1/float64(len(image)))
			}
			return c.WeightedSum(weights, each...), nil
		},
	}
}

func (l ShiftedGram) targets(c *Context, layer string) []*Feature {
	var all []*Feature
	for _, t := range TargetsOf(l.Target, l.Targets) {
		all = append(all, c.Target(t.Image, layer))
	}
	return all
}

// Needs implements Loss.
func (l ShiftedGram) Needs() Needs { return l.statistic().Needs() }

// Validate implements Validator.
func (l ShiftedGram) Validate() error {
	if l.Distance < 0 {
		return errorf("a distance of %d: must be 1 or more", l.Distance)
	}
	if _, err := matrixReductions.of("reduction", cmp.Or(l.Reduce, Mean)); err != nil {
		return err
	}
	return l.statistic().Validate()
}

// Build implements Loss.
func (l ShiftedGram) Build(c *Context) ([]Part, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	return l.statistic().Build(c)
}
