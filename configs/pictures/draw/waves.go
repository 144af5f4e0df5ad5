package main

import (
	"math"
	"math/rand/v2"
)

// The inks of the print.
var (
	inkLine = pigment(0x14213f)
	inkDeep = pigment(0x1c3a70)
	inkBlue = pigment(0x2f6298)
	inkMid  = pigment(0x6f9fb6)
	inkPale = pigment(0xb5cfc9)
	inkFoam = pigment(0xf3ead2)
	inkSand = pigment(0xe6d3a6)
	inkRed  = pigment(0xc4472f)
)

// sea prints waves that lean over, clawed with foam, before a red sun.
type sea struct {
	*print
	rng  *rand.Rand
	line float64 // width of a contour
}

// waves prints the picture from the back to the front.
func waves(w, h int, _ float64) *canvas {
	w, h = 2*w, 2*h
	s := &sea{newPrint(w, h, pigment(0xefe3c6)), rand.New(rand.NewPCG(1831, 5)), 0.0034}
	bottom := float64(h)/float64(w) + 0.05
	s.heaven(bottom)
	s.distance(bottom)

	// A wave leans over from the right.
	back := spline(24, point{1.12, 0.60}, point{1.02, 0.36}, point{0.92, 0.19}, point{0.78, 0.085}, point{0.62, 0.065}, point{0.475, 0.115}, point{0.385, 0.205}, point{0.345, 0.315})
	face := spline(24, point{0.30, 0.80}, point{0.44, 0.72}, point{0.535, 0.62}, point{0.585, 0.50}, point{0.575, 0.385}, point{0.52, 0.295}, point{0.44, 0.265}, point{0.345, 0.315})
	s.wave(back, face, point{1.12, bottom}, point{0.2, bottom}, 15, 0.33)
	s.foam(back, face, 0.30, 0.66, 0.058, -1)

	// A smaller one rises in front of it, leaning the other way.
	back2 := spline(24, point{-0.08, 0.66}, point{0.02, 0.56}, point{0.10, 0.475}, point{0.19, 0.455}, point{0.262, 0.485}, point{0.292, 0.535})
	face2 := spline(24, point{0.40, 0.84}, point{0.30, 0.77}, point{0.225, 0.69}, point{0.195, 0.61}, point{0.225, 0.55}, point{0.292, 0.535})
	s.wave(back2, face2, point{-0.08, bottom}, point{0.45, bottom}, 10, 0.3)
	s.foam(back2, face2, 0.30, 0.62, 0.038, 1)

	// The nearest swells run across the foot.
	near := spline(24, point{-0.05, 0.80}, point{0.12, 0.725}, point{0.26, 0.72}, point{0.42, 0.765}, point{0.60, 0.775}, point{0.78, 0.70}, point{0.92, 0.655}, point{1.06, 0.68})
	s.swell(near, bottom, 12)
	s.fringe(near, 0.02, 0.44, 0.024)
	s.fringe(near, 0.66, 0.99, 0.03)
	s.spray(point{0.36, 0.36}, 0.17, 130)
	s.spray(point{0.30, 0.53}, 0.07, 40)
	return s.aged().half()
}

