package main

import (
	"math"
	"math/rand/v2"
)

// night is a windy night: a sky that turns around vortices, a low moon and
// stars with halos, over hills and a lake. Places are in units of its width.
type night struct {
	size  float64 // width in pixels
	bands *streaks
	fine  *streaks
	skies ramp
}

// vortex turns the sky around a place.
type vortex struct{ x, y, radius, turn, inward float64 }

var vortices = []vortex{
	{0.60, 0.265, 0.185, 1.5, 0.25},
	{0.835, 0.44, 0.10, -1.6, 0.25},
	{0.385, 0.43, 0.095, -1.5, 0.2},
	{0.93, 0.13, 0.10, 1.3, 0.2},
}

// star is a light with a halo; the first is the moon.
type star struct{ x, y, core, halo float64 }

var stars = []star{
	{0.175, 0.235, 0.052, 0.135},
	{0.365, 0.10, 0.013, 0.056}, {0.49, 0.045, 0.008, 0.035}, {0.80, 0.075, 0.014, 0.06},
	{0.94, 0.29, 0.015, 0.062}, {0.045, 0.06, 0.012, 0.05}, {0.70, 0.475, 0.011, 0.048},
	{0.28, 0.335, 0.009, 0.038}, {0.06, 0.455, 0.013, 0.055}, {0.515, 0.485, 0.009, 0.04},
	{0.955, 0.52, 0.009, 0.04}, {0.235, 0.50, 0.008, 0.036},
}

var (
	halo      = pigments(0x2f62a8, 0x7fb2b8, 0xc9d58a, 0xf2dd62, 0xf9e98e)
	farHills  = pigments(0x16264f, 0x24447c, 0x2f6590, 0x4f8fa6)
	lake      = pigments(0x10204c, 0x1d3f86, 0x2f6fb0, 0x79b6c4)
	nearHills = pigments(0x0a1128, 0x132a4a, 0x1d4a52, 0x4a7a4e, 0xa0a850)
)

// ridge is the height of the line of the hills at x, from the far ones to the near.
func ridge(i int, x float64) float64 {
	switch i {
	case 0:
		return 0.585 - 0.045*math.Sin(x*4.2+0.6) - 0.02*math.Sin(x*11+1) - 0.05*math.Exp(-(x-0.86)*(x-0.86)*30)
	case 1:
		return 0.635 - 0.03*math.Sin(x*5.5+2.6) - 0.012*math.Sin(x*13)
	}
	return 0.725 - 0.05*math.Cos(x*3.6-0.3) - 0.02*math.Sin(x*9+1.5) + 0.07*math.Exp(-(x-0.45)*(x-0.45)*22)
}

func (n *night) sky(y, x float64) bool { return y < ridge(0, x) }

func (n *night) flow(px, py float64) (float64, float64) {
	x, y := px/n.size, py/n.size
	if !n.sky(y, x) {
		i := 0
		for i < 2 && y > ridge(i+1, x) {
			i++
		}
		slope := (ridge(i, x+0.004) - ridge(i, x-0.004)) / 0.008
		below := y - ridge(i, x)
		if i == 1 { // the lake lies still
			return 1, 0.25*slope + 0.1*math.Sin(40*y+9*x)
		}
		// Hills bulge: their strokes turn downhill with depth.
		return 1, slope*(1-below*2) + (1.2*below)*math.Sin(x*14+float64(i)*2)*6*below
	}
	fx, fy := 1.0, 0.42*math.Sin(7*x+1.5+3*y)+0.3*fbm(x*3, y*4, 3.5, 2)
	for _, v := range vortices {
		dx, dy := x-v.x, y-v.y
		r := math.Hypot(dx, dy)
		g := math.Exp(-r * r / (v.radius * v.radius) * 0.9)
		fx *= 1 - 0.97*g
		fy *= 1 - 0.97*g
		if r > 1e-6 {
			k := v.turn * g / r
			fx += k * (-dy - v.inward*dx*math.Abs(v.turn)/v.turn)
			fy += k * (dx - v.inward*dy*math.Abs(v.turn)/v.turn)
		}
	}
	for i, s := range stars {
		dx, dy := x-s.x, y-s.y
		r := math.Hypot(dx, dy)
		g := smooth(1.25, 0.75, r/s.halo)
		sign := 1.0
		if i%2 == 1 {
			sign = -1
		}
		if r > 1e-6 {
			fx += g * (sign*-dy/r*3 - fx)
			fy += g * (sign*dx/r*3 - fy)
		}
	}
	return fx, fy
}

