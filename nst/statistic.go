package nst

import (
	"errors"

	"gorgonia.org/gorgonia"
)

// Statistic is a style: numbers that are sums or means over an image's positions, and
// so do not know where anything is, and a comparison of the image's with those of
// other images, which may have any size. Gram, Covariance and Correlation are written
// over it.
type Statistic struct {
	// Targets are the images to compare with. The numbers aimed at are the mean of
	// theirs by weight.
	Targets []Target
	// Mask is the part of the optimised image that counts; nil: all of it.
	Mask   *Mask
	Layers LayerWeights
	// Sums gives the numbers of one image at one layer, from Feature's Gram,
	// Covariance and Mean. A mask is applied already.
	Sums func(c *Context, f *Feature) []*gorgonia.Node
	// Compare gives the loss at one layer, a scalar, from the image's Sums and those
	// aimed at.
	Compare func(c *Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error)
}

var _ Loss = Statistic{}

// Needs implements Loss.
func (s Statistic) Needs() Needs {
	n := Needs{Layers: s.Layers.Names()}
	for _, t := range s.Targets {
		n.Targets = append(n.Targets, t.Image)
	}
	return n
}

// Build implements Loss.
func (s Statistic) Build(c *Context) ([]Part, error) {
	if s.Sums == nil || s.Compare == nil {
		return nil, errors.New("a Statistic requires Sums and Compare")
	}
	weights, err := shares(s.Targets)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, lw := range s.Layers {
		var aims [][]*gorgonia.Node // by target
		for _, t := range s.Targets {
			aims = append(aims, s.Sums(c, c.Target(t.Image, lw.Layer).Masked(t.Mask)))
		}
		aim := make([]*gorgonia.Node, len(aims[0]))
		for i := range aim {
			var each []*gorgonia.Node
			for _, a := range aims {
				each = append(each, a[i])
			}
			aim[i] = c.WeightedSum(weights, each...)
		}
		n, err := s.Compare(c, s.Sums(c, c.Feature(lw.Layer).Masked(s.Mask)), aim)
		if err != nil {
			return nil, err
		}
		parts = append(parts, Part{lw.Layer, lw.Weight, n})
	}
	return parts, nil
}
