package main

import (
	"math"
	"math/rand/v2"
)

// leaves is a leaf material around a colour: hue and lightness change from
// clump to clump and from leaf to leaf.
func leaves(c, young vec) *material {
	return &material{thin: 0.16, shade: func(p, n vec) (vec, vec) {
		clump := 0.5 + 0.5*fbm(p.x*0.7, p.y*0.7, p.z*0.7, 3)
		each := cell(int(n.x*1e4), int(n.y*1e4), int(n.z*1e4))
		return c.mix(young, clamp(clump*0.7+each*0.45-0.1, 0, 1)).scale(0.7 + 0.6*each), n
	}}
}

// bark is the material of trunks.
var bark = &material{shade: func(p, n vec) (vec, vec) {
	g := fbm(p.x*9, p.y*1.6, p.z*9, 4)
	return vec{0.10, 0.07, 0.05}.scale(1 + 0.9*g), n.add(vec{g, 0, -g}.scale(0.5)).unit()
}}

// clump scatters leaves over the skin of an ellipsoid.
func (m *mesh) clump(rng *rand.Rand, c vec, rx, ry, rz float64, count int, size float64, mat *material) {
	for range count {
		q := ball(rng)
		l := q.length()
		// Leaves crowd near the skin.
		q = q.scale(math.Cbrt(l) / l)
		p := c.add(vec{q.x * rx, q.y * ry, q.z * rz})
		out := q.add(vec{0, 0.35, 0}).add(ball(rng).scale(0.9)).unit()
		u := out.cross(ball(rng)).unit().scale(size * (0.6 + 0.8*rng.Float64()))
		v := out.cross(u).scale(0.6)
		m.tri(p.sub(u), p.add(v), p.add(u), mat)
		m.tri(p.sub(u), p.add(u), p.sub(v), mat)
	}
}

// tree grows a broad tree at foot.
func (m *mesh) tree(rng *rand.Rand, foot vec, height, spread, leaf float64, dense int, mat *material) {
	fork := foot.add(vec{0.3 * (rng.Float64() - 0.5), height * 0.33, 0.3 * (rng.Float64() - 0.5)})
	m.rod(foot, fork, height*0.035, height*0.024, 8, bark)
	for i := range 9 {
		a := 2*math.Pi*float64(i)/8 + rng.Float64()
		r := spread * (0.45 + 0.35*rng.Float64())
		y := height * (0.48 + 0.3*rng.Float64())
		if i == 8 {
			r, y = spread*0.1, height*0.82
		}
		c := foot.add(vec{r * math.Cos(a), y, r * math.Sin(a)})
		m.rod(fork, c, height*0.014, height*0.004, 5, bark)
		s := spread * (0.42 + 0.2*rng.Float64())
		m.clump(rng, c, s, s*0.78, s, dense, leaf, mat)
	}
}

// poplar grows a tall narrow tree.
func (m *mesh) poplar(rng *rand.Rand, foot vec, height, leaf float64, dense int, mat *material) {
	m.rod(foot, foot.add(vec{0, height * 0.9, 0}), height*0.02, height*0.004, 6, bark)
	for i := range 10 {
		f := float64(i) / 9
		w := height * 0.11 * math.Sin(math.Pi*math.Pow(0.12+0.8*f, 0.8))
		c := foot.add(vec{(rng.Float64() - 0.5) * w, height * (0.14 + 0.8*f), (rng.Float64() - 0.5) * w})
		m.clump(rng, c, w, height*0.09, w, dense, leaf, mat)
	}
}
