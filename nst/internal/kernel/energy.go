package kernel

import "math"

// energyFloor keeps the gradient of an energy finite where all responses are 0. The
// responses have variance 1.
const energyFloor = 0.01

// together is the number of channels of which an energy is computed.
const together = 4

// Energy computes planes [n][s.H/2][s.W/2] from the first 4n channels of the blocked map x
// of shape s: plane c is the mean over 2x2 pixels of
//
//	e[c] = sqrt(x[4c]^2 + x[4c+1]^2 + x[4c+2]^2 + x[4c+3]^2 + 0.01)
//
// An odd last row or column is not read.
func Energy(w Workers, y, x []float32, n int, s Shape) {
	h, wd := s.H/2, s.W/2
	check("Energy", s, operand{"y", y, n * h * wd}, operand{"x", x, s.Len()}, operand{"x's channels", x, Shape{n * together, s.H, s.W}.Len()})
	w.Each(n*h, func(i int) {
		c, r := i/h, i%h
		to := y[i*wd:][:wd]
		clear(to)
		for k := range 2 {
			from := s.line(x, c*together/Lanes, 2*r+k)[c*together%Lanes:]
			for j := range to {
				to[j] += energyAt(from[2*j*Lanes:]) + energyAt(from[(2*j+1)*Lanes:])
			}
		}
		for j := range to {
			to[j] *= 0.25
		}
	})
}

func energyAt(x []float32) float32 {
	v := (*[together]float32)(x)
	return float32(math.Sqrt(float64(v[0]*v[0] + v[1]*v[1] + v[2]*v[2] + v[3]*v[3] + energyFloor)))
}

// EnergyBackward computes dx, of shape s, from dy [n][s.H/2][s.W/2] and from the x of
// Energy. If sum, it adds the gradient to dx.
func EnergyBackward(w Workers, dx, dy, x []float32, n int, s Shape, sum bool) {
	h, wd := s.H/2, s.W/2
	check("EnergyBackward", s, operand{"dx", dx, s.Len()}, operand{"dy", dy, n * h * wd}, operand{"x", x, s.Len()}, operand{"x's channels", x, Shape{n * together, s.H, s.W}.Len()})
	w.Each(s.Blocks()*s.H, func(i int) {
		b, r := i/s.H, i%s.H
		to, from := s.line(dx, b, r), s.line(x, b, r)
		if !sum {
			clear(to)
		}
		if r >= 2*h {
			return
		}
		for c := b * Lanes / together; c < min(n, (b+1)*Lanes/together); c++ {
			grad := dy[(c*h+r/2)*wd:][:wd]
			at := c * together % Lanes
			for j := range 2 * wd {
				from, to := from[j*Lanes+at:], (*[together]float32)(to[j*Lanes+at:])
				f := grad[j/2] * 0.25 / energyAt(from)
				for k, v := range (*[together]float32)(from) {
					to[k] += f * v
				}
			}
		}
	})
}
