package cpu

import (
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// sum compiles sums and user-defined operations.
func sum(w kernel.Workers, s op.Spec) *op.Compiled {
	switch s := s.(type) {
	case op.WeightedSum:
		return run(func(y []float32, in [][]float32) { weightedSum(s.Weights, y, in) })
	case op.Blend:
		return run(func(y []float32, in [][]float32) { blend(w, s.Weights, y, in) })
	case op.Ratio:
		return run(ratio)
	case op.Add:
		c := run(func(y []float32, in [][]float32) { kernel.Add(w, y, in[0], in[1]) })
		c.Over = 0b11
		return c
	case op.Custom:
		return run(func(y []float32, in [][]float32) { s.Run(w, y, in) })
	case op.CustomGradient:
		return run(func(din []float32, in [][]float32) { s.Back(w, s.To, din, in[0], in[1:]) })
	}
	return nil
}

func weightedSum(weights []float64, y []float32, in [][]float32) {
	sum := 0.0
	for i, a := range in {
		sum += weights[i] * float64(a[0])
	}
	y[0] = float32(sum)
}

func ratio(y []float32, in [][]float32) {
	b := in[1][0]
	if b == 0 {
		b = 1
	}
	y[0] = in[0][0] / b
}

// blend computes a weighted sum of tensors in parts.
func blend(w kernel.Workers, weights []float64, y []float32, in [][]float32) {
	const together = 1 << 12
	w.Each((len(y)+together-1)/together, func(part int) {
		from, to := part*together, min((part+1)*together, len(y))
		blendPart(y[from:to], weights, in, from)
	})
}

// blendPart computes a part y of the result that begins at element from. Most blends have
// one input.
func blendPart(y []float32, weights []float64, in [][]float32, from int) {
	if len(in) == 1 {
		weight, a := weights[0], in[0][from:][:len(y)]
		for i, v := range a {
			y[i] = float32(0 + weight*float64(v)) // as below: 0 + -0 is 0
		}
		return
	}
	for i := range y {
		sum := 0.0
		for k, a := range in {
			sum += weights[k] * float64(a[from+i])
		}
		y[i] = float32(sum)
	}
}
