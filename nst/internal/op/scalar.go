package op

import (
	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// WeightedSum is the sum of weights[i] * scalars[i], added in order in float64.
func WeightedSum(weights []float64, scalars ...*gorgonia.Node) (*gorgonia.Node, error) {
	o := &operation{name: "weighted sum", out: scalar, wrt: make([]bool, len(scalars))}
	for i := range o.wrt {
		o.wrt[i] = true
	}
	o.run = func(y []float32, args [][]float32) {
		sum := 0.0
		for i, a := range args {
			sum += weights[i] * float64(a[0])
		}
		y[0] = float32(sum)
	}
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		grads := make(gorgonia.Nodes, len(inputs))
		for i, weight := range weights {
			n, err := WeightedSum([]float64{weight}, grad)
			if err != nil {
				return nil, err
			}
			grads[i] = n
		}
		return grads, nil
	}
	return o.apply(scalars...)
}

// Blend is the weighted sum of tensors of one shape.
func Blend(w kernel.Workers, weights []float64, tensors ...*gorgonia.Node) (*gorgonia.Node, error) {
	o := &operation{name: "blend", out: tensors[0].Shape(), wrt: make([]bool, len(tensors))}
	for i := range o.wrt {
		o.wrt[i] = true
	}
	o.run = func(y []float32, args [][]float32) {
		const together = 1 << 12
		w.Each((len(y)+together-1)/together, func(part int) {
			from, to := part*together, min((part+1)*together, len(y))
			blend(y[from:to], weights, args, from)
		})
	}
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		grads := make(gorgonia.Nodes, len(inputs))
		for i, weight := range weights {
			n, err := Blend(w, []float64{weight}, grad)
			if err != nil {
				return nil, err
			}
			grads[i] = n
		}
		return grads, nil
	}
	return o.apply(tensors...)
}

// blend computes y, whose first element is number from of the whole. Most blends are of one.
func blend(y []float32, weights []float64, args [][]float32, from int) {
	if len(args) == 1 {
		weight, a := weights[0], args[0][from:][:len(y)]
		for i, v := range a {
			y[i] = float32(0 + weight*float64(v)) // as below: 0 + -0 is 0
		}
		return
	}
	for i := range y {
		sum := 0.0
		for k, a := range args {
			sum += weights[k] * float64(a[from+i])
		}
		y[i] = float32(sum)
	}
}
