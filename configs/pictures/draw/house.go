package main

import (
	"math"
	"math/rand/v2"
)

// house is a gabled house whose front looks towards +x.
type house struct {
	front, depth float64 // x of the front, and how far it reaches back
	z0, z1       float64
	base, eaves  float64 // heights
	gable        float64 // height of the gable over the eaves
	sideways     bool    // the ridge runs along the front: no gable in front
	wall, roof   vec
	shutter      vec
	timber       bool
}

const storey = 2.7

// plaster is a wall: stains, a darker foot, and a frame of timber if asked.
func (h house) plaster() *material {
	beam := hex(0x3b2618)
	return &material{shade: func(p, n vec) (vec, vec) {
		stain := fbm(p.x*0.6, p.y*0.35, p.z*0.6, 4)
		fine := fbm(p.x*7, p.y*7, p.z*7, 3)
		c := h.wall.scale(1 + 0.22*stain + 0.10*fine)
		c = c.scale(1 - 0.3*math.Exp(-math.Max(p.y-h.base, 0)*1.1))
		bent := n.add(vec{0.1 * fine, 0.12 * fine, -0.1 * fine}).unit()
		if !h.timber || p.y < h.base+storey {
			return c, bent
		}
		u := p.z - h.z0
		if math.Abs(n.z) > 0.5 {
			u = h.front - p.x
		}
		v := math.Mod(p.y-h.base, storey)
		pitch := 1.9
		col := math.Floor(u / pitch)
		fu := u - col*pitch
		d := math.Min(math.Min(fu, pitch-fu), math.Min(v, storey-v)*0.8)
		if k := hash(int(col), int((p.y-h.base)/storey), int(h.z0)); k%3 == 0 {
			diag := math.Abs(fu/pitch-v/storey) * 1.3
			if k&8 != 0 {
				diag = math.Abs(1-fu/pitch-v/storey) * 1.3
			}
			d = math.Min(d, diag)
		}
		t := smooth(0.10, 0.13, d+0.02*fine)
		return beam.scale(1+0.4*fine).mix(c, t), bent
	}}
}

// tiles is a roof: rows of tiles that overlap, each a little different.
func tiles(c vec) *material {
	return &material{shade: func(p, n vec) (vec, vec) {
		u := p.z
		if math.Abs(n.z) > math.Abs(n.x) {
			u = p.x
		}
		row := math.Floor(p.y / 0.26)
		f := p.y/0.26 - row
		col := math.Floor(u/0.3 + 0.5*row)
		each := cell(int(row), int(col), 3)
		moss := smooth(0.1, 0.6, fbm(p.x*0.5, p.y*0.7, p.z*0.5, 4))
		a := c.scale(0.72+0.5*each).mix(vec{0.09, 0.08, 0.05}, 0.55*moss)
		a = a.scale(0.55 + 0.45*smooth(0, 0.35, f))
		return a, n.add(vec{0, -0.35 * (f - 0.5), 0}).unit()
	}}
}

// glass is dark and mirrors the sky.
var glass = &material{mirror: 0.22, shade: func(p, n vec) (vec, vec) {
	w := vec{0.015 * noise(p.x*3, p.y*3, p.z*3), 0.02 * noise(p.z*2, p.y*2, 5), 0.02 * noise(p.y*2, p.z*2, 9)}
	return vec{0.02, 0.024, 0.03}, n.add(w).unit()
}}

var (
	frame = matte(hex(0xe9e2d2), 0.05)
	stone = &material{shade: func(p, n vec) (vec, vec) {
		// Courses of rough blocks.
		u := p.z + p.x
		row := math.Floor(p.y / 0.42)
		f := p.y/0.42 - row
		s := u/0.95 + 0.5*row + 0.3*cell(int(row), 1, 1)
		col := math.Floor(s)
		e := math.Min(math.Min(f, 1-f)*0.42, math.Min(s-col, col+1-s)*0.95)
		each := cell(int(row), int(col), 7)
		g := fbm(p.x*2.5, p.y*2.5, p.z*2.5, 4)
		c := hex(0x9a8b74).scale(0.62 + 0.5*each + 0.35*g)
		c = c.mix(hex(0x4a5030), 0.6*smooth(0.0, 0.5, g+0.4-0.35*math.Max(p.y, 0)))
		c = c.scale(0.45 + 0.55*smooth(0, 0.05, e))
		return c, n.add(vec{g, 0.6*g + 0.3*(each-0.5), -g}.scale(0.45)).unit()
	}}
)

