package nst

import (
	"cmp"
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// NearestPatches compares each patch of the image's maps with the patch of the target's
// that is most similar: the Markov random field of Li and Wand, "Combining Markov Random
// Fields and Convolutional Neural Networks for Image Synthesis" (CVPR 2016, pages 2479 to
// 2486). A patch has Size x Size positions of all N maps. With P(i) a patch of the image,
// Q(j) one of the target and n(i) the j with the largest P(i).Q(j) / (|P(i)| |Q(j)|):
//
//	sum over i |P(i) - Q(n(i))|^2
//
// n(i) counts as a constant. Where it changes, the loss jumps, because the nearest patch by
// direction need not be the nearest by distance: prefer an optimiser without line search.
// The authors' program descends another function: it divides each position's gradient by
// the number of patches that contain the position.
//
// An evaluation takes 2 N M M' operations for M and M' positions: choose deep layers, as the
// paper's relu3_1 and relu4_1.
type NearestPatches struct {
	Target *Image // see Gram
	// Targets are several style images; the nearest patch of all is found. All weights
	// must be equal, and there are no masks.
	Targets []Target
	Layers  LayerWeights
	// Reduce is Mean, the sum divided by the number of patches and of their elements, if
	// empty; or Sum, as above; or Relative, the mean over the patches divided by the mean of
	// |Q(j)|^2.
	Reduce Reduction
	// Size is odd, at most 9; 0: 3, as in the paper.
	Size int
	// By is ByDirection if empty, as above; or ByDistance: n(i) is the j with the least
	// |P(i) - Q(j)|. The loss then has no jumps. On the layers image and down2, down3, … of
	// a pyramid, whose maps are colours, it is the energy of Kwatra et al., "Texture
	// Optimization for Example-based Synthesis" (2005), equation 1, at every position and
	// with squared distances.
	By Nearness
}

// Nearness says which patch is the nearest.
type Nearness string

const (
	ByDirection Nearness = "direction" // the largest normalised product
	ByDistance  Nearness = "distance"  // the least distance
)

// nearnesses maps each name to whether it is a distance.
var nearnesses = choices[Nearness, bool]{{ByDirection, false}, {ByDistance, true}}

// NearestFeatures compares each feature vector of the image with the nearest one of the
// target: the loss of the final pass of Kolkin et al., "Neural Neighbor Style Transfer"
// (arXiv 2203.13215, 2022), as the authors' program computes it. With the features f(i)
// and g(j) of N maps at the positions i and j, after the mean over the positions is
// subtracted:
//
//	mean over i of min over j of 1 - f(i).g(j) / (|f(i)| |g(j)|)
//
// It is between 0 and 2. A vector of zeros has the distance 1 from all. The program reads
// at most about 64 x 64 positions of each layer, drawn anew in each step; here all count.
type NearestFeatures struct {
	Target  *Image   // see Gram
	Targets []Target // see NearestPatches
	Layers  LayerWeights
}

var (
	_ Loss      = NearestPatches{}
	_ Validator = NearestPatches{}
	_ Loss      = NearestFeatures{}
	_ Validator = NearestFeatures{}
)

// Validate returns an error for an invalid option.
func (l NearestPatches) Validate() error {
	if l.Size < 0 || l.Size > 9 || l.Size > 0 && l.Size%2 == 0 {
		return errorf("patches of %d positions: 0 (the default, 3) or an odd number to 9 is accepted", l.Size)
	}
	if _, err := matrixReductions.of("reduction", l.Reduce); err != nil {
		return err
	}
	if _, err := nearnesses.of("nearness", l.By); err != nil {
		return err
	}
	return l.nearest().validate()
}

// Needs implements Loss.
func (l NearestPatches) Needs() Needs { return l.nearest().needs() }

// Build implements Loss.
func (l NearestPatches) Build(c *Context) ([]Part, error) { return l.nearest().build(c) }

func (l NearestPatches) nearest() nearest {
	return nearest{TargetsOf(l.Target, l.Targets), l.Layers, cmp.Or(l.Size, 3), l.By == ByDistance, func(f *Feature) *Feature { return f },
		func(c *Context, s *patchSearch, image, found *gorgonia.Node, targets []*gorgonia.Node) *gorgonia.Node {
			scale := 1.0
			if l.Reduce != Sum {
				scale = 1 / float64(s.image.patches(s.size))
			}
			if cmp.Or(l.Reduce, Mean) == Mean {
				scale /= float64(s.size * s.size * s.maps)
			}
			d := c.Op(s.distance(scale), append([]*gorgonia.Node{image, found}, targets...)...)
			if l.Reduce == Relative {
				d = c.Ratio(d, c.Op(s.norm(), targets...))
			}
			return d
		}}
}

// Validate returns an error for an invalid option.
func (l NearestFeatures) Validate() error { return l.nearest().validate() }

// Needs implements Loss.
func (l NearestFeatures) Needs() Needs { return l.nearest().needs() }

// Build implements Loss.
func (l NearestFeatures) Build(c *Context) ([]Part, error) { return l.nearest().build(c) }

func (l NearestFeatures) nearest() nearest {
	return nearest{TargetsOf(l.Target, l.Targets), l.Layers, 1, false, (*Feature).Centred,
		func(c *Context, s *patchSearch, image, found *gorgonia.Node, targets []*gorgonia.Node) *gorgonia.Node {
			return c.Op(s.cosine(), append([]*gorgonia.Node{image, found}, targets...)...)
		}}
}

// nearest is a loss that compares patches with the nearest of the targets.
type nearest struct {
	targets []Target
	layers  LayerWeights
	size    int
	distant bool
	of      func(f *Feature) *Feature // the maps that are compared
	// compare returns the loss at one layer from the positions of the image, the numbers of
	// the nearest patches and the positions of the targets.
	compare func(c *Context, s *patchSearch, image, found *gorgonia.Node, targets []*gorgonia.Node) *gorgonia.Node
}

func (n nearest) validate() error {
	weights, err := shares(n.targets)
	if err != nil {
		return err
	}
	for i, t := range n.targets {
		switch {
		case t.Mask != nil:
			return errorf("a style image with a mask: losses of nearest patches have none")
		case weights[i] != weights[0]:
			return errorf("style images with the weights %v and %v: the nearest patch is found among all, so the weights must be equal", n.targets[0].Weight, t.Weight)
		}
	}
	return n.layers.Validate()
}

func (n nearest) needs() Needs { return Statistic{Targets: n.targets, Layers: n.layers}.Needs() }

func (n nearest) build(c *Context) ([]Part, error) {
	if err := n.validate(); err != nil {
		return nil, err
	}
	var parts []Part
	for _, lw := range n.layers {
		f := n.of(c.Feature(lw.Layer))
		s := &patchSearch{size: n.size, distant: n.distant, maps: f.N(), image: grid{f.Width, f.Height}}
		var rows, all []*gorgonia.Node
		for _, t := range n.targets {
			g := n.of(c.Target(t.Image, lw.Layer))
			s.targets = append(s.targets, grid{g.Width, g.Height})
			m := g.Matrix()
			all = append(all, m)
			rows = append(rows, c.Op(positions(g.N(), g.M()), m))
		}
		if err := s.check(lw.Layer); err != nil {
			return nil, err
		}
		for i, r := range rows {
			all = append(all, c.Op(s.norms(i), r))
		}
		image := c.Op(positions(f.N(), f.M()), f.Matrix())
		found := c.Op(s.search(), append([]*gorgonia.Node{image}, all...)...)
		parts = append(parts, Part{lw.Layer, lw.Weight, n.compare(c, s, image, found, rows)})
	}
	return parts, nil
}

// positions turns maps, n x m, into positions, m x n.
func positions(n, m int) Operation {
	return Operation{Name: "positions", Shape: []int{m, n},
		Run: func(p Parallel, out []float32, in [][]float32) { transpose(p, out, in[0], n, m) },
		Gradient: func(p Parallel, _ int, din, dout []float32, _ [][]float32) {
			transpose(p, din, dout, m, n)
		}}
}

// transpose computes the m x n matrix y of the n x m matrix a.
func transpose(p Parallel, y, a []float32, n, m int) {
	const side = 32
	p.Each((m+side-1)/side, func(k int) {
		for from := 0; from < n; from += side {
			for j := k * side; j < min((k+1)*side, m); j++ {
				to := y[j*n:][:n]
				for i := from; i < min(from+side, n); i++ {
					to[i] = a[i*m+j]
				}
			}
		}
	})
}

// grid is the size of maps in positions.
type grid struct{ width, height int }

// patches returns the number of patches that are within the maps.
func (g grid) patches(size int) int { return (g.width - size + 1) * (g.height - size + 1) }

// check returns an error if the maps are too small for a patch, or have too many of them.
func (s *patchSearch) check(layer string) error {
	total := 0
	for i, g := range append([]grid{s.image}, s.targets...) {
		if g.width < s.size || g.height < s.size {
			return fmt.Errorf("%w: %s has %d x %d positions, a patch %d x %d", ErrTooSmall, layer, g.width, g.height, s.size, s.size)
		}
		if i > 0 {
			total += g.patches(s.size)
		}
	}
	if total > 1<<24 { // their numbers are float32
		return errorf("layer %s: the style has %d patches, at most %d are possible: choose a deeper layer", layer, total, 1<<24)
	}
	return nil
}

// norms returns 1 over the norms of the patches of target t, from its positions, and 0 for a
// patch of zeros; or half the squared norms if the search is by distance.
func (s *patchSearch) norms(t int) Operation {
	g := s.targets[t]
	w, h := g.width-s.size+1, g.height-s.size+1
	return Operation{Name: "norms of patches", Shape: []int{w * h}, Run: func(p Parallel, out []float32, in [][]float32) {
		squares := squaresOf(p, in[0], g.width*g.height, s.maps)
		for y := range h {
			for x := range w {
				switch sum := patchSum(squares, g.width, x, y, s.size); {
				case s.distant:
					out[y*w+x] = float32(sum / 2)
				case sum > 0:
					out[y*w+x] = float32(1 / math.Sqrt(sum))
				default:
					out[y*w+x] = 0
				}
			}
		}
	}}
}

// norm returns the mean of the squares of all targets' patches, from their positions.
func (s *patchSearch) norm() Operation {
	return Operation{Name: "mean square of patches", Run: func(p Parallel, out []float32, in [][]float32) {
		sum, n := 0.0, 0
		for t, g := range s.targets {
			squares := squaresOf(p, in[t], g.width*g.height, s.maps)
			for y := range g.height - s.size + 1 {
				for x := range g.width - s.size + 1 {
					sum += patchSum(squares, g.width, x, y, s.size)
				}
			}
			n += g.patches(s.size)
		}
		out[0] = float32(sum / float64(n))
	}}
}

// squaresOf returns the squared norms of m rows of n values.
func squaresOf(p Parallel, rows []float32, m, n int) []float64 {
	squares := make([]float64, m)
	p.Each(m, func(i int) {
		for _, v := range rows[i*n:][:n] {
			squares[i] += float64(float64(v) * float64(v))
		}
	})
	return squares
}

// patchSum returns the sum over the patch with the first position (x, y).
func patchSum(of []float64, width, x, y, size int) (sum float64) {
	for i := range size {
		for j := range size {
			sum += of[(y+i)*width+x+j]
		}
	}
	return sum
}
