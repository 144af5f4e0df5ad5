package nst

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Products of the maps of two layers, or of maps and themselves shifted, in tiles.

// tiledCross returns the mean of F G^T from sums, over so many rows and columns, with G dy
// rows down and dx columns to the right.
func (f *Feature) tiledCross(g *Feature, dy, dx, rows, columns int) *gorgonia.Node {
	switch {
	case f.guides != nil || g.guides != nil:
		f.whole("products of maps of regions")
	case f.image != g.image:
		panic(fmt.Errorf("%w: it multiplies the maps of two images", ErrTiles))
	case f.centred != g.centred:
		f.whole("products of centred maps with others")
	}
	n, m := f.N(), g.N()
	s := f.sums().add(sumOf{image: f.image, layer: f.Layer, kind: crossSum, mask: f.mask, pooled: f.pooled,
		other: g.Layer, otherMask: g.mask, otherPooled: g.pooled, dy: dy, dx: dx}, f, tensor.Shape{n + 1, m + 1})
	s.of, s.otherSeen = kernel.Shape{C: n, H: rows, W: columns}, g.seen(g.mask)
	in := []*gorgonia.Node{s.leaf}
	if f.centred {
		plain, other := *f, *g
		plain.centred, other.centred = false, false
		in = append(in, plain.Mean(), other.Mean())
	}
	return apply(crossOfSums(n, m, f.centred), in...)
}

// crossOfSums is the mean of F G^T, n x m, from that of (F, 1) (G, 1)^T. If the maps are
// centred, it is the mean of (F-mu) (G-nu)^T; mu and nu are the second and third input.
func crossOfSums(n, m int, centred bool) op.Custom {
	shapes := []tensor.Shape{{n + 1, m + 1}}
	if centred {
		shapes = append(shapes, tensor.Shape{n}, tensor.Shape{m})
	}
	means := func(in [][]float32) (mu, nu []float32) {
		if centred {
			return in[1], in[2]
		}
		return make([]float32, n), make([]float32, m)
	}
	row := m + 1
	return op.Custom{Name: "product of sums", In: shapes, Out: tensor.Shape{n, m},
		Run: func(_ kernel.Workers, out []float32, in [][]float32) {
			mu, nu := means(in)
			s := in[0]
			one := float64(s[n*row+m])
			for i, u := range mu {
				for j, v := range nu {
					x := float64(s[i*row+j]) - float64(float64(u)*float64(s[n*row+j])) - float64(float64(s[i*row+m])*float64(v))
					out[i*m+j] = float32(x + float64(one*float64(float64(u)*float64(v))))
				}
			}
		},
		Back: func(_ kernel.Workers, k int, din, dout []float32, in [][]float32) {
			mu, nu := means(in)
			s := in[0]
			one := float64(s[n*row+m])
			left, right, both := make([]float64, n), make([]float64, m), 0.0
			switch k {
			case 0:
				for i, u := range mu {
					for j, v := range nu {
						d := float64(dout[i*m+j])
						din[i*row+j] = float32(d)
						left[i] -= float64(d * float64(v))
						right[j] -= float64(d * float64(u))
						both += float64(d * float64(float64(u)*float64(v)))
					}
				}
				for i, v := range left {
					din[i*row+m] = float32(v)
				}
				for j, v := range right {
					din[n*row+j] = float32(v)
				}
				din[n*row+m] = float32(both)
			case 1:
				for i := range mu {
					for j, v := range nu {
						left[i] += float64(float64(dout[i*m+j]) * (float64(one*float64(v)) - float64(s[n*row+j])))
					}
					din[i] = float32(left[i])
				}
			default:
				for i, u := range mu {
					for j := range nu {
						right[j] += float64(float64(dout[i*m+j]) * (float64(one*float64(u)) - float64(s[i*row+m])))
					}
				}
				for j, v := range right {
					din[j] = float32(v)
				}
			}
		}}
}

// cross returns the mean of (F, 1) (G, 1)^T over the positions of F in the core at which G
// has positions, and their shape. Without any, it is one that does not count.
func (b *tileBuilder) cross(s *tileSum, k mapsOf) (*gorgonia.Node, kernel.Shape, error) {
	of, core := b.patch(s.other, s.otherPooled), b.core(s.other, s.otherPooled)
	w := k.window
	w.rows = span{max(w.rows.from, -s.dy), min(w.rows.to, of.H-s.dy)}
	w.columns = span{max(w.columns.from, -s.dx), min(w.columns.to, of.W-s.dx)}
	none := w.rows.to <= w.rows.from || w.columns.to <= w.columns.from
	there := w.moved(s.dy, s.dx)
	if none {
		w = window{span{k.window.rows.from, k.window.rows.from + 1}, span{k.window.columns.from, k.window.columns.from + 1}}
		there = window{span{core.rows.from, core.rows.from + 1}, span{core.columns.from, core.columns.from + 1}}
	}
	k.window, k.ones, k.root = w, true, s.seen.mask != nil
	f, err := b.maps(k, nil)
	if err != nil {
		return nil, kernel.Shape{}, err
	}
	g, err := b.maps(mapsOf{layer: s.other, pooled: s.otherPooled, window: there, ones: true, seen: s.otherSeen, root: s.otherSeen.mask != nil}, nil)
	if err != nil {
		return nil, kernel.Shape{}, err
	}
	shape := w.shape(b.features[s.layer].Channels)
	n, err := op.Apply(op.NewCross(w.shape(shape.C+1), there.shape(of.C+1)), f, g)
	if none {
		shape.H, shape.W = 0, 0
	}
	return n, shape, err
}
