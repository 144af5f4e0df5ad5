package main

import "math"

// point is a place on a painting, in pixels.
type point struct{ x, y float64 }

// painting is wet paint on a ground: its colour in sRGB and its thickness.
type painting struct {
	*canvas
	height []float64
	// near, along and across are scratch of one stroke: the distance to its
	// line, and where along and across it a pixel lies.
	near, along, across []float64
}

func newPainting(w, h int, ground vec) *painting {
	n := w * h
	p := &painting{newCanvas(w, h), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	for i := range p.pix {
		p.pix[i] = ground
		p.near[i] = math.Inf(1)
	}
	return p
}

// stroke is one pull of a brush along a line.
type stroke struct {
	line  []point
	width float64
	// Two colours that the brush has not quite mixed.
	colour, second vec
	// dry is how early the paint runs out: 0 never, 1 at once.
	dry float64
	// body is how thick the paint lies.
	body float64
	seed int
}

// paint lays the stroke over what is there.
func (p *painting) paint(s stroke) {
	if len(s.line) < 2 {
		return
	}
	r := s.width / 2
	total := 0.0
	for i := 1; i < len(s.line); i++ {
		total += math.Hypot(s.line[i].x-s.line[i-1].x, s.line[i].y-s.line[i-1].y)
	}
	lox, loy, hix, hiy := p.w, p.h, -1, -1
	t0 := 0.0
	for i := 1; i < len(s.line); i++ {
		a, b := s.line[i-1], s.line[i]
		dx, dy := b.x-a.x, b.y-a.y
		l := math.Hypot(dx, dy)
		if l == 0 {
			continue
		}
		dx, dy = dx/l, dy/l
		x0 := max(0, int(math.Min(a.x, b.x)-r-1))
		x1 := min(p.w-1, int(math.Max(a.x, b.x)+r+1))
		y0 := max(0, int(math.Min(a.y, b.y)-r-1))
		y1 := min(p.h-1, int(math.Max(a.y, b.y)+r+1))
		lox, loy, hix, hiy = min(lox, x0), min(loy, y0), max(hix, x1), max(hiy, y1)
		for y := y0; y <= y1; y++ {
			for x := x0; x <= x1; x++ {
				ux, uy := float64(x)-a.x, float64(y)-a.y
				t := clamp(ux*dx+uy*dy, 0, l)
				d := math.Hypot(ux-t*dx, uy-t*dy)
				if k := y*p.w + x; d < p.near[k] && d <= r {
					p.near[k] = d
					p.along[k] = t0 + t
					p.across[k] = d
					if ux*dy-uy*dx < 0 {
						p.across[k] = -d
					}
				}
			}
		}
		t0 += l
	}
	for y := loy; y <= hiy; y++ {
		for x := lox; x <= hix; x++ {
			k := y*p.w + x
			if p.near[k] > r {
				continue
			}
			p.near[k] = math.Inf(1)
			p.dab(k, s, p.along[k], p.across[k], total)
		}
	}
}

// dab lays the stroke's paint on one pixel, t pixels along the stroke and a
// pixels beside its line.
func (p *painting) dab(k int, s stroke, t, a, total float64) {
	r := s.width / 2
	z := float64(s.seed)*1.37 + 0.5
	// A bristle is about two pixels wide and runs the length of the stroke.
	bristle := noise(a*0.45, t*0.012, z)
	coarse := noise(a*0.16, t*0.008, z+40)
	// The ends are round and ragged.
	end := math.Min(t, total-t) / (0.7 * r)
	wide := r * math.Sqrt(clamp(end+0.25+0.3*bristle, 0, 1))
	edge := wide - math.Abs(a) + 0.6*noise(t*0.15, a*0.1, z+9)
	alpha := clamp(edge, 0, 1)
	// The paint runs out bristle by bristle.
	out := t/total - (1 - s.dry)
	alpha *= smooth(-0.25, 0.12, bristle*0.6+coarse*0.3+0.55-2.2*math.Max(out, 0)/math.Max(s.dry, 0.05)*0.6)
	if alpha <= 0 {
		return
	}
	alpha *= 0.94
	c := s.colour.mix(s.second, clamp(0.5+0.9*coarse+0.25*bristle, 0, 1))
	c = c.scale(1 + 0.10*bristle)
	p.pix[k] = p.pix[k].mix(c, alpha)
	e := math.Abs(a) / r
	ridge := s.body * (0.55 + 0.35*e*e*e + 0.4*bristle + 0.15*coarse)
	p.height[k] += (0.35*p.height[k] + ridge - p.height[k]) * alpha
}

// lit returns the painting under a lamp at the upper left: its relief
// catches the light.
func (p *painting) lit(strength float64) *canvas {
	out := newCanvas(p.w, p.h)
	at := func(x, y int) float64 {
		return p.height[min(max(y, 0), p.h-1)*p.w+min(max(x, 0), p.w-1)]
	}
	for y := range p.h {
		for x := range p.w {
			gx := (at(x+1, y) - at(x-1, y)) * 0.5
			gy := (at(x, y+1) - at(x, y-1)) * 0.5
			l := clamp(strength*(gx+gy)*0.7, -0.22, 0.3)
			c := p.pix[y*p.w+x]
			if l > 0 {
				c = c.mix(vec{1, 0.99, 0.95}, l*0.55).scale(1 + 0.35*l)
			} else {
				c = c.scale(1 + l*1.1)
			}
			out.pix[y*p.w+x] = c
		}
	}
	return out
}
