package main

import (
	"math"
	"math/rand/v2"
)

// harbour is a small port in the evening: sailing boats at their moorings, a
// jetty, a lighthouse on its rock, and a headland with houses.
func harbour() *scene {
	m := &mesh{}
	rng := rand.New(rand.NewPCG(11, 1872))
	m.sloop(vec{-3.4, 0, 7}, 0.5, 8.5, hex(0x8c2a20), hex(0xd8b283), hex(0xc8632c), 1)
	m.sloop(vec{4.6, 0, 12}, -0.7, 8, hex(0x1f4a63), hex(0xd8c49a), hex(0xe9dcc0), 0.8)
	m.sloop(vec{-10, 0, 24}, 0.9, 8, hex(0xd9d2c0), hex(0xb98a5a), hex(0xb8482c), 1)
	m.sloop(vec{7.5, 0, 38}, 0.3, 9, hex(0x2f5a3c), hex(0xd8b283), hex(0xe6c48a), 1)
	m.sloop(vec{6, 0, 66}, 0.6, 9, hex(0x4a2a20), hex(0xd8b283), hex(0xeadfca), 1)
	m.boat(vec{1.1, 0.05, 3.2}, 1.0, 4.2, hex(0x2f6f70), hex(0xd9b98a))
	m.boat(vec{-8.3, 0.05, 12.5}, -0.5, 4.4, hex(0xd8a23a), hex(0xcbb08a))
	m.jetty()
	m.lighthouse(vec{-9, 0, 98}, rng)
	m.headland(rng)

	sun := vec{-0.88, 0.36, -0.06}.unit()
	sky := skyColours{
		zenith: vec{0.12, 0.20, 0.46}, horizon: vec{1.0, 0.62, 0.36}, glow: vec{1.3, 0.6, 0.18},
		lit: vec{1.5, 0.86, 0.52}, shade: vec{0.42, 0.34, 0.45}, cover: -0.06, scale: 0.8, height: 0.14, shift: 7.1,
	}
	return &scene{
		tree: newBVH(m.tris), sun: sun, sunlight: vec{4.0, 2.3, 1.05}, sunRadius: 0.015, ambient: 1.15,
		sky:  func(d vec, plain bool) vec { return sky.light(d, sun, plain) },
		haze: func(d vec) vec { return vec{0.80, 0.60, 0.50} }, hazeLength: 480,
		water: vec{0.02, 0.045, 0.05},
		ripple: func(x, z float64) vec {
			g := func(f, k float64) vec {
				return vec{noise(x*f+.25, z*f*0.6, k) - noise(x*f-.25, z*f*0.6, k), 0, noise(x*f, z*f*0.6+.25, k) - noise(x*f, z*f*0.6-.25, k)}
			}
			return g(0.5, 1).scale(0.05).add(g(1.4, 2).scale(0.045)).add(g(4, 3).scale(0.02))
		},
		eye: vec{0.6, 3.6, -7.5}, look: vec{-0.6, 4.3, 20}, field: 58 * math.Pi / 180, exposure: 0.66, grain: 0.006,
	}
}