// heaven is the sky: colour wiped from dark to light, a sun, bars of cloud.
func (s *sea) heaven(bottom float64) {
	all := path{{-0.1, -0.1}, {1.1, -0.1}, {1.1, bottom}, {-0.1, bottom}}
	s.ink(all, func(x, y float64) vec {
		c := inkSand.mix(pigment(0xefe3c6), smooth(0.55, 0.2, y))
		c = c.mix(pigment(0xe7a673), 0.75*smooth(0.30, 0.58, y+0.03*fbm(x*4, y*20, 3, 3)))
		return c.mix(pigment(0x47719a), 0.85*smooth(0.12, -0.01, y+0.012*fbm(x*5, y*5, 9, 3)))
	})
	sun := disc(point{0.185, 0.235}, 0.105, 2.5)
	s.ink(sun, func(x, y float64) vec { return inkRed.mix(pigment(0xe08a4c), smooth(0.22, 0.36, y)) })
	for _, c := range [][4]float64{{-0.05, 0.19, 0.20, 0.016}, {0.13, 0.283, 0.27, 0.018}, {-0.05, 0.30, 0.14, 0.014}, {0.02, 0.335, 0.24, 0.012}, {0.22, 0.135, 0.17, 0.012}} {
		l := spline(16, point{c[0], c[1]}, point{c[0] + c[2]*0.35, c[1] - 0.004}, point{c[0] + c[2]*0.7, c[1] + 0.003}, point{c[0] + c[2], c[1]})
		half := func(extra float64) func(t float64) float64 {
			return func(t float64) float64 {
				return c[3]*0.55*(1+0.25*math.Sin(t*9+c[0]*40))*math.Sqrt(math.Min(1, t*9)) + extra
			}
		}
		s.ink(ribbon(l, half(s.line*0.6)), flat(inkLine))
		s.ink(ribbon(l, half(-s.line*0.2)), flat(pigment(0xf2e7cd)))
		s.ink(ribbon(l[4:], func(t float64) float64 { return c[3] * 0.14 }), flat(inkPale))
	}
}

// distance is the far sea: rows of scales that grow towards the front.
func (s *sea) distance(bottom float64) {
	s.ink(path{{-0.1, 0.525}, {1.1, 0.525}, {1.1, bottom}, {-0.1, bottom}}, func(x, y float64) vec {
		return inkMid.mix(inkBlue, smooth(0.53, 0.68, y))
	})
	for row := range 12 {
		y := 0.53 + 0.012*float64(row) + 0.0016*float64(row*row)
		step := 0.036 + 0.0055*float64(row)
		for i := -1; float64(i)*step < 1.1; i++ {
			x := (float64(i)+0.5*float64(row%2))*step + 0.2*step*s.rng.Float64()
			hump := step * (0.26 + 0.2*s.rng.Float64())
			l := spline(8, point{x, y + hump}, point{x + step*0.3, y + hump*0.35}, point{x + step*0.55, y}, point{x + step*0.8, y + hump*0.3}, point{x + step*1.1, y + hump})
			shape := append(append(path{}, l...), point{x + step*1.1, y + 2.2*hump}, point{x, y + 2.2*hump})
			c := [3]vec{inkBlue, inkMid, inkDeep}[s.rng.IntN(3)]
			s.ink(shape, flat(c))
			s.ink(carved(l, s.line*0.8, x*50), flat(inkLine))
			s.ink(carved(l[5:len(l)-8], s.line*2.2, x*70), flat(inkFoam))
		}
	}
}

// wave fills the body between a wave's back and its face, which meet in its
// tip, with bands that run from the foot to the tip.
func (s *sea) wave(back, face path, footBack, footFace point, bands int, open float64) {
	shape := append(path{footBack}, back...)
	for i := len(face) - 1; i >= 0; i-- {
		shape = append(shape, face[i])
	}
	shape = append(shape, footFace)
	s.ink(shape, func(x, y float64) vec { return inkDeep.mix(inkLine, 0.35*smooth(0.5, 0.75, y)) })
	for i := range bands {
		k := (float64(i) + 0.5) / float64(bands)
		l := between(back, face, k, 90)
		c := [4]vec{inkBlue, inkPale, inkMid, inkBlue}[i%4]
		w := 0.5 / float64(bands)
		start := int(90 * 0.3 * s.rng.Float64() * k)
		l = l[start:]
		// The band is as wide as its share of the wave at that place.
		full := func(t float64) float64 {
			u := (float64(start) + t*float64(90-start)) / 90
			p, _ := back.along(u)
			q, _ := face.along(u)
			d := math.Hypot(p.x-q.x, p.y-q.y)
			return d * w * (0.62 + 0.16*math.Sin(7*u+float64(i))) * math.Min(1, t*5+0.1)
		}
		s.ink(ribbon(l, full), flat(c))
		if i%4 != 0 {
			s.ink(ribbon(l[6:], func(t float64) float64 { return 0.22 * full(t) * (1 - t) }), flat(inkFoam))
		}
	}
	s.ink(carved(face, s.line*1.5, 5), flat(inkLine))
	s.ink(carved(back, s.line*1.5, 9), flat(inkLine))
}

