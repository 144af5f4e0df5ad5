package nst

import (
	"math"
	"math/cmplx"
)

// resolvents writes functions of an eigenvalue x of W, which lies in [0, 1], as a sum
//
//	constant + the real parts of weights[j] / (x + poles[j])
//
// for the Z of steps of Newton and Schulz' iteration, and for what follows from it. The poles
// lie on a ray at 60 degrees, in geometric progression, from below the smallest
// eigenvalue that converges to beyond the largest. These functions of log x are smooth. The sums
// differ from them by about 1e-6 of the value, by 4e-5 with a single step (TestResolvents). Their terms are of about the
// size of their values, so that float32 suffices for the matrices. Real poles, which would be
// simpler, reach 1e-3.
type resolvents struct {
	steps   int
	poles   []complex128
	z, xzz  combination // Z, and x times its square
	current combination // of slope

	x, y, weight []float64   // points; x times Z there; by how much their errors count
	columns      [][]float64 // the terms at the points, made orthonormal
	triangle     [][]float64 // makes the terms of them
	units        []float64   // of the terms
	values       []float64   // of slope
	solution     []float64
}

// combination has the coefficients of one function.
type combination struct {
	constant float64
	weights  []complex128
}

func newResolvents(steps int) *resolvents {
	const ratio, first, last = 2.3, 0.3, 1.5
	const perDecade, decades = 24, 3 // points, also of so many decades below what converges
	least := math.Pow(2.25, -float64(steps))
	begin := least * math.Pow(10, -decades)
	if steps > safeSteps {
		least = max(least, floor)
		begin = floor / 2
	}
	f := &resolvents{steps: steps}
	count := max(7, 1+int(math.Ceil(math.Log(last/(first*least))/math.Log(ratio))))
	for j := range count {
		f.poles = append(f.poles, cmplx.Rect(last*math.Pow(ratio, float64(j+1-count)), math.Pi/3))
	}
	for x := 1.0; x > begin; x *= math.Pow(10, -1./perDecade) {
		f.x = append(f.x, x)
	}
	if steps <= safeSteps {
		f.x = append(f.x, 0)
	}
	var zs, xzzs []float64
	for _, x := range f.x {
		_, z := newtonSchulz(x, steps)
		f.y, f.weight = append(f.y, x*z), append(f.weight, 1/z)
		zs, xzzs = append(zs, z), append(xzzs, x*z*z)
	}
	f.orthogonal()
	f.values = make([]float64, len(f.x))
	f.fit(&f.z, zs)
	f.fit(&f.xzz, xzzs)
	return f
}

// newtonSchulz makes steps with an eigenvalue x of W, and Z from 1.
func newtonSchulz(x float64, steps int) (end, z float64) {
	z = 1
	for range steps {
		t := (3 - x) / 2
		x, z = x*t*t, z*t
	}
	return x, z
}

// orthogonal makes the terms at the points orthonormal, by Gram and Schmidt's method (modified), twice, for
// they are similar.
func (f *resolvents) orthogonal() {
	const small = 1e-6 // keeps the coefficients small where the points do not determine them
	for _, pole := range f.poles {
		unit := math.Sqrt(cmplx.Abs(pole))
		f.units = append(f.units, unit, unit)
	}
	f.units = append(f.units, 1)
	n := len(f.units)
	f.columns, f.triangle, f.solution = make([][]float64, n), make([][]float64, n), make([]float64, n)
	for i := range f.columns {
		column := make([]float64, len(f.x)+n)
		for k, x := range f.x {
			v := 1.0
			if i+1 < n {
				if term := 1 / (complex(x, 0) + f.poles[i/2]); i%2 == 0 {
					v = real(term)
				} else {
					v = -imag(term)
				}
			}
			column[k] = v * f.units[i] * f.weight[k]
		}
		column[len(f.x)+i] = small
		f.columns[i], f.triangle[i] = column, make([]float64, n)
		for range 2 {
			for j, other := range f.columns[:i] {
				d := dot(column, other)
				f.triangle[j][i] += d
				for k, v := range other {
					column[k] -= float64(d * v)
				}
			}
		}
		length := math.Sqrt(dot(column, column))
		f.triangle[i][i] = length
		for k := range column {
			column[k] /= length
		}
	}
}

// dot returns the sum of the products of a and b, which may be longer.
func dot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

// fit finds the coefficients for the values at the points, by least squares of the weighted errors. It changes the
// values.
func (f *resolvents) fit(c *combination, values []float64) {
	for k := range values {
		values[k] *= f.weight[k]
	}
	v := f.solution
	for i := len(v) - 1; i >= 0; i-- {
		v[i] = dot(values, f.columns[i])
		for j := i + 1; j < len(v); j++ {
			v[i] -= float64(f.triangle[i][j] * v[j])
		}
		v[i] /= f.triangle[i][i]
	}
	c.weights = c.weights[:0]
	for j := range f.poles {
		c.weights = append(c.weights, complex(v[2*j]*f.units[2*j], v[2*j+1]*f.units[2*j+1]))
	}
	c.constant = v[len(v)-1]
}

// slope returns the function for the gradient of the trace, if square is the sum of all (x z)^2. This begins
// its steps from another scale than the root: from (y/|y|)^2, and the root from a/|a|. Where all
// has converged it is Z. Elsewhere it is less, and differs by up to a
// quarter of its length for the covariances of VGG-19.
func (f *resolvents) slope(square float64) *combination {
	for k, y := range f.y {
		_, f.values[k] = newtonSchulz(y*y/square, f.steps)
	}
	f.fit(&f.current, f.values)
	return &f.current
}
