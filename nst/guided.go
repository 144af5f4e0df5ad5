package nst

import (
	"cmp"
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Guided is a loss whose maps say where regions are: each layer has, besides the network's
// N maps, one map for each region, the region's mask at that layer. Around a Gram loss these
// are the guided sums of Gatys et al. 2017 ("Controlling Perceptual Factors in Neural Style
// Transfer", section 4.2): the products of a map with a mask are its sums over the regions.
// It takes the time of one Gram matrix, where Regions takes that of one for each region, and
// ties to the regions only means, not which features occur together. Around NearestPatches
// a patch finds its nearest one in the same region, as in Champandard 2016, "Semantic Style
// Transfer and Turning Two-Bit Doodles into Fine Artworks".
//
// Losses that subtract means, such as Covariance, do so within each target: there a region
// whose target is a whole image could not be told from the others. Use Regions for them.
type Guided struct {
	Loss    Loss
	Regions []Guide
	// Strength is the strength of the maps of regions. They are scaled by the root of the
	// mean, over the positions of all targets, of the squared length of the feature
	// vectors: 1, or 0 for the default, makes a region as strong as all N maps together. The
	// paper adds masks as they are to features of mean 1.
	Strength float64
}

// Guide is a region of the optimised image, and its counterpart in the targets.
type Guide struct {
	Mask   *Mask   // the region in the optimised image; scaled to mean 1
	Weight float64 // its factor, 0 or more
	// Targets are the target images that have the region, with its mask there (nil: all of
	// the image), scaled to mean 1, and its factor. In other targets the map is 0.
	Targets []Target
}

var (
	_ Loss      = Guided{}
	_ Validator = Guided{}
)

// Needs implements Loss.
func (l Guided) Needs() Needs {
	if l.Loss == nil {
		return Needs{} // Validate returns the error
	}
	return l.Loss.Needs()
}

// Validate implements Validator.
func (l Guided) Validate() error {
	if l.Loss == nil {
		return errorf("guided regions without a loss")
	}
	if len(l.Regions) == 0 {
		return errorf("no regions")
	}
	if !(l.Strength >= 0) || math.IsInf(l.Strength, 0) {
		return errorf("guided regions with strength %v: must be above 0, or 0 for 1", l.Strength)
	}
	for i, r := range l.Regions {
		if r.Mask == nil {
			return errorf("region %d has no mask", i+1)
		}
		for _, t := range append(r.Targets, Target{Mask: r.Mask, Weight: r.Weight}) {
			if !(t.Weight >= 0) || math.IsInf(t.Weight, 0) {
				return errorf("region %d has weight %v: must be 0 or more", i+1, t.Weight)
			}
			if err := t.Mask.Validate(); err != nil {
				return err
			}
		}
	}
	return validate(l.Loss)
}

// Build implements Loss.
func (l Guided) Build(c *Context) ([]Part, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	own := *c
	own.guided = &l
	return l.Loss.Build(&own)
}

// stack returns features with a map for each region added.
func (l *Guided) stack(c *Context, f *Feature) *Feature {
	plain := *c
	plain.guided = nil
	var norms []*gorgonia.Node
	var shares []float64
	for _, m := range c.needs.Targets {
		g := plain.Target(m, f.Layer)
		norms = append(norms, g.SquaredNorm())
		shares = append(shares, 1/(float64(g.M())*float64(len(c.needs.Targets))))
	}
	if len(norms) == 0 {
		panic(fmt.Errorf("guided regions of a loss without targets"))
	}
	g := l.guides(f.image, c.WeightedSum(shares, norms...))
	own := *f
	own.Channels += len(l.Regions)
	if f.sums() != nil {
		own.guides = g
		return &own
	}
	in := []*gorgonia.Node{f.node, g.square}
	s := stacking{from: f.shape(), to: own.shape(), strength: g.strength, factors: g.factors, input: make([]int, len(l.Regions))}
	for i, mask := range g.masks {
		if mask != nil {
			weights, _ := c.mask(mask, f)
			s.input[i] = len(in)
			in = append(in, weights)
		}
	}
	own.root, own.node = nil, apply(s.op(in), in...)
	return &own
}

// guides are the maps of regions of one image at a layer.
type guides struct {
	of       *Guided
	strength float64
	masks    []*Mask        // by region; nil: all weights are 1
	factors  []float64      // by region, of its map; 0: the image does not have the region
	square   *gorgonia.Node // mean squared length of the targets' feature vectors, whose root is a further factor
}

// guides returns the maps of regions of a target, or of the optimised image.
func (l *Guided) guides(image *Image, square *gorgonia.Node) *guides {
	g := &guides{of: l, strength: cmp.Or(l.Strength, 1), masks: make([]*Mask, len(l.Regions)), factors: make([]float64, len(l.Regions)), square: square}
	for i, r := range l.Regions {
		if image == nil {
			g.masks[i], g.factors[i] = r.Mask, r.Weight
		}
		for _, t := range r.Targets {
			if image != nil && t.Image == image {
				g.masks[i], g.factors[i] = t.Mask, t.Weight
			}
		}
	}
	return g
}

// scaled multiplies a sum of the maps in tiles, where the maps of regions have no factors yet.
func (g *guides) scaled(kind sumKind, sum *gorgonia.Node) *gorgonia.Node {
	shape := sum.Shape()
	n := shape[0]
	scale := func(to, from, square []float32) {
		factor := make([]float64, n)
		for i := range factor {
			factor[i] = 1
			if k := i - (n - len(g.factors)); k >= 0 {
				factor[i] = g.strength * math.Sqrt(float64(square[0])) * g.factors[k]
			}
		}
		for i, f := range factor {
			switch kind {
			case gramSum:
				for j, other := range factor {
					to[i*n+j] = float32(f * other * float64(from[i*n+j]))
				}
			case squareSum:
				to[i] = float32(f * f * float64(from[i]))
			default:
				to[i] = float32(f * float64(from[i]))
			}
		}
	}
	return apply(op.Custom{Name: "factors of regions", In: []tensor.Shape{shape, {}}, Out: shape,
		Run: func(_ kernel.Workers, out []float32, in [][]float32) { scale(out, in[0], in[1]) },
		Back: func(_ kernel.Workers, k int, din, dout []float32, in [][]float32) {
			if k > 0 {
				clear(din)
				return
			}
			scale(din, dout, in[1])
		}}, sum, g.square)
}

// stacking adds maps of regions to the maps of a layer. Its inputs are the maps, the mean
// squared length of a feature vector unless there are no factors, and weights of positions.
type stacking struct {
	from, to kernel.Shape
	strength float64
	factors  []float64 // by region; nil: all are 1
	input    []int     // the input that has the weights of a region; 0: all are 1
}

func (s stacking) op(in []*gorgonia.Node) op.Custom {
	var shapes []tensor.Shape
	for _, n := range in {
		shapes = append(shapes, n.Shape())
	}
	row := s.from.W * kernel.Lanes
	last := s.from.Blocks() - 1
	first := s.from.C - last*kernel.Lanes // lane of the last block that is no map of the network
	return op.Custom{Name: "maps of regions", In: shapes,
		Out: tensor.Shape{s.to.Blocks(), s.to.H + 2, s.to.W + 2, kernel.Lanes},
		Run: func(w kernel.Workers, out []float32, in [][]float32) {
			scale := 1.0
			if s.factors != nil {
				scale = s.strength * math.Sqrt(float64(in[1][0]))
			}
			w.Each(s.to.H, func(y int) {
				for b := range s.to.Blocks() {
					at := s.to.Index(b*kernel.Lanes, y, 0)
					if b <= last {
						copy(out[at:][:row], in[0][at:][:row])
					} else {
						clear(out[at:][:row])
					}
				}
				for i, k := range s.input {
					at, factor := s.to.Index(s.from.C+i, y, 0), scale
					if s.factors != nil {
						factor *= s.factors[i]
					}
					for x := range s.to.W {
						v := factor
						if k > 0 {
							v *= float64(in[k][y*s.to.W+x])
						}
						out[at+x*kernel.Lanes] = float32(v)
					}
				}
			})
		},
		Back: func(w kernel.Workers, k int, din, dout []float32, _ [][]float32) {
			if k > 0 {
				clear(din)
				return
			}
			w.Each(s.from.H, func(y int) {
				for b := range s.from.Blocks() {
					at := s.from.Index(b*kernel.Lanes, y, 0)
					copy(din[at:][:row], dout[at:][:row])
					if b == last && first < kernel.Lanes {
						for x := range s.from.W {
							clear(din[at+x*kernel.Lanes+first:][:kernel.Lanes-first])
						}
					}
				}
			})
		}}
}
