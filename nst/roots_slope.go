package nst

import "math"

// The gradient of a trace of a root begins its steps from another scale than the root: from (y/|y|)^2, and
// the root from a/|a|. Where all has converged it is half of Z/sqrt(|a|). Elsewhere it is
// less, and differs by up to a quarter of its length for the covariances of VGG-19. Both are
// functions of an eigenvalue, so the second one is computed from matrices of the first.

// slopePolynomial returns the coefficients of a polynomial of x, an eigenvalue of W before
// the last two steps, in the basis 1, x, s, e, ex, es, ee, with s = x^2 and e = x^4 - 9x^3. Its
// product with Z before these steps is Z after all steps from (y/|y|)^2. square is
// |y|^2/|a|. It reports false if the largest relative difference is above 1e-3, for
// any eigenvalue: with 4 to 16 steps, if square is below 1 or above 5.
func slopePolynomial(square float64, steps int) (c [7]float32, ok bool) {
	if steps < 2 {
		return c, false
	}
	const octave, most = 6, 26 // points in a factor of 2, and such factors
	least := math.Pow(2.25, float64(-steps)) / 100
	var rows [][8]float64
	for i := 0; i < octave*most; i++ {
		a := math.Ldexp(1-float64(i%octave)/(2*octave), -i/octave) // of a/|a|
		if a < least {
			a = 0
		}
		x, z := newtonSchulz(a, steps-2)
		end, _ := newtonSchulz(x, 2)
		_, want := newtonSchulz(a*end/square, steps)
		s := x * x
		e := s * (s - 9*x)
		row := [8]float64{1, x, s, e, e * x, e * s, e * e, 1}
		for k := range 7 {
			row[k] *= z / want
		}
		rows = append(rows, row)
		if a == 0 {
			break
		}
	}
	solved := leastSquares(rows)
	for i, v := range solved {
		c[i] = float32(v)
	}
	for _, row := range rows {
		sum := 0.0
		for k, v := range solved {
			sum += float64(v * row[k])
		}
		if !(math.Abs(sum-1) < 1e-3) {
			return c, false
		}
	}
	return c, true
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

// leastSquares solves rows c = the last column, by orthogonal columns (Gram and Schmidt, modified),
// twice, for the columns are similar.
func leastSquares(rows [][8]float64) (c [7]float64) {
	q := append([][8]float64(nil), rows...)
	dot := func(a, b [][8]float64, i, j int) float64 {
		sum := 0.0
		for k := range a {
			sum += float64(a[k][i] * b[k][j])
		}
		return sum
	}
	var r [7][8]float64
	for j := range 7 {
		for range 2 {
			for i := range j {
				d := dot(q, q, i, j)
				r[i][j] += d
				for k := range q {
					q[k][j] -= float64(d * q[k][i])
				}
			}
		}
		r[j][j] = math.Sqrt(dot(q, q, j, j))
		for k := range q {
			q[k][j] /= r[j][j]
		}
	}
	for j := 6; j >= 0; j-- {
		c[j] = dot(q, q, j, 7)
		for i := j + 1; i < 7; i++ {
			c[j] -= float64(r[j][i] * c[i])
		}
		c[j] /= r[j][j]
	}
	return c
}
