package nst

import (
	"cmp"
	"errors"
)

// Content is the squared distance between the feature maps of the image and those of a
// content image (Gatys et al. 2015, equation 1). Both have the same size.
type Content struct {
	Target *Image
	// Mask weights the positions of both images; nil: all count equally.
	Mask   *Mask
	Layers LayerWeights
	Reduce Reduction // empty: Half
}

var _ ContentLoss = Content{}

// ContentImage implements ContentLoss.
func (l Content) ContentImage() *Image { return l.Target }

// Needs implements Loss.
func (l Content) Needs() Needs { return Needs{l.Layers.Names(), []*Image{l.Target}} }

// Validate implements Validator.
func (l Content) Validate() error {
	if _, err := contentReductions.of("reduction", l.Reduce); err != nil {
		return err
	}
	if l.Target == nil {
		return errors.New("nst: no image to compare with: set Target")
	}
	return cmp.Or(l.Target.Validate(), l.Mask.Validate(), l.Layers.Validate())
}

// Build implements Loss.
func (l Content) Build(c *Context) ([]Part, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	factor, err := contentReductions.of("reduction", l.Reduce)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, lw := range l.Layers {
		f, p := c.Feature(lw.Layer).Masked(l.Mask), c.Target(l.Target, lw.Layer).Masked(l.Mask)
		d := c.FeatureDistance(f, p, factor(float64(f.N()), float64(f.M())))
		if l.Reduce == Relative {
			d = c.Ratio(d, p.SquaredNorm())
		}
		parts = append(parts, Part{lw.Layer, lw.Weight, d})
	}
	return parts, nil
}
