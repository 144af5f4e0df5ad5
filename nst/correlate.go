package nst

import (
	"math"

	"gorgonia.org/gorgonia"
)

// correlationEpsilon is the fraction of a layer's mean square that is added to each map's
// variance, so that nearly constant maps do not dominate. (A fraction of the mean variance
// is not enough if no map varies.)
const correlationEpsilon = 1e-3

// correlate computes Pearson's correlations from a covariance C, N x N, and the maps'
// means mu, N: R_ij = C_ij / (s_i s_j), s_i^2 = C_ii + epsilon * mean_k (C_kk + mu_k^2).
// With epsilon, nearly constant maps count less than the others, even if no map varies.
// Scaling all maps does not change R.
func correlate(c *Context, covariance, mean *gorgonia.Node, epsilon float64) *gorgonia.Node {
	n := covariance.Shape()[0]
	return c.Op(Operation{
		Name: "correlation", Shape: []int{n, n},
		Run: func(_ Parallel, r []float32, in [][]float32) {
			c := in[0]
			s := deviations(c, in[1], epsilon)
			for i := range n {
				for j := range n {
					r[i*n+j] = float32(float64(c[i*n+j]) / (s[i] * s[j]))
				}
			}
		},
		Gradient: func(_ Parallel, k int, din, dr []float32, in [][]float32) {
			c, mean := in[0], in[1]
			s := deviations(c, mean, epsilon)
			q, sum := squareGradients(dr, c, s)
			if k == 1 {
				for i, mu := range mean {
					din[i] = float32(2 * sum * epsilon / float64(n) * float64(mu))
				}
				return
			}
			for i := range n {
				for j := range n {
					din[i*n+j] = float32(float64(dr[i*n+j]) / (s[i] * s[j]))
				}
				din[i*n+i] += float32(q[i] + sum*epsilon/float64(n))
			}
		},
	}, covariance, mean)
}

// deviations returns the s_i of correlate. They are tiny if all maps are zero.
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

// deadVariance keeps the correlation finite if all maps are zero.
const deadVariance = 1e-30

// squareGradients returns the gradients with respect to the s_i^2, and their sum.
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
