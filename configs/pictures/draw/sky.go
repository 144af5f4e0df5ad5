package main

import "math"

// skyColours describes a sky in linear light.
type skyColours struct {
	zenith, horizon, glow vec // glow is added around the sun near the horizon
	lit, shade            vec // of the clouds
	cover                 float64
	scale                 float64 // of the clouds: larger is smaller clouds
	height                float64 // a flatter cloud deck has a smaller height
	shift                 float64
}

func (k skyColours) light(d, sun vec, plain bool) vec {
	y := math.Max(d.y, 0)
	c := k.zenith.mix(k.horizon, math.Exp(-y*4.2))
	toward := math.Max(d.dot(sun), 0)
	c = c.add(k.glow.scale(0.35*math.Pow(toward, 4)*math.Exp(-y*2) + 0.8*math.Pow(toward, 60)))
	if plain {
		return c
	}
	c = c.add(k.glow.scale(6 * math.Pow(toward, 2500)))
	// Clouds are noise on a plane overhead.
	t := k.scale / (y + k.height)
	px, pz := d.x*t+k.shift, d.z*t*1.4
	wx := fbm(px*0.7+3, pz*0.7, 2.5, 3)
	wz := fbm(px*0.7, pz*0.7+8, 7.5, 3)
	at := func(ox, oz float64) float64 {
		return fbm(px+0.8*wx+ox, pz+0.8*wz+oz, 0.5, 6)
	}
	n := at(0, 0)
	density := smooth(k.cover, k.cover+0.42, n)
	if density == 0 {
		return c
	}
	// The side towards the sun is thinner in front of it, thus brighter.
	flat := vec{sun.x, 0, sun.z}.unit()
	lit := clamp(0.55+1.7*(n-at(flat.x*0.22, flat.z*0.22))-0.35*(density-0.5), 0, 1)
	cloud := k.shade.mix(k.lit, lit).add(k.glow.scale(0.5 * math.Pow(toward, 12)))
	fadeOut := smooth(0, 0.1, y)
	return c.mix(cloud, density*0.93*fadeOut)
}