// sloop is a boat of a length with a mast, a mainsail and a jib.
func (m *mesh) sloop(at vec, angle, length float64, hull, deck, sail vec, hoisted float64) {
	m.boat(at.add(vec{0, 0.12, 0}), angle, length, hull, deck)
	s, c := math.Sincos(angle)
	// Points in the boat's own frame: f forward, u up, a to the side.
	p := func(f, u, a float64) vec { return at.add(vec{f*s + a*c, u, f*c - a*s}) }
	wood := matte(hex(0x6a4526), 0.3)
	h := length * 1.12
	m.rod(p(0.4, 0, 0), p(0.4, h, 0), 0.085, 0.045, 7, wood)
	boomEnd := p(-length*0.42, 1.25, length*0.10)
	m.rod(p(0.4, 1.15, 0), boomEnd, 0.06, 0.05, 6, wood)
	cloth := &material{thin: 0.6, shade: func(q, n vec) (vec, vec) {
		seam := math.Abs(math.Mod(q.y+50, 0.9) - 0.45)
		k := 0.9 + 0.12*fbm(q.x*2, q.y*2, q.z*2, 3) - 0.14*smooth(0.03, 0, seam)
		return sail.scale(k), n
	}}
	top := 1.2 + (h-1.6)*hoisted
	m.sheet(14, 14, func(u, v float64) vec { // u along the boom, v up
		w := (1 - v) * u
		belly := 0.55 * math.Sin(math.Pi*clamp(w+0.12, 0, 1)) * math.Sin(math.Pi*math.Min(v+0.15, 1))
		q := p(0.35, 1.3, 0).mix(boomEnd.add(vec{0, 0.1, 0}), w)
		q.y = 1.3 + (top-1.3)*v + 0.1*w
		return q.add(vec{c, 0, -s}.scale(belly))
	}, cloth)
	bow := p(length*0.47, 0.95, 0)
	m.sheet(10, 12, func(u, v float64) vec {
		head := p(0.55, top*0.86, 0)
		foot := bow.mix(p(0.75, 1.05, 0.5), u)
		q := foot.mix(head, v)
		return q.add(vec{c, 0, -s}.scale(0.4 * math.Sin(math.Pi*u) * math.Sin(math.Pi*v)))
	}, cloth)
	rope := matte(hex(0x2a241e), 0.1)
	for _, e := range [3]vec{bow, p(-length*0.48, 0.8, 0), p(0.2, 0.6, length*0.14)} {
		m.rod(p(0.4, h*0.97, 0), e, 0.014, 0.014, 4, rope)
	}
}

// jetty is a wooden pier on posts that comes in from the right.
func (m *mesh) jetty() {
	plank := &material{shade: func(p, n vec) (vec, vec) {
		i := math.Floor(p.z / 0.24)
		g := fbm(p.x*1.5, p.y*12, i*7.3+p.z*9, 4)
		gap := math.Abs(p.z/0.24 - i - 0.5)
		k := 0.75 + 0.4*cell(int(i), 1, 1) + 0.35*g
		return hex(0x8a6a4a).scale(k * (1 - 0.8*smooth(0.44, 0.5, gap)*math.Max(n.y, 0))), n.add(vec{0, 0, 0.3 * g}).unit()
	}}
	post := matte(hex(0x4a3626), 0.5)
	m.box(vec{6.2, 1.15, -8}, vec{8.8, 1.35, 24}, plank)
	for z := -6.0; z <= 24; z += 2.5 {
		for _, x := range [2]float64{6.3, 8.7} {
			m.rod(vec{x, -1, z}, vec{x, 2.15, z}, 0.17, 0.15, 8, post)
		}
	}
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 5 { // crates and barrels
		x, z := 7.9+0.5*rng.Float64(), 5+3.3*float64(i)
		s := 0.35 + 0.15*rng.Float64()
		if i%2 == 0 {
			m.box(vec{x - s, 1.35, z - s}, vec{x + s, 1.35 + 1.5*s, z + s}, matte(hex(0xa67c4a), 0.5))
		} else {
			m.rod(vec{x, 1.35, z}, vec{x, 2.2, z}, 0.34, 0.34, 12, matte(hex(0x6a3e24), 0.4))
			m.rod(vec{x, 2.2, z}, vec{x, 2.21, z}, 0.34, 0.01, 12, matte(hex(0x8a5e3a), 0.4))
		}
	}
}

// rock is a mound of stone with a broken skin.
func (m *mesh) rock(at vec, rx, ry, rz float64, mat *material) {
	m.sheet(48, 24, func(u, v float64) vec {
		a, b := 2*math.Pi*u, math.Pi/2*v*1.12
		d := vec{math.Cos(a) * math.Cos(math.Pi/2-b), math.Cos(b), math.Sin(a) * math.Cos(math.Pi/2-b)}
		k := 1 + 0.35*fbm(d.x*2+at.x, d.y*2.5, d.z*2+at.z, 5)
		return at.add(vec{d.x * rx * k, d.y * ry * k, d.z * rz * k})
	}, mat)
}

var cliff = &material{shade: func(p, n vec) (vec, vec) {
	g := fbm(p.x*0.7, p.y*1.8, p.z*0.7, 5)
	c := hex(0x7d6a58).scale(0.85 + 0.7*g)
	return c.mix(hex(0x5e6a34), 0.8*smooth(0.45, 0.8, n.y+0.4*g)), n.add(vec{g, g, -g}.scale(0.6)).unit()
}}

