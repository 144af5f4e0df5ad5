package main

import (
	"math"
	"math/rand/v2"
)

// town is a river town late on a summer's afternoon: a row of gabled houses
// on a quay, a church, a stone bridge, trees on the far bank and hills.
func town() *scene {
	m := &mesh{}
	rng := rand.New(rand.NewPCG(7, 1871))
	m.label = houses
	m.townHouses(rng)
	m.church(vec{-19, 2, 62})
	m.label = land
	m.bridge(82)
	m.banks(rng)
	m.hills()

	sun := vec{0.74, 0.46, -0.42}.unit()
	sky := skyColours{
		zenith: vec{0.10, 0.24, 0.56}, horizon: vec{0.72, 0.66, 0.58}, glow: vec{0.9, 0.5, 0.2},
		lit: vec{1.35, 1.08, 0.84}, shade: vec{0.50, 0.50, 0.58}, cover: 0.02, scale: 0.9, height: 0.17, shift: 2.4,
	}
	return &scene{
		tree: newBVH(m.tris), sun: sun, sunlight: vec{3.5, 2.55, 1.55}, sunRadius: 0.012, ambient: 0.85,
		sky:  func(d vec, plain bool) vec { return sky.light(d, sun, plain) },
		haze: func(d vec) vec { return vec{0.60, 0.60, 0.66} }, hazeLength: 620,
		water: vec{0.035, 0.05, 0.035},
		ripple: func(x, z float64) vec {
			a := 0.028
			g := func(f float64, k float64) vec {
				return vec{noise(x*f, z*f*0.55, k) - noise(x*f+.3, z*f*0.55, k), 0, noise(x*f, z*f*0.55+.3, k) - noise(x*f, z*f*0.55-.3, k)}
			}
			calm := 0.35 + 0.65*smooth(-0.25, 0.35, fbm(x*0.06, z*0.025, 4, 3))
			return g(0.9, 1).scale(a * calm).add(g(2.3, 2).scale(a * 0.6 * calm)).add(g(6, 3).scale(a * 0.35 * calm))
		},
		eye: vec{7.2, 6.3, -15}, look: vec{-0.6, 6.7, 22}, field: 57 * math.Pi / 180, exposure: 0.56, grain: 0.006,
	}
}

func (m *mesh) townHouses(rng *rand.Rand) {
	walls := []uint32{0xd6ae6c, 0xcf9480, 0xe6dcc6, 0xa9b8b8, 0xc47f56, 0xe2c99c, 0xb4bf9e, 0xd6a590, 0xbfb0b8, 0xe6dccb}
	roofs := []uint32{0xa8492c, 0x93402a, 0xb5593a, 0x7d3b2c}
	shutters := []uint32{0x3f6b4f, 0x2f5570, 0x7a3028, 0x5b4636, 0x46707a}
	z := -3.0
	for i := 0; z < 82; i++ {
		width := 6.2 + 3.2*rng.Float64()
		floors := 3 + rng.IntN(2)
		if i%4 == 2 {
			floors = 2
		}
		h := house{
			front: -5.2 - 0.9*rng.Float64() - 0.03*z, depth: 10, z0: z, z1: z + width, base: 2.4,
			wall: hex(walls[i%len(walls)]), roof: hex(roofs[rng.IntN(len(roofs))]), shutter: hex(shutters[i%len(shutters)]),
			sideways: i%3 == 1, timber: i%3 == 2,
		}
		h.eaves = h.base + storey*float64(floors) + 0.3 + 0.6*rng.Float64()
		h.gable = width * (0.62 + 0.2*rng.Float64())
		if h.sideways {
			h.gable = 4.2 + rng.Float64()
		}
		h.build(m, rng)
		z += width + 0.15
		if i == 4 {
			z += 2.2 // a lane
		}
	}
	// Roofs of the town behind.
	for i := range 26 {
		zz := 10 + 4.2*float64(i) + 3*rng.Float64()
		x := -22 - 26*rng.Float64()
		g := house{front: x, depth: 9, z0: zz, z1: zz + 7, base: 3, eaves: 9 + 5*rng.Float64() - x*0.09, gable: 5,
			wall: hex(walls[rng.IntN(len(walls))]), roof: hex(roofs[rng.IntN(len(roofs))]), shutter: hex(0x5b4636), sideways: i%2 == 0}
		g.build(m, rng)
	}
	// The quay, its coping and a railing.
	m.box(vec{-60, -1, -30}, vec{-3.6, 2.4, 120}, stone)
	cope := matte(hex(0xb9ad97), 0.2)
	m.box(vec{-3.9, 2.4, -30}, vec{-3.45, 2.58, 120}, cope)
	iron := matte(hex(0x23282a), 0.1)
	for z := -20.0; z < 100; z += 1.6 {
		m.rod(vec{-3.7, 2.5, z}, vec{-3.7, 3.5, z}, 0.04, 0.04, 5, iron)
	}
	m.rod(vec{-3.7, 3.5, -20}, vec{-3.7, 3.5, 100}, 0.045, 0.045, 5, iron)
	m.rod(vec{-3.7, 3.05, -20}, vec{-3.7, 3.05, 100}, 0.03, 0.03, 5, iron)
	// Bushes that hang over the wall, and two boats.
	green := leaves(hex(0x35501f), hex(0x74823a))
	for i := range 12 {
		z := 4 + 7.5*float64(i) + 4*rng.Float64()
		s := 0.7 + 0.8*rng.Float64()
		m.clump(rng, vec{-3.9, 2.5, z}, s*0.8, s, s*1.5, 420, 0.13, green)
	}
	m.boat(vec{-1.6, 0.05, 4.5}, 0.06, 6.4, hex(0x6b3a22), hex(0xd9b98a))
	m.boat(vec{-2.0, 0.05, 15}, -0.05, 5.8, hex(0x2c4f5c), hex(0xcbb08a))
	m.boat(vec{3.4, 0.05, 26}, 2.6, 6, hex(0x8c2f22), hex(0xd9b98a))
}

