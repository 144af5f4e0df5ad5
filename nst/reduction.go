package nst

import "math"

// Reduction says how a sum of squared differences is scaled. With N maps of M
// positions:
type Reduction string

const (
	Sum      Reduction = "sum"      // the sum itself; grows with the image
	Half     Reduction = "half"     // half the sum: Gatys et al. 2015, equation 1 (content only)
	Mean     Reduction = "mean"     // the mean over the N M features, or over the N^2 elements of a Gram matrix
	Root     Reduction = "root"     // sum / (2 sqrt(N M)), as in cysmith's program (content only)
	Relative Reduction = "relative" // divided by the target's sum of squares: 1 = as far as a zero response
	Gatys    Reduction = "gatys"    // 1/(4 N^2 M^2) of the raw sum: Gatys et al. 2015, equation 4 (Gram only)
	Keras    Reduction = "keras"    // 1/(4 3^2 S^2) of the raw sum, with S pixels in the image: the Keras example (Gram only)
)

// reductions lists the reductions that a loss accepts, with their factors.
type reductions = choices[Reduction, func(n, m float64) float64]

var contentReductions = reductions{
	{Half, func(_, _ float64) float64 { return 0.5 }},
	{Sum, one},
	{Mean, func(n, m float64) float64 { return 1 / (n * m) }},
	{Root, func(n, m float64) float64 { return 1 / (2 * math.Sqrt(n*m)) }},
	{Relative, one},
}

// matrixReductions are for statistics that are N x N matrices.
var matrixReductions = reductions{
	{Mean, func(n, _ float64) float64 { return 1 / (n * n) }},
	{Sum, one},
	{Relative, one},
}

// gramReductions take the number of pixels of the image as m.
var gramReductions = append(reductions{
	{Gatys, func(n, _ float64) float64 { return 1 / (4 * n * n) }},
	{Keras, func(_, s float64) float64 { return 1 / (4 * 9 * s * s) }},
}, matrixReductions...)

func one(_, _ float64) float64 { return 1 }