// claw is a finger of foam: a line and how thick it is at its root.
type claw struct {
	line  path
	thick float64
	curl  float64
}

// half is the half width of the claw at t along it, with a margin.
func (c claw) half(margin float64) func(t float64) float64 {
	return func(t float64) float64 { return c.thick*(1-0.86*math.Pow(t, 1.1)) + margin }
}

// grow makes a claw that bends by curl over its length, and the claws that
// split off it.
func (s *sea) grow(into []claw, at point, angle, length, thick, curl float64, splits int) []claw {
	const n = 16
	l := make(path, n+1)
	p := at
	for i := range l {
		l[i] = p
		t := float64(i) / n
		a := angle + curl*t*t
		p = point{p.x + math.Cos(a)*length/n, p.y + math.Sin(a)*length/n}
	}
	into = append(into, claw{l, thick, curl})
	if splits == 0 {
		return into
	}
	for i := range 4 {
		t := 0.22 + 0.19*float64(i) + 0.08*s.rng.Float64()
		q, a := l.along(t)
		side := 1.0
		if i%2 == 1 {
			side = -1
		}
		bend := side * sign(curl) // the outer ones bend back
		into = s.grow(into, q, a+side*(0.65+0.45*s.rng.Float64()), length*(0.52-0.06*float64(i)), thick*0.62*(1-0.45*t), math.Abs(curl)*-bend*(0.8+0.5*s.rng.Float64()), splits-1)
	}
	return into
}

// press prints claws that have grown together: one contour around all of
// them, then their shaded sides and a few cut lines inside.
func (s *sea) press(claws []claw, fill, shade vec) {
	for _, c := range claws {
		s.ink(disc(c.line[0], c.thick+s.line, c.thick), flat(inkLine))
		s.ink(ribbon(c.line, c.half(s.line*0.85)), flat(inkLine))
	}
	for _, c := range claws {
		s.ink(disc(c.line[0], c.thick, c.thick), flat(fill))
		s.ink(ribbon(c.line, c.half(0)), flat(fill))
	}
	for i, c := range claws {
		if c.thick < 1.6*s.line {
			continue
		}
		off := func(k float64) path {
			out := make(path, 0, len(c.line))
			for i := 1; i < len(c.line)-2; i++ {
				t := float64(i) / float64(len(c.line)-1)
				_, a := c.line.along(t)
				o := k * c.half(0)(t) * sign(c.curl)
				out = append(out, point{c.line[i].x + math.Sin(a)*o, c.line[i].y - math.Cos(a)*o})
			}
			return out
		}
		s.ink(ribbon(off(0.5), func(t float64) float64 { return c.thick * 0.3 * (1 - t) * math.Min(1, t*4+0.2) }), flat(shade))
		if i%3 != 0 {
			continue
		}
		s.ink(carved(off(-0.15), s.line*0.55, c.thick*900), flat(inkLine))
	}
}

