package main

import (
	"math"
	"math/rand/v2"
)

// dusk is an evening on a fjord: a sky of fiery bands, dark mountains, water
// that keeps the fire, and a shore. Every region is a stack of bands that
// bend; strokes run along them. Places are in units of the width.
type dusk struct {
	size  float64
	bands *streaks
	fine  *streaks
}

// peak is the line of the mountains at x, shoreline that of the near shore.
func peak(x float64) float64 {
	return 0.405 - 0.11*math.Exp(-(x-0.80)*(x-0.80)*22) - 0.05*math.Exp(-(x-0.52)*(x-0.52)*60) -
		0.06*math.Exp(-(x-0.05)*(x-0.05)*18) + 0.008*math.Sin(23*x) + 0.006*math.Sin(41*x+1)
}

func waterline(x float64) float64 { return 0.475 + 0.02*math.Sin(4*x+2) + 0.006*math.Sin(17*x) }

func shoreline(x float64) float64 {
	return 0.71 + 0.22*(x-0.5) - 0.13*math.Exp(-(x-0.12)*(x-0.12)*26) + 0.10*math.Sin(5.2*x-0.5) - 0.05
}

// region tells which stack of bands holds a place.
func (d *dusk) region(x, y float64) int {
	switch {
	case y < peak(x):
		return 0
	case y < waterline(x):
		return 1
	case y < shoreline(x):
		return 2
	}
	return 3
}

// height is the band coordinate of a place: bands are its level lines.
func (d *dusk) height(r int, x, y float64) float64 {
	switch r {
	case 0: // the sky heaves
		w := 0.035 * math.Sin(7.5*x+1+5*y) * (0.6 + y)
		w += 0.028 * math.Sin(13*x-9*y+2.2)
		w += 0.05*math.Sin(3.1*x+0.4)*(1-y) + 0.035*fbm(x*3, y*4, 1.5, 2)
		// A sun almost set pulls the bands around itself.
		dx, dy := x-0.33, y-0.335
		return y + w + 0.10*math.Exp(-(dx*dx+dy*dy*1.5)*45)
	case 1:
		return y - peak(x)*0.9 + 0.3*(x-0.5)*math.Sin(5*x) + 0.02*math.Sin(22*x+30*y)
	case 2: // eddies in the water
		v := y + 0.012*math.Sin(15*x+24*y)
		for _, e := range [3]vortex{{0.62, 0.59, 0.09, 1, 0}, {0.30, 0.555, 0.07, -1, 0}, {0.88, 0.68, 0.08, 1, 0}} {
			dx, dy := x-e.x, (y-e.y)*1.6
			v += 0.10 * e.turn * math.Exp(-(dx*dx+dy*dy)/(e.radius*e.radius))
		}
		return v
	}
	return y - shoreline(x)*0.75 + 0.05*math.Sin(6*x+5*y) + 0.05*fbm(x*2.5, y*2.5, 6.5, 2)
}

func (d *dusk) flow(px, py float64) (float64, float64) {
	x, y := px/d.size, py/d.size
	r := d.region(x, y)
	const e = 0.002
	gx := d.height(r, x+e, y) - d.height(r, x-e, y)
	gy := d.height(r, x, y+e) - d.height(r, x, y-e)
	if gy < 0 {
		gx, gy = -gx, -gy
	}
	return gy + 1e-7, -gx
}

var (
	fire   = pigments(0x7d1a1e, 0xc62d1c, 0xe8501d, 0xf7a036, 0xf9dc86, 0xf39a32, 0xdc4a1e, 0xb3261d, 0xd9481f, 0xf6b248, 0xf8e6a4, 0xf08a2c, 0xd23a1c, 0x96222a, 0xe05a22, 0xf8b84a)
	deep   = pigments(0x0a1a22, 0x10303a, 0x17474c, 0x2b6a62, 0x6f8f62)
	molten = pigments(0x0d2630, 0x16464e, 0x2f6f68, 0x7f8a50, 0xd98a2e, 0xf3b648, 0xe8622a, 0x9c3528)
	shore  = pigments(0x0a1418, 0x122a2c, 0x233f36, 0x56502c, 0x8a4a24, 0xb8571f, 0x2a1a1c)
)

func (d *dusk) colour(px, py float64) vec {
	x, y := px/d.size, py/d.size
	r := d.region(x, y)
	h := d.height(r, x, y)
	b, f := d.bands.at(px, py), d.fine.at(px, py)
	switch r {
	case 0:
		t := math.Mod(0.55*(h+0.15)/0.52*1.15+0.045*b+0.022*f+2, 1)
		c := fire.at(t)
		// Cold gaps between the bands.
		cold := smooth(1.15, 2.0, b) * (1 - 0.7*smooth(0.2, 0.4, y))
		c = c.mix(pigment(0x3d6f80), 0.75*cold)
		sun := math.Hypot(x-0.33, y-0.335)
		c = c.mix(pigment(0xfbe9a6), smooth(0.15, 0.05, sun)*0.65)
		return c.mix(pigment(0xfff4cf), smooth(0.047, 0.041, sun))
	case 1:
		edge := y - peak(x)
		c := deep.at(0.36 + 0.17*b + 0.1*f + 1.4*edge)
		return c.mix(pigment(0x081218), smooth(0.012, 0, edge))
	case 2:
		glow := math.Exp(-math.Pow((x-0.35-0.06*math.Sin(20*y))/0.13, 2))
		c := molten.at(0.25 + 0.15*b + 0.08*f + 0.42*glow + 0.16*math.Sin(h*70))
		return c
	}
	edge := y - shoreline(x)
	c := shore.at(0.36 + 0.19*b + 0.08*f + 0.17*math.Sin(h*38))
	return c.mix(pigment(0x060c10), smooth(0.02, 0, edge))
}

// duskPicture paints the evening in four passes of long strokes.
func duskPicture(w, h int, quality float64) *canvas {
	w, h = 2*w, 2*h
	d := &dusk{size: float64(w)}
	u := d.size / 1440
	d.bands = newStreaks(w, h, 4*u/quality, 24*u, 420*u, d.flow, 3)
	d.fine = newStreaks(w, h, 3*u/quality, 9*u, 260*u, d.flow, 4)
	p := newPainting(w, h, pigment(0x7a3a22))
	rng := rand.New(rand.NewPCG(1893, 3))
	p.brush(layer{width: 42 * u, length: 380 * u, gap: 22 * u, jitter: 0.12, tint: 0.03, fit: 0.4, dry: 0.3, body: 0.7}, d, rng)
	p.brush(layer{width: 24 * u, length: 300 * u, gap: 16 * u, jitter: 0.28, tint: 0.06, fit: 0.3, dry: 0.5, body: 0.9}, d, rng)
	p.brush(layer{width: 13 * u, length: 240 * u, gap: 17 * u, jitter: 0.5, tint: 0.09, fit: 0.28, dry: 0.7, body: 1}, d, rng)
	p.brush(layer{width: 6 * u, length: 150 * u, gap: 20 * u, jitter: 0.6, tint: 0.1, fit: 0.26, dry: 0.8, body: 1}, d, rng)
	return p.lit(0.4).half()
}
