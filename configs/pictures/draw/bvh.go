package main

import (
	"cmp"
	"slices"
)

// bvh finds the first triangle along a ray: a binary tree of bounding
// boxes, split at the median of the longest axis.
type bvh struct {
	tris  []triangle
	nodes []node
}

type node struct {
	lo, hi vec
	// A leaf holds tris[first:first+count]; an inner node has count 0, its
	// left child right behind it and its right child at first.
	first, count int
	axis         uint8
}

// item is a triangle while the tree is built.
type item struct {
	lo, hi, centre vec
	id             int
}

func newBVH(tris []triangle) *bvh {
	items := make([]item, len(tris))
	for i := range tris {
		t := &tris[i]
		a, b, c := t.a, t.a.add(t.e1), t.a.add(t.e2)
		lo := vec{min(a.x, b.x, c.x), min(a.y, b.y, c.y), min(a.z, b.z, c.z)}
		hi := vec{max(a.x, b.x, c.x), max(a.y, b.y, c.y), max(a.z, b.z, c.z)}
		items[i] = item{lo, hi, a.add(b).add(c), i}
	}
	b := &bvh{tris: make([]triangle, len(tris))}
	if len(items) > 0 {
		b.build(items, 0)
	}
	for i, it := range items {
		b.tris[i] = tris[it.id]
	}
	return b
}

func axisOf(v vec, a uint8) float64 {
	switch a {
	case 0:
		return v.x
	case 1:
		return v.y
	}
	return v.z
}

// build makes the node of items, which become tris[from:].
func (b *bvh) build(items []item, from int) {
	lo, hi := items[0].lo, items[0].hi
	for _, it := range items[1:] {
		lo = vec{min(lo.x, it.lo.x), min(lo.y, it.lo.y), min(lo.z, it.lo.z)}
		hi = vec{max(hi.x, it.hi.x), max(hi.y, it.hi.y), max(hi.z, it.hi.z)}
	}
	self := len(b.nodes)
	b.nodes = append(b.nodes, node{lo: lo, hi: hi, first: from, count: len(items)})
	if len(items) <= 4 {
		return
	}
	d := hi.sub(lo)
	axis := uint8(0)
	if d.y > d.x {
		axis = 1
	}
	if d.z > max(d.x, d.y) {
		axis = 2
	}
	slices.SortFunc(items, func(p, q item) int {
		if c := cmp.Compare(axisOf(p.centre, axis), axisOf(q.centre, axis)); c != 0 {
			return c
		}
		return p.id - q.id
	})
	mid := len(items) / 2
	b.build(items[:mid], from)
	b.nodes[self].first = len(b.nodes)
	b.nodes[self].count = 0
	b.nodes[self].axis = axis
	b.build(items[mid:], from+mid)
}

// first returns the nearest triangle hit by o + t d with t in (near, far),
// and t; or nil. With any it returns some triangle hit.
func (b *bvh) first(o, d vec, near, far float64, any bool) (*triangle, float64) {
	if len(b.nodes) == 0 {
		return nil, far
	}
	inv := vec{1 / d.x, 1 / d.y, 1 / d.z}
	var stack [64]int32
	depth := 0
	var found *triangle
	i := 0
	for {
		n := &b.nodes[i]
		if hitBox(n, o, inv, near, far) {
			if n.count == 0 {
				l, r := i+1, n.first
				if axisOf(d, n.axis) < 0 {
					l, r = r, l
				}
				stack[depth] = int32(r)
				depth++
				i = l
				continue
			}
			for k := n.first; k < n.first+n.count; k++ {
				if t, ok := hitTriangle(&b.tris[k], o, d, near, far); ok {
					found, far = &b.tris[k], t
					if any {
						return found, far
					}
				}
			}
		}
		if depth == 0 {
			return found, far
		}
		depth--
		i = int(stack[depth])
	}
}

func hitBox(n *node, o, inv vec, near, far float64) bool {
	a, b := (n.lo.x-o.x)*inv.x, (n.hi.x-o.x)*inv.x
	if a > b {
		a, b = b, a
	}
	if a > near {
		near = a
	}
	if b < far {
		far = b
	}
	a, b = (n.lo.y-o.y)*inv.y, (n.hi.y-o.y)*inv.y
	if a > b {
		a, b = b, a
	}
	if a > near {
		near = a
	}
	if b < far {
		far = b
	}
	a, b = (n.lo.z-o.z)*inv.z, (n.hi.z-o.z)*inv.z
	if a > b {
		a, b = b, a
	}
	if a > near {
		near = a
	}
	if b < far {
		far = b
	}
	return near <= far
}

// hitTriangle is Moeller and Trumbore's test (1997), both faces.
func hitTriangle(t *triangle, o, d vec, near, far float64) (float64, bool) {
	p := d.cross(t.e2)
	det := t.e1.dot(p)
	if det > -1e-12 && det < 1e-12 {
		return 0, false
	}
	inv := 1 / det
	s := o.sub(t.a)
	u := s.dot(p) * inv
	if u < 0 || u > 1 {
		return 0, false
	}
	q := s.cross(t.e1)
	v := d.dot(q) * inv
	if v < 0 || u+v > 1 {
		return 0, false
	}
	k := t.e2.dot(q) * inv
	return k, k > near && k < far
}
