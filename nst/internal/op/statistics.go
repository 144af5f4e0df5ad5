package op

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Center subtracts from each map its mean over the positions. It is an
// orthogonal projection, so that its gradient is to do the same with the
// gradient.
//
// Covariances are the Gram matrix of centred maps, not of raw ones less the
// product of the means: that difference of large numbers would leave maps which
// do not vary with rounding errors for variances.
func Center(w kernel.Workers, x *gorgonia.Node, s kernel.Shape) (*gorgonia.Node, error) {
	o := &operation{name: "centre", out: mapShape(s), wrt: []bool{true}, over: 0b1}
	mean := make([]float32, s.Blocks()*kernel.Lanes) // spare lanes: 0
	o.run = func(y []float32, args [][]float32) {
		kernel.Mean(w, mean[:s.C], args[0], s)
		w.Each(s.Blocks(), func(b int) {
			mu := mean[b*kernel.Lanes:][:kernel.Lanes]
			for row := range s.H {
				first := s.Index(b*kernel.Lanes, row, 0)
				from, to := args[0][first:][:s.W*kernel.Lanes], y[first:][:s.W*kernel.Lanes]
				for i, v := range from {
					to[i] = v - mu[i%kernel.Lanes]
				}
			}
		})
	}
	o.diff = func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		return one(Center(w, grad, s))
	}
	return o.apply(x)
}

// Correlate makes Pearson's correlations from a covariance C, N x N, and the
// maps' means mu, N: R_ij = C_ij / (s_i s_j), s_i^2 = C_ii + epsilon * mean_k
// (C_kk + mu_k^2). The small part of the mean square keeps maps that hardly vary
// from counting as much as the others, also where none of them varies, and R does
// not change when all maps are scaled.
func Correlate(covariance, mean *gorgonia.Node, epsilon float64) (*gorgonia.Node, error) {
	shape := covariance.Shape()
	n := shape[0]
	o := &operation{name: "correlation", out: shape, wrt: []bool{true, true}}
	o.run = func(r []float32, args [][]float32) {
		c := args[0]
		s := deviations(c, args[1], epsilon)
		for i := range n {
			for j := range n {
				r[i*n+j] = float32(float64(c[i*n+j]) / (s[i] * s[j]))
			}
		}
	}
	o.diff = func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		toCovariance := &operation{name: "correlation gradient", out: shape}
		toCovariance.run = func(dc []float32, args [][]float32) {
			dr, c := args[0], args[1]
			s := deviations(c, args[2], epsilon)
			q, sum := squareGradients(dr, c, s)
			for i := range n {
				for j := range n {
					dc[i*n+j] = float32(float64(dr[i*n+j]) / (s[i] * s[j]))
				}
				dc[i*n+i] += float32(q[i] + sum*epsilon/float64(n))
			}
		}
		toMean := &operation{name: "correlation gradient to the means", out: tensor.Shape{n}}
		toMean.run = func(dmu []float32, args [][]float32) {
			_, sum := squareGradients(args[0], args[1], deviations(args[1], args[2], epsilon))
			for i, mu := range args[2] {
				dmu[i] = float32(2 * sum * epsilon / float64(n) * float64(mu))
			}
		}
		dc, err := toCovariance.apply(grad, inputs[0], inputs[1])
		if err != nil {
			return nil, err
		}
		dmu, err := toMean.apply(grad, inputs[0], inputs[1])
		return gorgonia.Nodes{dc, dmu}, err
	}
	return o.apply(covariance, mean)
}

// deviations are the s_i of Correlate. Where all maps are zero they are tiny.
func deviations(c, mean []float32, epsilon float64) []float64 {
	n := len(mean)
	square := 0.0
	for i, mu := range mean {
		square += float64(c[i*n+i]) + float64(mu)*float64(mu)
	}
	s := make([]float64, n)
	for i := range s {
		s[i] = math.Sqrt(float64(c[i*n+i]) + epsilon*square/float64(n) + deadVariance)
	}
	return s
}

// deadVariance keeps the correlation of maps that are all zero finite.
const deadVariance = 1e-30

// squareGradients are the gradients with respect to the s_i^2, and their sum.
func squareGradients(dr, c []float32, s []float64) (q []float64, sum float64) {
	n := len(s)
	q = make([]float64, n)
	for i := range n {
		for j := range n {
			both := float64(dr[i*n+j])*float64(c[i*n+j]) + float64(dr[j*n+i])*float64(c[j*n+i])
			q[i] -= both / (s[i] * s[j])
		}
		q[i] /= 2 * s[i] * s[i]
		sum += q[i]
	}
	return q, sum
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
