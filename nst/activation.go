package nst

import (
	"cmp"
)

// Activation is the strength of a layer: the mean over its N maps and M positions of the
// squared features, 1/(N M) sum F^2. A term that maximises it amplifies what the layer sees in
// the image, as DeepDream does (Mordvintsev, Olah, Tyka 2015, "Inceptionism"); their program
// follows the gradient of half the sum of the squares.
type Activation struct {
	Mask   *Mask // weights of the positions; nil: all count equally
	Layers LayerWeights
	// Map, if above 0, is the number of the only map that counts, from 1.
	Map int
}

var (
	_ Loss      = Activation{}
	_ Validator = Activation{}
)

// Needs implements Loss.
func (l Activation) Needs() Needs { return Needs{Layers: l.Layers.Names()} }

// Validate implements Validator.
func (l Activation) Validate() error {
	if l.Map < 0 {
		return errorf("map %d: must be 1 or more, or 0 for all maps", l.Map)
	}
	return cmp.Or(l.Mask.Validate(), l.Layers.Validate())
}

// Build implements Loss.
func (l Activation) Build(c *Context) ([]Part, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	var parts []Part
	for _, lw := range l.Layers {
		f := c.Feature(lw.Layer).Masked(l.Mask)
		if l.Map > f.N() {
			return nil, errorf("map %d of layer %s, which has %d", l.Map, lw.Layer, f.N())
		}
		n := f.SquaredNorm()
		scale := 1 / (float64(f.N()) * float64(f.M()))
		if l.Map > 0 {
			n, scale = c.Op(squareOf(l.Map-1, f.M()), f.Matrix()), 1/float64(f.M())
		}
		parts = append(parts, Part{lw.Layer, lw.Weight, c.WeightedSum([]float64{scale}, n)})
	}
	return parts, nil
}

// squareOf is the sum of the squares of a row of m values.
func squareOf(row, m int) Operation {
	return Operation{Name: "square of a map",
		Run: func(_ Parallel, out []float32, in [][]float32) {
			sum := 0.0
			for _, v := range in[0][row*m:][:m] {
				sum += float64(v) * float64(v)
			}
			out[0] = float32(sum)
		},
		Gradient: func(_ Parallel, _ int, din, dout []float32, in [][]float32) {
			clear(din)
			for i, v := range in[0][row*m:][:m] {
				din[row*m+i] = 2 * v * dout[0]
			}
		}}
}
