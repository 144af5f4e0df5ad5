package nst

import (
	"cmp"
	"errors"

	"gorgonia.org/gorgonia"
)

// Statistic is a style loss. It computes sums or means over the positions of an image,
// which do not depend on where things are, and compares them with those of the target
// images. Target images may have any size. Gram, Covariance and Correlation are
// implemented with it.
type Statistic struct {
	// Targets are the images to compare with. The loss compares with the mean of
	// their statistics, weighted by Target.Weight.
	Targets []Target
	// Mask weights the positions of the optimised image; nil: all count equally.
	Mask   *Mask
	Layers LayerWeights
	// With are further layers that Sums reads, with Feature.At.
	With []string
	// Sums returns the statistics of one image at one layer, computed with the methods
	// Gram, Covariance, Mean, Cross and Shifted of Feature. A mask is applied already.
	Sums func(c *Context, f *Feature) []*gorgonia.Node
	// Compare returns the loss at one layer, a scalar, from the statistics of the
	// image and those of the targets.
	Compare func(c *Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error)
}

var _ Loss = Statistic{}

// Needs implements Loss.
func (s Statistic) Needs() Needs {
	n := Needs{Layers: append(s.Layers.Names(), s.With...)}
	for _, t := range s.Targets {
		n.Targets = append(n.Targets, t.Image)
	}
	return n
}

// Validate implements Validator.
func (s Statistic) Validate() error {
	if s.Sums == nil || s.Compare == nil {
		return errors.New("nst: a Statistic requires Sums and Compare")
	}
	if _, err := shares(s.Targets); err != nil {
		return err
	}
	for _, t := range s.Targets {
		if t.Image == nil {
			return errors.New("nst: a target without an image")
		}
		if err := cmp.Or(t.Image.Validate(), t.Mask.Validate()); err != nil {
			return err
		}
	}
	return cmp.Or(s.Mask.Validate(), s.Layers.Validate())
}

// Build implements Loss.
func (s Statistic) Build(c *Context) ([]Part, error) {
	if err := s.Validate(); err != nil {
		return nil, err
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
