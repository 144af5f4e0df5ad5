package main

import "math"

// vec is a point, a direction or a colour of three components.
type vec struct{ x, y, z float64 }

func (a vec) add(b vec) vec            { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) sub(b vec) vec            { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vec) mul(b vec) vec            { return vec{a.x * b.x, a.y * b.y, a.z * b.z} }
func (a vec) scale(k float64) vec      { return vec{a.x * k, a.y * k, a.z * k} }
func (a vec) dot(b vec) float64        { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) length() float64          { return math.Sqrt(a.dot(a)) }
func (a vec) mix(b vec, t float64) vec { return a.add(b.sub(a).scale(t)) }

func (a vec) cross(b vec) vec {
	return vec{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x}
}

func (a vec) unit() vec {
	l := a.length()
	if l == 0 {
		return a
	}
	return a.scale(1 / l)
}

// hex returns the linear-light colour of an sRGB colour written 0xRRGGBB.
func hex(c uint32) vec {
	f := func(v uint32) float64 { return linear(float64(v&255) / 255) }
	return vec{f(c >> 16), f(c >> 8), f(c)}
}

// pigment returns an sRGB colour written 0xRRGGBB as it is, in [0,1]:
// the painted pictures are mixed in sRGB, the traced ones in linear light.
func pigment(c uint32) vec {
	f := func(v uint32) float64 { return float64(v&255) / 255 }
	return vec{f(c >> 16), f(c >> 8), f(c)}
}

func linear(s float64) float64 {
	if s <= 0.04045 {
		return s / 12.92
	}
	return math.Pow((s+0.055)/1.055, 2.4)
}

func srgb(l float64) float64 {
	if l <= 0.0031308 {
		return 12.92 * l
	}
	return 1.055*math.Pow(l, 1/2.4) - 0.055
}

func clamp(x, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, x)) }

// smooth is 0 below lo, 1 above hi, and a cubic in between.
func smooth(lo, hi, x float64) float64 {
	t := clamp((x-lo)/(hi-lo), 0, 1)
	return t * t * (3 - 2*t)
}