// foam hangs claws on a wave: blue ones under the lip, pale ones on the
// back, white ones on the rim. Turn is the side of the back on which the
// face lies: 1 right, -1 left of the way to the tip.
func (s *sea) foam(back, face path, from, lip, size, turn float64) {
	var under, mid, rim []claw
	m := int(1.3 / size * (1 - lip))
	for i := range m {
		t := lip + (1-lip)*(float64(i)+s.rng.Float64())/float64(m)
		p, a := face.along(t)
		under = s.grow(under, p, a+turn*-1*(-1.1+0.5*(s.rng.Float64()-0.5))-turn*2.2, size*(1.0+0.5*s.rng.Float64()), size*0.22, turn*(1.2+s.rng.Float64()), 2)
	}
	n := int(1.25 / size * (1 - from))
	row := func(into []claw, depth, angle, scale float64) []claw {
		for i := range n {
			t := from + (1-from)*(float64(i)+0.8*s.rng.Float64())/float64(n)
			p, a := between(back, face, depth*(0.7+0.6*s.rng.Float64()), 60).along(t)
			k := size * scale * (0.45 + 0.75*smooth(from, 0.9, t))
			into = s.grow(into, p, a+turn*angle+0.5*(s.rng.Float64()-0.5), k*(1.6+0.5*s.rng.Float64()), k*0.30, turn*(1.1+0.9*s.rng.Float64()), 2)
		}
		return into
	}
	// A band of foam along the crest carries the rim's claws.
	crest := between(back, face, 0.05, 60)
	band := make(path, 0, 60)
	for i := 60; i >= int(from*0.8*60); i-- {
		band = append(band, crest[i])
	}
	rim = append(rim, claw{band, size * 0.42, turn})
	mid = row(mid, 0.17, 0.75, 0.9)
	rim = row(rim, 0.05, 0.55, 1.1)
	rim = row(rim, 0.0, -0.1, 0.8)
	s.press(under, inkMid, inkBlue)
	s.press(mid, inkPale, inkMid)
	s.press(rim, inkFoam, inkPale)
}

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

// swell is a low wave across the whole foot, banded along its crest.
func (s *sea) swell(crest path, bottom float64, bands int) {
	x0, x1 := crest[0].x, crest[len(crest)-1].x
	floor := spline(24, point{x0, bottom + 0.05}, point{0.25, bottom + 0.02}, point{0.5, bottom - 0.03}, point{0.75, bottom + 0.02}, point{x1, bottom + 0.06})
	shape := append(path{}, crest...)
	for i := len(floor) - 1; i >= 0; i-- {
		shape = append(shape, floor[i])
	}
	s.ink(shape, flat(inkDeep))
	for i := range bands {
		k := (float64(i) + 0.6) / float64(bands)
		l := between(crest, floor, k*k*0.4+k*0.6, 160)
		c := [4]vec{inkMid, inkBlue, inkPale, inkBlue}[i%4]
		f := float64(i)
		s.ink(ribbon(l, func(t float64) float64 {
			return 0.0065 * (1 + 0.5*k) * math.Max(0, 0.5+math.Sin(t*(9+2*math.Mod(f, 3))+f*1.9))
		}), flat(c))
	}
	s.ink(carved(crest, s.line*1.5, 31), flat(inkLine))
}

// fringe lays a lace of small claws along part of a crest.
func (s *sea) fringe(crest path, from, to, size float64) {
	n := int((to - from) / size * 1.05)
	for row := range 2 {
		var claws []claw
		for i := range n {
			t := from + (to-from)*(float64(i)+0.8*s.rng.Float64())/float64(n)
			p, a := crest.along(t)
			k := size * (0.55 + 0.6*math.Sin(math.Pi*(t-from)/(to-from)))
			down := 0.9 - 1.1*float64(row)
			claws = s.grow(claws, point{p.x, p.y + 0.012*float64(1-row)}, a+down+0.5*(s.rng.Float64()-0.5), k*1.7, k*0.32, 1.2+s.rng.Float64(), 2)
		}
		if row == 0 {
			s.press(claws, inkPale, inkMid)
		} else {
			s.press(claws, inkFoam, inkPale)
		}
	}
}

// spray is a shower of drops around a place.
func (s *sea) spray(c point, radius float64, count int) {
	for range count {
		a := 2 * math.Pi * s.rng.Float64()
		r := radius * math.Sqrt(s.rng.Float64())
		q := point{c.x + r*math.Cos(a), c.y + 0.8*r*math.Sin(a)}
		d := 0.0014 + 0.0032*s.rng.Float64()*s.rng.Float64()
		s.ink(disc(q, d+s.line*0.4, a), flat(inkLine))
		s.ink(disc(q, d, a), flat(inkFoam))
	}
}
