package op

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Center makes the centred covariance of N maps over m positions from their
// raw Gram matrix and their means: gram/m - mean mean^T, N x N.
func Center(gram, mean *gorgonia.Node, m int) (*gorgonia.Node, error) {
	n := mean.Shape()[0]
	per := 1 / float64(m)
	o := &operation{name: "covariance", out: tensor.Shape{n, n}, wrt: []bool{true, true}}
	o.run = func(c []float32, args [][]float32) {
		g, mu := args[0], args[1]
		for i := range n {
			for j := range n {
				c[i*n+j] = float32(float64(g[i*n+j])*per - float64(mu[i])*float64(mu[j]))
			}
		}
	}
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dg, err := Blend([]float64{per}, grad)
		if err != nil {
			return nil, err
		}
		back := &operation{name: "covariance gradient", out: tensor.Shape{n}}
		back.run = func(dmu []float32, args [][]float32) {
			dc, mu := args[0], args[1]
			for i := range n { // -(dC + dC^T) mu
				sum := 0.0
				for j := range n {
					sum += (float64(dc[i*n+j]) + float64(dc[j*n+i])) * float64(mu[j])
				}
				dmu[i] = float32(-sum)
			}
		}
		dmu, err := back.apply(grad, inputs[1])
		return gorgonia.Nodes{dg, dmu}, err
	}
	return o.apply(gram, mean)
}

// deadVariance keeps the correlation of maps that are all constant finite.
const deadVariance = 1e-30

// Correlate makes Pearson's correlations from a covariance C, N x N:
// R_ij = C_ij / (s_i s_j), s_i^2 = C_ii + epsilon * mean_k C_kk. The small part
// of the mean variance keeps maps that hardly vary from counting as much as
// the others, and R does not change when all maps are scaled.
func Correlate(covariance *gorgonia.Node, epsilon float64) (*gorgonia.Node, error) {
	shape := covariance.Shape()
	n := shape[0]
	o := &operation{name: "correlation", out: shape, wrt: []bool{true}}
	o.run = func(r []float32, args [][]float32) {
		c := args[0]
		s := deviations(c, n, epsilon)
		for i := range n {
			for j := range n {
				r[i*n+j] = float32(float64(c[i*n+j]) / (s[i] * s[j]))
			}
		}
	}
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &operation{name: "correlation gradient", out: shape}
		back.run = func(dc []float32, args [][]float32) {
			dr, c := args[0], args[1]
			s := deviations(c, n, epsilon)
			q := make([]float64, n) // the gradient with respect to s_i^2
			sum := 0.0
			for i := range n {
				for j := range n {
					both := float64(dr[i*n+j])*float64(c[i*n+j]) + float64(dr[j*n+i])*float64(c[j*n+i])
					q[i] -= both / (s[i] * s[j])
				}
				q[i] /= 2 * s[i] * s[i]
				sum += q[i]
			}
			for i := range n {
				for j := range n {
					dc[i*n+j] = float32(float64(dr[i*n+j]) / (s[i] * s[j]))
				}
				dc[i*n+i] += float32(q[i] + sum*epsilon/float64(n))
			}
		}
		return one(back.apply(grad, inputs[0]))
	}
	return o.apply(covariance)
}

// deviations are the s_i of Correlate.
func deviations(c []float32, n int, epsilon float64) []float64 {
	mean := 0.0
	for i := range n {
		mean += float64(c[i*n+i])
	}
	mean /= float64(n)
	s := make([]float64, n)
	for i := range n {
		// Rounding can leave a constant map a variance just below zero.
		s[i] = math.Sqrt(max(0, float64(c[i*n+i])) + max(0, epsilon*mean) + deadVariance)
	}
	return s
}

// Ratio is a / b of two scalars; b is a constant, and 0 counts as 1.
func Ratio(a, b *gorgonia.Node) (*gorgonia.Node, error) {
	o := &operation{name: "ratio", out: scalar, wrt: []bool{true, false}}
	o.run = func(y []float32, args [][]float32) { y[0] = args[0][0] / orOne(args[1][0]) }
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		n, err := Ratio(grad, inputs[1])
		return gorgonia.Nodes{n, nil}, err
	}
	return o.apply(a, b)
}

func orOne(v float32) float32 {
	if v == 0 {
		return 1
	}
	return v
}