// boat is an open rowing boat of a length, turned by angle about y.
func (m *mesh) boat(at vec, angle, length float64, out, in vec) {
	s, c := math.Sincos(angle)
	w := length * 0.15
	hull := func(k, lift float64) func(u, v float64) vec {
		return func(u, v float64) vec {
			// u runs from stern to bow, v from rail over keel to rail.
			taper := math.Pow(math.Sin(math.Pi*(0.16+0.84*u)), 0.75)
			if u > 0.995 {
				taper = 0
			}
			a := math.Pi * v
			x := -math.Cos(a) * w * taper * k
			y := (1-math.Sin(a))*0.62 - 0.12 + 0.28*u*u*u + lift*math.Sin(a)
			z := (u - 0.5) * length * (0.97 + 0.03*k)
			return at.add(vec{x*c + z*s, y, z*c - x*s})
		}
	}
	m.sheet(14, 10, hull(1, 0), matte(out, 0.3))
	m.sheet(14, 10, hull(0.9, 0.12), matte(in, 0.3))
	wood := matte(in.scale(0.8), 0.3)
	for _, u := range [3]float64{0.22, 0.48, 0.72} {
		p, q := hull(0.92, 0)(u, 0.13), hull(0.92, 0)(u, 0.87)
		d := vec{s, 0, c}.scale(0.16)
		m.slab(p.sub(d), p.add(d), q.add(d), q.sub(d), vec{0, -.05, 0}, wood)
	}
}

// church is a nave and a tower with a steep spire.
func (m *mesh) church(at vec) {
	wall := &material{shade: func(p, n vec) (vec, vec) {
		a, b := stone.shade(p, n)
		return a.mix(hex(0xcfc0a2), 0.7), b
	}}
	slate := tiles(hex(0x4c5a62))
	p := func(x, y, z float64) vec { return at.add(vec{x, y, z}) }
	m.box(p(-4, 0, -4), p(4, 21, 4), wall)
	m.box(p(-4.4, 20.6, -4.4), p(4.4, 21.6, 4.4), wall)
	m.box(p(-4.3, 13, -4.3), p(4.3, 13.5, 4.3), wall)
	dark := matte(hex(0x1c1a1c), 0.1)
	for _, x := range [2]float64{-1.6, 1.6} {
		m.box(p(x-.7, 15, -4.05), p(x+.7, 19, 4.05), dark)
		m.box(p(-4.05, 15, x-.7), p(4.05, 19, x+.7), dark)
	}
	m.box(p(-1.5, 12, -4.1), p(1.5, 15, -4), matte(hex(0xf0e8d0), 0.1))
	// Eight-sided spire.
	top := p(0, 36.5, 0)
	for i := range 8 {
		a, b := 2*math.Pi*(float64(i)+.5)/8, 2*math.Pi*(float64(i)+1.5)/8
		m.tri(p(4.3*math.Cos(a), 21.6, 4.3*math.Sin(a)), p(4.3*math.Cos(b), 21.6, 4.3*math.Sin(b)), top, slate)
	}
	m.rod(top, top.add(vec{0, 3, 0}), 0.12, 0.05, 5, dark)
	for _, x := range [2]float64{-3.6, 3.6} {
		for _, z := range [2]float64{-3.6, 3.6} {
			m.rod(p(x, 21.6, z), p(x, 26, z), 0.8, 0.02, 8, slate)
		}
	}
	nave := house{front: at.x + 6, depth: 12, z0: at.z + 4, z1: at.z + 34, base: 3, eaves: at.y + 15, gable: 9,
		wall: hex(0xcfc0a2), roof: hex(0x8a4a34), sideways: true}
	m.box(vec{at.x - 6, 0, nave.z0}, vec{at.x + 6, nave.eaves, nave.z1}, wall)
	roof := tiles(nave.roof)
	for _, x := range [2]float64{-6.4, 6.4} {
		m.slab(p(x, 15, 4), p(x, 15, 34), p(0, 24, 34), p(0, 24, 4), vec{0, -.3, 0}, roof)
	}
}

