package main

import "math"

// hash mixes three integers into 32 well-spread bits.
func hash(x, y, z int) uint32 {
	h := uint32(x)*0x9E3779B1 ^ uint32(y)*0x85EBCA77 ^ uint32(z)*0xC2B2AE3D
	h ^= h >> 15
	h *= 0x2C1B3C6D
	h ^= h >> 12
	h *= 0x297A2D39
	h ^= h >> 15
	return h
}

// cell is a uniform number in [0,1) that belongs to an integer point.
func cell(x, y, z int) float64 { return float64(hash(x, y, z)>>8) / (1 << 24) }

// noise is value noise in [-1,1]: smooth, about one bump per unit.
func noise(x, y, z float64) float64 {
	fx, fy, fz := math.Floor(x), math.Floor(y), math.Floor(z)
	ix, iy, iz := int(fx), int(fy), int(fz)
	u, v, w := fade(x-fx), fade(y-fy), fade(z-fz)
	var s [2]float64
	for k := range s {
		a := cell(ix, iy, iz+k)
		b := cell(ix+1, iy, iz+k)
		c := cell(ix, iy+1, iz+k)
		d := cell(ix+1, iy+1, iz+k)
		a += (b - a) * u
		c += (d - c) * u
		s[k] = a + (c-a)*v
		if w == 0 {
			return 2*s[0] - 1
		}
	}
	return 2*(s[0]+(s[1]-s[0])*w) - 1
}

func fade(t float64) float64 { return t * t * t * (t*(t*6-15) + 10) }

// fbm sums octaves of noise, each at twice the frequency and half the
// strength of the one before. Its range is about [-1,1].
func fbm(x, y, z float64, octaves int) float64 {
	sum, amp := 0.0, 0.5
	for range octaves {
		sum += amp * noise(x, y, z)
		// Turning between octaves hides the lattice.
		x, y = 1.62*x-1.18*y+17.3, 1.18*x+1.62*y-9.1
		z = 2*z + 5.7
		amp *= 0.5
	}
	return sum * 1.25
}