// lighthouse is a banded tower on a rock, with the keeper's house.
func (m *mesh) lighthouse(at vec, rng *rand.Rand) {
	m.rock(at.add(vec{0, -0.5, 0}), 17, 6, 12, cliff)
	band := &material{shade: func(p, n vec) (vec, vec) {
		c := hex(0xece4d4)
		if int(math.Floor((p.y-5)/4.2))%2 == 1 {
			c = hex(0xb23a28)
		}
		return c.scale(0.92 + 0.15*fbm(p.x, p.y*0.6, p.z, 4)), n
	}}
	foot, top := at.add(vec{0, 3, 0}), at.add(vec{0, 25, 0})
	m.rod(foot, top, 2.7, 1.7, 20, band)
	iron := matte(hex(0x2a2a2e), 0.1)
	m.rod(top, top.add(vec{0, 0.5, 0}), 2.5, 2.5, 20, iron)
	m.rod(top.add(vec{0, 0.5, 0}), top.add(vec{0, 2.9, 0}), 1.3, 1.3, 14, matte(vec{1.6, 1.2, 0.6}, 0))
	m.rod(top.add(vec{0, 2.9, 0}), top.add(vec{0, 4.6, 0}), 1.8, 0.05, 14, matte(hex(0x8a2f22), 0.1))
	h := house{front: at.x + 9.5, depth: 6, z0: at.z - 4, z1: at.z + 4, base: 4.2, eaves: 7.6, gable: 3, sideways: true,
		wall: hex(0xe9e0cc), roof: hex(0x9a4a30), shutter: hex(0x3a5a6a)}
	h.build(m, rng)
}

// headland is the far shore on the right with a village, and hills beyond.
func (m *mesh) headland(rng *rand.Rand) {
	land := func(x, z float64) float64 {
		d := smooth(8, 70, x-0.05*(z-90)) * smooth(62, 110, z)
		return -1 + 30*d*(0.8+0.5*fbm(x*0.02, z*0.02, 3, 5)) + 3*smooth(0.02, 0.08, d)
	}
	m.sheet(70, 50, func(u, v float64) vec {
		x, z := 4+150*u, 58+150*v
		return vec{x, land(x, z), z}
	}, cliff)
	walls := []uint32{0xe6dcc6, 0xd9a878, 0xe8cfa0, 0xcf9480, 0xe9e2d2, 0xbfc4b8}
	for i := range 34 {
		x, z := 15+62*rng.Float64(), 74+50*rng.Float64()
		y := land(x, z)
		if y < 1.2 {
			continue
		}
		w := 5 + 2.5*rng.Float64()
		h := house{front: x, depth: 7, z0: z, z1: z + w, base: y, eaves: y + 5.6 + 2.7*float64(rng.IntN(2)), gable: 2.6, sideways: i%2 == 0,
			wall: hex(walls[i%len(walls)]), roof: hex(0xa4502f), shutter: hex(0x46606a)}
		h.build(m, rng)
		// The side towards the water has windows too.
		for f := h.base + 1; f < h.eaves-1; f += storey {
			for k := range 3 {
				wx := x - 1.3 - 2.2*float64(k)
				m.quad(vec{wx - .5, f, z - .03}, vec{wx + .5, f, z - .03}, vec{wx + .5, f + 1.4, z - .03}, vec{wx - .5, f + 1.4, z - .03}, glass)
			}
		}
	}
	green := leaves(hex(0x2c4519), hex(0x76803a))
	for range 26 {
		x, z := 18+70*rng.Float64(), 76+60*rng.Float64()
		if y := land(x, z); y > 1.5 {
			m.tree(rng, vec{x, y - 0.3, z}, 7+3*rng.Float64(), 3, 0.35, 260, green)
		}
	}
	m.sheet(80, 20, func(u, v float64) vec {
		x, z := -700+1400*u, 380+400*v
		return vec{x, -2 + 95*smooth(0, 0.7, v)*(0.45+0.7*math.Abs(fbm(x*0.004+9, z*0.003, 2, 5))+0.25*smooth(0.3, 1, u)), z}
	}, cliff)
}