// bridge spans the river with three round arches.
func (m *mesh) bridge(z float64) {
	const x0, x1, deck = -4.0, 40.0, 5.6
	under := func(x float64) float64 {
		f := math.Mod(x-x0, 11) - 5.5
		r := 4.6
		if math.Abs(f) >= r {
			return -1
		}
		return math.Sqrt(r*r-f*f) * 0.95
	}
	const n = 264
	for i := range n {
		a := x0 + (x1-x0)*float64(i)/n
		b := x0 + (x1-x0)*float64(i+1)/n
		ua, ub := under(a), under(b)
		for _, zz := range [2]float64{z, z + 6} {
			m.quad(vec{a, ua, zz}, vec{b, ub, zz}, vec{b, deck, zz}, vec{a, deck, zz}, stone)
		}
		m.quad(vec{a, ua, z}, vec{b, ub, z}, vec{b, ub, z + 6}, vec{a, ua, z + 6}, stone)
	}
	m.box(vec{x0, deck, z - .2}, vec{x1, deck + .3, z + 6.2}, stone)
	m.box(vec{x0, deck + .3, z - .1}, vec{x1, deck + 1.2, z + .3}, stone)
	for i := range 3 {
		x := x0 + 11*float64(i+1)
		m.rod(vec{x, -1, z - .4}, vec{x, 3.4, z - .4}, 1.1, 0.9, 8, stone)
	}
}

// banks is the right bank with its trees, and trees upstream.
func (m *mesh) banks(rng *rand.Rand) {
	grass := &material{shade: func(p, n vec) (vec, vec) {
		g := fbm(p.x*0.8, p.z*0.8, 1, 5)
		f := fbm(p.x*9, p.z*9, 2, 2)
		return hex(0x5f6f2c).mix(hex(0xa59a4a), clamp(0.5+g, 0, 1)).scale(0.8 + 0.4*f), n.add(vec{f, 0, f}.scale(0.4)).unit()
	}}
	shore := func(z float64) float64 { return 15.5 + 1.2*math.Sin(z*0.11) + 0.8*math.Sin(z*0.31+1) }
	m.sheet(60, 8, func(u, v float64) vec {
		z := -25 + 260*u
		x := shore(z) + 60*v
		y := 2.2*smooth(0, 0.06, v) + 0.25*noise(x*0.3, z*0.3, 3)*v - 0.3*(1-smooth(0, .02, v))
		return vec{x, y, z}
	}, grass)
	oak := leaves(hex(0x2c4519), hex(0x76803a))
	willow := leaves(hex(0x425c24), hex(0x979a4c))
	for i := range 11 {
		z := 9 + 9.5*float64(i) + 3*rng.Float64()
		x := shore(z) + 3.2 + 3*rng.Float64()
		mat := oak
		if i%3 == 1 {
			mat = willow
		}
		m.tree(rng, vec{x, 1.9, z}, 9+3.5*rng.Float64(), 3.6+rng.Float64(), 0.16+0.002*z, 1500, mat)
	}
	for i := range 6 {
		m.poplar(rng, vec{-1 + 5.5*float64(i) + 2*rng.Float64(), 2, 112 + 10*rng.Float64()}, 17+5*rng.Float64(), 0.4, 260, oak)
	}
	for i := range 10 {
		m.tree(rng, vec{22 + 7*float64(i%5), 2, 60 + 14*float64(i/5) + 8*rng.Float64()}, 12, 5, 0.35, 500, oak)
	}
	// Bushes along the water.
	for i := range 22 {
		z := -4 + 4.6*float64(i) + 2*rng.Float64()
		s := 0.8 + rng.Float64()
		m.clump(rng, vec{shore(z) + 0.5, 0.7, z}, s, s*0.8, s*1.2, 420, 0.15, willow)
	}
}

// hills closes the valley.
func (m *mesh) hills() {
	wood := &material{shade: func(p, n vec) (vec, vec) {
		g := fbm(p.x*0.06, p.z*0.06, 1, 5)
		f := fbm(p.x*0.35, p.z*0.35, 6, 4)
		c := hex(0x46602c).mix(hex(0xa8a052), smooth(0.0, 0.35, g))
		return c.scale(0.8 + 0.6*f), n.add(vec{f, 0, fbm(p.x*0.35, p.z*0.35, 9, 4)}.scale(0.9)).unit()
	}}
	m.sheet(90, 40, func(u, v float64) vec {
		x := -420 + 840*u
		z := 130 + 500*v
		y := 1.5 + 75*smooth(0, 0.75, v)*(0.55+0.6*fbm(x*0.005+4, z*0.004, 2, 5)+0.35*math.Abs(u-0.47)*2)
		return vec{x, y, z}
	}, wood)
}