// build adds the house to a mesh.
func (h house) build(m *mesh, rng *rand.Rand) {
	wall := h.plaster()
	back := h.front - h.depth
	m.box(vec{back, 0, h.z0}, vec{h.front, h.eaves, h.z1}, wall)
	zm := (h.z0 + h.z1) / 2
	xm := (back + h.front) / 2
	top := h.eaves + h.gable
	roof := tiles(h.roof)
	down := vec{0, -0.18, 0}
	const over = 0.45
	if h.sideways {
		for _, z := range [2]float64{h.z0, h.z1} {
			m.tri(vec{back, h.eaves, z}, vec{h.front, h.eaves, z}, vec{xm, top, z}, wall)
		}
		drop := over * h.gable / (h.depth / 2)
		for _, x := range [2]float64{h.front + over, back - over} {
			m.slab(vec{x, h.eaves - drop + .2, h.z0 - 0.2}, vec{x, h.eaves - drop + .2, h.z1 + 0.2},
				vec{xm, top + .2, h.z1 + 0.2}, vec{xm, top + .2, h.z0 - 0.2}, down, roof)
		}
		h.dormers(m, roof, wall)
	} else {
		for _, x := range [2]float64{back, h.front} {
			m.tri(vec{x, h.eaves, h.z0}, vec{x, h.eaves, h.z1}, vec{x, top, zm}, wall)
		}
		drop := over * h.gable / ((h.z1 - h.z0) / 2)
		for _, z := range [2]float64{h.z0 - over, h.z1 + over} {
			m.slab(vec{h.front + over, h.eaves - drop + .2, z}, vec{back - over, h.eaves - drop + .2, z},
				vec{back - over, top + .2, zm}, vec{h.front + over, top + .2, zm}, down, roof)
		}
	}
	// A chimney or two.
	brick := matte(hex(0x8a5a44), 0.3)
	for range 1 + rng.IntN(2) {
		x := h.front - 1.5 - rng.Float64()*(h.depth-3)
		z := h.z0 + 1.2 + rng.Float64()*(h.z1-h.z0-2.4)
		m.box(vec{x - .3, h.eaves, z - .3}, vec{x + .3, top + 0.5, z + .3}, brick)
		m.box(vec{x - .4, top + 0.5, z - .4}, vec{x + .4, top + 0.65, z + .4}, brick)
	}
	h.windows(m, rng)
}

// windows sets rows of windows into the front and the side that looks to -z.
func (h house) windows(m *mesh, rng *rand.Rand) {
	shutter := matte(h.shutter, 0.2)
	rows := int((h.eaves - h.base) / storey)
	width := h.z1 - h.z0
	place := func(y float64, from, to float64, n int) {
		for i := range n {
			z := from + (to-from)*(float64(i)+0.5)/float64(n)
			h.window(m, vec{h.front, y, z}, shutter, rng.IntN(9) != 0)
		}
	}
	n := max(2, int(width/2))
	for r := range rows {
		place(h.base+storey*float64(r)+0.95, h.z0+0.25, h.z1-0.25, n)
	}
	if !h.sideways {
		for r := 0; ; r++ {
			y := h.eaves + 0.55 + 2.3*float64(r)
			free := width * (1 - (y+1.5-h.eaves)/h.gable)
			if free < 1.2 {
				break
			}
			mid := (h.z0 + h.z1) / 2
			place(y, mid-free/2, mid+free/2, max(1, int(free/2)))
		}
	}
}

// window is a framed pane on the front, its sill's middle at p.
func (h house) window(m *mesh, p vec, shutter *material, shutters bool) {
	const w, t = 0.46, 1.35
	x := p.x
	m.quad(vec{x + .02, p.y, p.z - w}, vec{x + .02, p.y, p.z + w}, vec{x + .02, p.y + t, p.z + w}, vec{x + .02, p.y + t, p.z - w}, glass)
	bar := func(z0, z1, y0, y1, out float64) {
		m.box(vec{x, p.y + y0, p.z + z0}, vec{x + out, p.y + y1, p.z + z1}, frame)
	}
	bar(-w-.09, -w, -.05, t+.09, .12)
	bar(w, w+.09, -.05, t+.09, .12)
	bar(-w, w, t, t+.09, .12)
	bar(-w-.15, w+.15, -.12, 0, .2)
	bar(-.03, .03, 0, t, .06)
	bar(-w, w, .86, .92, .06)
	if shutters {
		for _, z := range [2]float64{p.z - w - .09 - .44, p.z + w + .09} {
			m.box(vec{x, p.y - .03, z}, vec{x + .07, p.y + t + .03, z + .44}, shutter)
		}
	}
}

// dormers puts small gabled windows on the roof's front slope.
func (h house) dormers(m *mesh, roof, wall *material) {
	n := int((h.z1 - h.z0) / 3.2)
	for i := range n {
		z := h.z0 + (h.z1-h.z0)*(float64(i)+0.5)/float64(n)
		y := h.eaves + 0.22*h.gable
		x := h.front - 0.25*h.depth/2
		in := x - 2.2
		m.box(vec{in, y - .4, z - .75}, vec{x, y + 1.3, z + .75}, wall)
		h2 := h
		h2.front = x
		h2.window(m, vec{x, y - .1, z}, frame, false)
		m.tri(vec{x, y + 1.3, z - .75}, vec{x, y + 1.3, z + .75}, vec{x, y + 2, z}, wall)
		for _, s := range [2]float64{-1, 1} {
			m.slab(vec{x + .2, y + 1.2, z + s}, vec{in, y + 1.2, z + s}, vec{in, y + 2.15, z}, vec{x + .2, y + 2.15, z}, vec{0, -.1, 0}, roof)
		}
	}
}
