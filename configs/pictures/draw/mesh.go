package main

import "math"

// triangle is a, a+e1, a+e2 with its unit normal and its material.
type triangle struct {
	a, e1, e2, n vec
	mat          *material
	label        label
}

// material says how a surface looks at a point. Shade may bend the normal.
type material struct {
	shade func(p, n vec) (albedo, normal vec)
	// mirror is the share of light reflected as by glass at normal incidence.
	mirror float64
	// thin is the share of light that shines through, as through a leaf.
	thin float64
}

// matte is a material of one colour with a little unevenness.
func matte(c vec, uneven float64) *material {
	return &material{shade: func(p, n vec) (vec, vec) {
		return c.scale(1 + uneven*fbm(p.x*3, p.y*3, p.z*3, 3)), n
	}}
}

// mesh collects triangles.
type mesh struct {
	tris  []triangle
	label label // of the triangles that follow
}

func (m *mesh) tri(a, b, c vec, mat *material) {
	e1, e2 := b.sub(a), c.sub(a)
	n := e1.cross(e2)
	if n.length() < 1e-12 {
		return
	}
	m.tris = append(m.tris, triangle{a, e1, e2, n.unit(), mat, m.label})
}

// quad is a four-cornered face; its corners go round.
func (m *mesh) quad(a, b, c, d vec, mat *material) {
	m.tri(a, b, c, mat)
	m.tri(a, c, d, mat)
}

// box is an axis-aligned box between two corners.
func (m *mesh) box(lo, hi vec, mat *material) {
	p := func(i int) vec {
		q := lo
		if i&1 != 0 {
			q.x = hi.x
		}
		if i&2 != 0 {
			q.y = hi.y
		}
		if i&4 != 0 {
			q.z = hi.z
		}
		return q
	}
	for _, f := range [6][4]int{{0, 1, 3, 2}, {4, 6, 7, 5}, {0, 4, 5, 1}, {2, 3, 7, 6}, {0, 2, 6, 4}, {1, 5, 7, 3}} {
		m.quad(p(f[0]), p(f[1]), p(f[2]), p(f[3]), mat)
	}
}

// slab is a quad with a thickness, grown along down.
func (m *mesh) slab(a, b, c, d, down vec, mat *material) {
	a2, b2, c2, d2 := a.add(down), b.add(down), c.add(down), d.add(down)
	m.quad(a, b, c, d, mat)
	m.quad(a2, d2, c2, b2, mat)
	m.quad(a, a2, b2, b, mat)
	m.quad(b, b2, c2, c, mat)
	m.quad(c, c2, d2, d, mat)
	m.quad(d, d2, a2, a, mat)
}

// rod is a round bar from a to b whose radius goes from ra to rb.
func (m *mesh) rod(a, b vec, ra, rb float64, sides int, mat *material) {
	axis := b.sub(a).unit()
	side := vec{0, 1, 0}
	if math.Abs(axis.y) > 0.9 {
		side = vec{1, 0, 0}
	}
	u := axis.cross(side).unit()
	v := axis.cross(u)
	ring := func(c vec, r float64, i int) vec {
		t := 2 * math.Pi * float64(i) / float64(sides)
		return c.add(u.scale(r * math.Cos(t))).add(v.scale(r * math.Sin(t)))
	}
	for i := range sides {
		m.quad(ring(a, ra, i), ring(a, ra, i+1), ring(b, rb, i+1), ring(b, rb, i), mat)
	}
}

// sheet is the surface p(u,v) over [0,1]x[0,1] in nu by nv faces.
func (m *mesh) sheet(nu, nv int, p func(u, v float64) vec, mat *material) {
	at := func(i, j int) vec { return p(float64(i)/float64(nu), float64(j)/float64(nv)) }
	for i := range nu {
		for j := range nv {
			m.quad(at(i, j), at(i+1, j), at(i+1, j+1), at(i, j+1), mat)
		}
	}
}
