package nst

import "math"

// matrix3 is a matrix of three rows.
type matrix3 [3][3]float64

func (m matrix3) apply(v [3]float64) (out [3]float64) {
	for r := range 3 {
		out[r] = m[r][0]*v[0] + m[r][1]*v[1] + m[r][2]*v[2]
	}
	return out
}

func (m matrix3) times(n matrix3) (out matrix3) {
	for r := range 3 {
		for c := range 3 {
			out[r][c] = m[r][0]*n[0][c] + m[r][1]*n[1][c] + m[r][2]*n[2][c]
		}
	}
	return out
}

// inverse returns false for a singular matrix.
func (m matrix3) inverse() (out matrix3, ok bool) {
	for r := range 3 {
		for c := range 3 {
			a, b, d, e := (c+1)%3, (c+2)%3, (r+1)%3, (r+2)%3
			out[r][c] = m[a][d]*m[b][e] - m[a][e]*m[b][d]
		}
	}
	det := m[0][0]*out[0][0] + m[0][1]*out[1][0] + m[0][2]*out[2][0]
	for r := range 3 {
		for c := range 3 {
			out[r][c] /= det
		}
	}
	return out, math.Abs(det) > 1e-9
}

// function applies f to the eigenvalues of a symmetric matrix without negative eigenvalues.
// Those below a 1e-10th of the trace count as 0, and f as 0 there. The eigenvectors are
// found by Jacobi's rotations.
func (a matrix3) function(f func(float64) float64) matrix3 {
	v := matrix3{{1}, {0, 1}, {0, 0, 1}}
	least := 1e-10 * (a[0][0] + a[1][1] + a[2][2])
	for range 12 { // sweeps; they converge quadratically
		for _, pq := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
			p, q := pq[0], pq[1]
			if a[p][q] == 0 {
				continue
			}
			theta := 0.5 * math.Atan2(2*a[p][q], a[q][q]-a[p][p])
			sin, cos := math.Sincos(theta)
			turn := matrix3{{1}, {0, 1}, {0, 0, 1}}
			turn[p][p], turn[q][q], turn[p][q], turn[q][p] = cos, cos, sin, -sin
			a = turn.transposed().times(a).times(turn)
			v = v.times(turn)
		}
	}
	var d matrix3
	for k := range 3 {
		if a[k][k] > least {
			d[k][k] = f(a[k][k])
		}
	}
	return v.times(d).times(v.transposed())
}

func (a matrix3) transposed() (out matrix3) {
	for i := range 3 {
		for j := range 3 {
			out[i][j] = a[j][i]
		}
	}
	return out
}
