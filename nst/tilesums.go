package nst

import (
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// What the losses read of an image that is evaluated in tiles: sums over positions, which
// add up over the tiles. In the graph of the losses each sum is a leaf.

// ErrTiles is wrapped if a loss cannot be evaluated in tiles, because what it reads does
// not add up over the positions of the image.
var ErrTiles = errors.New("nst: not possible in tiles")

// sumKind is what is summed.
type sumKind int

const (
	gramSum     sumKind = iota // F F^T, of shape (N, N)
	meanSum                    // mean of each map, of shape (N)
	squareSum                  // mean of the squares of each map, of shape (N)
	distanceSum                // scale * sum (f-g)^2 over the maps of two images, a scalar
	crossSum                   // mean of (F, 1) (G, 1)^T, of shape (N+1, N'+1)
)

// sumOf identifies a sum.
type sumOf struct {
	image *Image // nil: the image being optimised
	layer string
	kind  sumKind
	mask  *Mask // weights of the positions; nil: all are 1
	// The maps are halved so many times.
	pooled int
	// G of a crossSum: its layer, as above, and its distance in positions.
	other       string
	otherMask   *Mask
	otherPooled int
	dy, dx      int
	// guided's maps of regions are added to the maps; nil: none.
	guided *Guided
	// The other image of a distanceSum, its mask, and the scale.
	with     *Image
	withMask *Mask
	scale    float64
}

// tileSum is a sum in the graph of the losses.
type tileSum struct {
	sumOf
	of        kernel.Shape // of the whole maps
	seen      maskAt       // the mask at the layer
	withSeen  maskAt       // the other image's mask
	otherSeen maskAt       // the mask of G
	regions   []maskAt     // of the maps of regions
	leaf      *gorgonia.Node
	value     []float64 // of the whole image, in the course of an evaluation
}

// tileSums lists the sums that the losses read.
type tileSums struct {
	bound  *bound
	all    []*tileSum
	pixels bool // a loss reads the image itself
}

// readBy returns what a node reads of the sums.
func (t *tileSums) readBy(n *gorgonia.Node) *tileSums {
	read := map[*gorgonia.Node]bool{}
	var visit func(n *gorgonia.Node)
	visit = func(n *gorgonia.Node) {
		if read[n] {
			return
		}
		read[n] = true
		for it := n.Graph().From(n.ID()); it != nil && it.Next(); {
			visit(it.Node().(*gorgonia.Node))
		}
	}
	visit(n)
	part := &tileSums{bound: t.bound, pixels: t.pixels && read[t.bound.image]}
	for _, s := range t.all {
		if read[s.leaf] {
			part.all = append(part.all, s)
		}
	}
	return part
}

// layers returns the layers of the sums, without repetitions, in order.
func (t *tileSums) layers() []string {
	var all []string
	for _, s := range t.all {
		for _, layer := range []string{s.layer, s.other} {
			if layer != "" && !slices.Contains(all, layer) {
				all = append(all, layer)
			}
		}
	}
	return all
}

// leaf returns the leaf of a sum.
func (t *tileSums) leaf(s sumOf, f *Feature) *gorgonia.Node {
	shape := tensor.Shape{f.N()}
	switch s.kind {
	case gramSum:
		shape = tensor.Shape{f.N(), f.N()}
	case distanceSum:
		shape = tensor.Shape{}
	}
	n := t.add(s, f, shape)
	if f.guides != nil && len(n.regions) == 0 {
		for _, m := range f.guides.masks {
			n.regions = append(n.regions, f.seen(m))
		}
	}
	return n.leaf
}

// add adds a sum of this shape, unless it is known.
func (t *tileSums) add(s sumOf, f *Feature, shape tensor.Shape) *tileSum {
	for _, known := range t.all {
		if known.sumOf == s {
			return known
		}
	}
	n := &tileSum{sumOf: s, of: f.shape(), value: make([]float64, max(1, shape.TotalSize())),
		seen: f.seen(s.mask), withSeen: f.seen(s.withMask)}
	if n.leaf = t.bound.leaf(shape); len(shape) == 0 {
		t.bound.leaves++
		n.leaf = gorgonia.NewScalar(t.bound.image.Graph(), tensor.Float32, gorgonia.WithName(fmt.Sprintf("leaf %d", t.bound.leaves)))
	}
	t.all = append(t.all, n)
	return n
}

// seen returns a mask as the layer sees it; the zero value for nil.
func (f *Feature) seen(m *Mask) maskAt {
	if m == nil {
		return maskAt{}
	}
	return f.context.seen(m, f)
}

// sums returns the tile sums of the objective; nil if it is not evaluated in tiles.
func (f *Feature) sums() *tileSums {
	if f.context == nil {
		return nil
	}
	return f.context.bound.tiles
}

// whole panics in tiles: the named property is one of the whole maps.
func (f *Feature) whole(what string) {
	if f.sums() != nil {
		panic(fmt.Errorf("%w: it reads %s of layer %s, which does not add up over positions", ErrTiles, what, f.Layer))
	}
}

func (f *Feature) sum(kind sumKind) *gorgonia.Node {
	s := sumOf{image: f.image, layer: f.Layer, kind: kind, mask: f.mask, pooled: f.pooled}
	if f.guides == nil {
		return f.sums().leaf(s, f)
	}
	s.guided = f.guides.of
	return f.guides.scaled(kind, f.sums().leaf(s, f))
}

// tiledGram returns the Gram matrix from sums.
func (f *Feature) tiledGram() *gorgonia.Node {
	raw := f.sum(gramSum)
	if !f.centred {
		return raw
	}
	// sum (F-mu)(F-mu)^T = F F^T - M mu mu^T
	n, m := f.N(), float64(f.M())
	return apply(op.Custom{Name: "centring of a Gram matrix", In: []tensor.Shape{{n, n}, {n}}, Out: tensor.Shape{n, n},
		Run: func(_ kernel.Workers, out []float32, in [][]float32) {
			for i := range n {
				for j := range n {
					out[i*n+j] = float32(float64(in[0][i*n+j]) - m*float64(in[1][i])*float64(in[1][j]))
				}
			}
		},
		Back: func(_ kernel.Workers, k int, din, dout []float32, in [][]float32) {
			if k == 0 {
				copy(din, dout)
				return
			}
			for i := range n {
				sum := 0.0
				for j := range n {
					sum += float64(in[1][j]) * (float64(dout[i*n+j]) + float64(dout[j*n+i]))
				}
				din[i] = float32(-m * sum)
			}
		}}, raw, f.sum(meanSum))
}

// tiledVariance returns each map's variance from sums.
func (f *Feature) tiledVariance() *gorgonia.Node {
	n := f.N()
	return apply(op.Custom{Name: "variance of sums", In: []tensor.Shape{{n}, {n}}, Out: tensor.Shape{n},
		Run: func(_ kernel.Workers, out []float32, in [][]float32) {
			for i, mean := range in[1] {
				out[i] = max(0, float32(float64(in[0][i])-float64(mean)*float64(mean)))
			}
		},
		Back: func(_ kernel.Workers, k int, din, dout []float32, in [][]float32) {
			copy(din, dout)
			if k == 1 {
				for i, mean := range in[1] {
					din[i] *= -2 * mean
				}
			}
		}}, f.sum(squareSum), f.sum(meanSum))
}

// tiledNorm returns the squared norm of all maps from sums.
func (f *Feature) tiledNorm() *gorgonia.Node {
	n, m := f.N(), float64(f.M())
	return apply(op.Custom{Name: "norm of sums", In: []tensor.Shape{{n}},
		Run: func(_ kernel.Workers, out []float32, in [][]float32) {
			sum := 0.0
			for _, v := range in[0] {
				sum += float64(v)
			}
			out[0] = float32(m * sum)
		},
		Back: func(_ kernel.Workers, _ int, din, dout []float32, _ [][]float32) {
			for i := range din {
				din[i] = float32(m) * dout[0]
			}
		}}, f.sum(squareSum))
}

// tiledDistance returns the distance of two images' maps from sums.
func (f *Feature) tiledDistance(g *Feature, scale float64) *gorgonia.Node {
	switch {
	case f.Layer != g.Layer || f.pooled != g.pooled:
		panic(fmt.Errorf("%w: it compares the layers %s and %s position by position", ErrTiles, f.Layer, g.Layer))
	case f.centred || g.centred:
		f.whole("the centred maps")
	case f.guides != nil || g.guides != nil:
		f.whole("maps of regions, position by position,")
	case f.image != nil && g.image == nil:
		f, g = g, f
	case f.image == g.image || f.image != nil:
		panic(fmt.Errorf("%w: it does not compare the image with a target", ErrTiles))
	}
	return f.sums().leaf(sumOf{layer: f.Layer, kind: distanceSum, mask: f.mask, pooled: f.pooled, with: g.image, withMask: g.mask, scale: scale}, f)
}

// part returns the sum over the positions of a tile, from the maps of the image at these
// positions and, for a distance, those of the other image. Both are weighted.
func (s *tileSum) part(of kernel.Shape, precision kernel.Precision, maps, others *gorgonia.Node) (*gorgonia.Node, error) {
	switch s.kind {
	case gramSum:
		return op.Apply(op.Gram{Of: of, Precision: precision}, maps)
	case meanSum:
		return op.Apply(op.Mean{Of: of}, maps)
	case squareSum:
		return op.Apply(op.SquareMean{Of: of}, maps)
	}
	return op.Apply(op.MapDistance{Scale: s.scale, Of: of}, maps, others)
}

// share is the factor of a tile's part in the sum: means are weighted by their positions.
func (s *tileSum) share(of kernel.Shape) float64 {
	if s.kind == meanSum || s.kind == squareSum || s.kind == crossSum {
		return float64(of.H) * float64(of.W) / (float64(s.of.H) * float64(s.of.W))
	}
	return 1
}

// crop returns the operation that takes the part of a blocked map from row y and column x on.
func crop(from, to kernel.Shape, y, x int) op.Custom {
	row := to.W * kernel.Lanes
	each := func(w kernel.Workers, do func(small, large int)) {
		w.Each(to.Blocks(), func(b int) {
			for r := range to.H {
				do(to.Index(b*kernel.Lanes, r, 0), from.Index(b*kernel.Lanes, y+r, x))
			}
		})
	}
	shapeOf := func(s kernel.Shape) tensor.Shape { return tensor.Shape{s.Blocks(), s.H + 2, s.W + 2, kernel.Lanes} }
	return op.Custom{Name: "part of a map", In: []tensor.Shape{shapeOf(from)}, Out: shapeOf(to),
		Run: func(w kernel.Workers, out []float32, in [][]float32) {
			each(w, func(small, large int) { copy(out[small:][:row], in[0][large:][:row]) })
		},
		Back: func(w kernel.Workers, _ int, din, dout []float32, _ [][]float32) {
			w.Each(from.Blocks(), func(b int) {
				clear(din[from.Index(b*kernel.Lanes, 0, 0):][:((from.H-1)*(from.W+2)+from.W)*kernel.Lanes])
			})
			each(w, func(small, large int) { copy(din[large:][:row], dout[small:][:row]) })
		}}
}

// product is the scalar product of a leaf's gradient and a sum, whose gradient the tiles add up.
func product(shape tensor.Shape) op.Custom {
	return op.Custom{Name: "product with a gradient", In: []tensor.Shape{shape, shape},
		Run: func(_ kernel.Workers, out []float32, in [][]float32) {
			sum := 0.0
			for i, v := range in[0] {
				sum += float64(v) * float64(in[1][i])
			}
			out[0] = float32(sum)
		},
		Back: func(_ kernel.Workers, k int, din, dout []float32, in [][]float32) {
			for i, v := range in[1-k] {
				din[i] = v * dout[0]
			}
		}}
}