func (n *night) colour(px, py float64) vec {
	x, y := px/n.size, py/n.size
	if !n.sky(y, x) {
		return n.land(px, py, x, y)
	}
	t := 0.40 + 0.18*n.bands.at(px, py) + 0.075*n.fine.at(px, py) + 0.12*smooth(0.35, 0.6, y)
	for _, v := range vortices {
		dx, dy := x-v.x, y-v.y
		r := math.Hypot(dx, dy) / v.radius
		// Two pale arms wind into the vortex.
		arm := math.Cos(2*math.Atan2(dy, dx) - v.turn/math.Abs(v.turn)*3.4*math.Log(r+0.12))
		t += math.Exp(-r*r*1.1) * (0.20*arm + 0.07)
	}
	c := n.skies.at(t)
	for i, s := range stars {
		r := math.Hypot(x-s.x, y-s.y)
		if r > 1.6*s.halo {
			continue
		}
		ring := 0.10 * math.Sin(r/s.halo*17)
		g := math.Exp(-math.Pow(r/s.halo, 2)*2.1) + ring*smooth(1.3, 0.8, r/s.halo)
		c = c.mix(halo.at(g), clamp(1.35*g, 0, 1))
		core := pigment(0xfdf3bd)
		if i == 0 {
			core = pigment(0xf8b13c).mix(pigment(0xfce27a), smooth(0.2, 1, r/s.core))
		}
		c = c.mix(core, smooth(1.1, 0.85, r/s.core))
	}
	return c
}

func (n *night) land(px, py, x, y float64) vec {
	b := n.bands.at(px, py)
	f := n.fine.at(px, py)
	switch {
	case y < ridge(1, x):
		d := (y - ridge(0, x)) / 0.06
		c := farHills.at(0.35 + 0.16*b + 0.12*f + 0.2*d)
		return c.mix(pigment(0x0d1530), smooth(0.14, 0.0, d))
	case y < ridge(2, x):
		// The moon's path on the lake, and lamps of the far shore.
		path := math.Exp(-math.Pow((x-0.175-0.03*math.Sin(60*y))/0.05, 2))
		lamps := 0.0
		for _, l := range [5]float64{0.40, 0.505, 0.585, 0.70, 0.775} {
			lamps += math.Exp(-math.Pow((x-l-0.006*math.Sin(90*y+l*50))/0.011, 2)) * (0.6 + 0.4*math.Sin(120*y+l*80))
		}
		c := lake.at(0.38 + 0.2*b + 0.14*f)
		return c.mix(pigment(0xf6d45c), clamp(0.85*path+0.8*lamps, 0, 0.95)*(0.75+0.25*math.Sin(150*y+20*x)))
	}
	d := (y - ridge(2, x)) / 0.12
	c := nearHills.at(0.30 + 0.20*b + 0.12*f + 0.07*math.Sin(d*9+x*8))
	return c.mix(pigment(0x070b1c), smooth(0.2, 0, d))
}

// swirls paints the night in four passes.
func swirls(w, h int, quality float64) *canvas {
	w, h = 2*w, 2*h
	n := &night{size: float64(w), skies: pigments(0x0b1233, 0x13286b, 0x1d479f, 0x2f74c0, 0x6fb0d6, 0xbfdcc4, 0xf2e08a)}
	u := n.size / 1536 // brushes are given for this width
	n.bands = newStreaks(w, h, 4*u/quality, 26*u, 210*u, n.flow, 1)
	n.fine = newStreaks(w, h, 3*u/quality, 11*u, 120*u, n.flow, 2)
	p := newPainting(w, h, pigment(0x14204a))
	rng := rand.New(rand.NewPCG(1889, 7))
	p.brush(layer{width: 40 * u, length: 190 * u, gap: 19 * u, jitter: 0.2, tint: 0.02, fit: 0.35, dry: 0.2, body: 0.8}, n, rng)
	p.brush(layer{width: 25 * u, length: 150 * u, gap: 15 * u, jitter: 0.5, tint: 0.06, fit: 0.28, dry: 0.35, body: 1.2}, n, rng)
	p.brush(layer{width: 15 * u, length: 105 * u, gap: 14.5 * u, jitter: 0.75, tint: 0.085, fit: 0.26, dry: 0.5, body: 1.6}, n, rng)
	detail := func(x, y float64) float64 {
		d := 0.04
		for _, s := range stars {
			d = math.Max(d, smooth(1.2, 0.6, math.Hypot(x/n.size-s.x, y/n.size-s.y)/s.halo))
		}
		if !n.sky(y/n.size, x/n.size) {
			d = 0.25
		}
		return d
	}
	p.brush(layer{width: 8 * u, length: 52 * u, gap: 10 * u, jitter: 0.5, tint: 0.07, fit: 0.2, dry: 0.5, body: 1.3, where: detail}, n, rng)
	return p.lit(0.55).half()
}
