package nst

import (
	"fmt"
	"math"
)

// Reduction is how a sum of squared differences becomes a number. With N maps
// of M positions:
type Reduction string

const (
	Sum      Reduction = "sum"      // the sum itself; grows with the image
	Half     Reduction = "half"     // half the sum: Gatys et al. 2015, equation 1 (content only)
	Mean     Reduction = "mean"     // over the N M features, or the N^2 elements of a Gram matrix
	Root     Reduction = "root"     // sum / (2 sqrt(N M)): cysmith's (content only)
	Relative Reduction = "relative" // divided by the target's own sum of squares: 1 is as far off as nothing at all
	Gatys    Reduction = "gatys"    // 1/(4 N^2 M^2) of the raw sum: Gatys et al. 2015, equation 4 (style only)
	Keras    Reduction = "keras"    // 1/(4 3^2 S^2) of the raw sum, S the image's pixels: the Keras example (style only)
)

// Content is the squared distance between the feature maps of the image and of
// a content image of the same size: Gatys et al. 2015, equation 1.
type Content struct {
	Target *Image
	Layers LayerWeights
	Reduce Reduction // Half unless said
}

var _ ContentLoss = Content{}

// ContentImage implements ContentLoss.
func (l Content) ContentImage() *Image { return l.Target }

func (l Content) Needs() Needs { return Needs{l.Layers.Names(), []*Image{l.Target}} }

func (l Content) Build(c *Context) ([]Part, error) {
	var parts []Part
	for _, lw := range l.Layers {
		f, p := c.Feature(lw.Layer), c.Target(l.Target, lw.Layer)
		scale := 1.0
		switch l.Reduce {
		case "", Half:
			scale = 0.5
		case Sum, Relative:
		case Mean:
			scale = 1 / float64(f.N()*f.M())
		case Root:
			scale = 1 / (2 * math.Sqrt(float64(f.N()*f.M())))
		default:
			return nil, fmt.Errorf("nst: content loss reduced by %q: choose half, sum, mean, root or relative", l.Reduce)
		}
		d := c.FeatureDistance(f, p, scale)
		if l.Reduce == Relative {
			zero := *p
			zero.node = c.zeros(p.node)
			d = c.relative(d, c.FeatureDistance(p, &zero, 1))
		}
		parts = append(parts, Part{lw.Layer, lw.Weight, d})
	}
	return parts, nil
}
