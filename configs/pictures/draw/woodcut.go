package main

import (
	"image"
	"math"

	"golang.org/x/image/vector"
)

// sheet of paper that is printed block by block, as a woodcut is. Shapes are
// in units of its width.
type print struct {
	*canvas
	mask *image.Alpha
	rast *vector.Rasterizer
}

func newPrint(w, h int, paper vec) *print {
	p := &print{newCanvas(w, h), image.NewAlpha(image.Rect(0, 0, w, h)), vector.NewRasterizer(w, h)}
	for i := range p.pix {
		p.pix[i] = paper
	}
	return p
}

// path is a line of points; closed, it is a shape.
type path []point

// ink prints a shape in a colour, which may depend on the place.
func (p *print) ink(shape path, colour func(x, y float64) vec) {
	if len(shape) < 3 {
		return
	}
	k := float64(p.w)
	lox, loy, hix, hiy := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range shape {
		lox, hix = math.Min(lox, q.x*k), math.Max(hix, q.x*k)
		loy, hiy = math.Min(loy, q.y*k), math.Max(hiy, q.y*k)
	}
	x0, y0 := max(0, int(lox)-1), max(0, int(loy)-1)
	x1, y1 := min(p.w, int(hix)+2), min(p.h, int(hiy)+2)
	if x0 >= x1 || y0 >= y1 {
		return
	}
	w, h := x1-x0, y1-y0
	p.rast.Reset(w, h)
	for i, q := range shape {
		x, y := float32(q.x*k-float64(x0)), float32(q.y*k-float64(y0))
		if i == 0 {
			p.rast.MoveTo(x, y)
		} else {
			p.rast.LineTo(x, y)
		}
	}
	p.rast.ClosePath()
	r := image.Rect(0, 0, w, h)
	for y := range h {
		clear(p.mask.Pix[y*p.mask.Stride : y*p.mask.Stride+w])
	}
	p.rast.Draw(p.mask, r, image.Opaque, image.Point{})
	for y := range h {
		for x := range w {
			a := float64(p.mask.Pix[y*p.mask.Stride+x]) / 255
			if a == 0 {
				continue
			}
			i := (y+y0)*p.w + x + x0
			fx, fy := float64(x+x0)/k, float64(y+y0)/k
			// Ink takes unevenly on paper, with the grain of the block.
			a *= 0.95 + 0.05*noise(fx*90, fy*900, 3)
			p.pix[i] = p.pix[i].mix(colour(fx, fy), a)
		}
	}
}

func flat(c vec) func(x, y float64) vec { return func(x, y float64) vec { return c } }

// spline is a smooth line through points (Catmull and Rom, 1974), n pieces
// between each two.
func spline(n int, through ...point) path {
	var out path
	at := func(i int) point { return through[min(max(i, 0), len(through)-1)] }
	for i := range len(through) - 1 {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		for j := range n {
			t := float64(j) / float64(n)
			f := func(a, b, c, d float64) float64 {
				return b + 0.5*t*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
			}
			out = append(out, point{f(a.x, b.x, c.x, d.x), f(a.y, b.y, c.y, d.y)})
		}
	}
	return append(out, through[len(through)-1])
}

// along is the point of a path at t in [0,1] and the direction there.
func (l path) along(t float64) (point, float64) {
	f := clamp(t, 0, 1) * float64(len(l)-1)
	i := min(int(f), len(l)-2)
	a, b := l[i], l[i+1]
	u := f - float64(i)
	return point{a.x + (b.x-a.x)*u, a.y + (b.y-a.y)*u}, math.Atan2(b.y-a.y, b.x-a.x)
}

// between is the path a share k of the way from one path to another.
func between(a, b path, k float64, n int) path {
	out := make(path, n+1)
	for i := range out {
		t := float64(i) / float64(n)
		p, _ := a.along(t)
		q, _ := b.along(t)
		out[i] = point{p.x + (q.x-p.x)*k, p.y + (q.y-p.y)*k}
	}
	return out
}

// ribbon is the shape around a line, half as wide as half(t) on each side.
func ribbon(l path, half func(t float64) float64) path {
	n := len(l)
	out := make(path, 0, 2*n+8)
	back := make(path, 0, n)
	for i, q := range l {
		_, a := l.along(float64(i) / float64(n-1))
		r := half(float64(i) / float64(n-1))
		s, c := math.Sincos(a)
		out = append(out, point{q.x + s*r, q.y - c*r})
		back = append(back, point{q.x - s*r, q.y + c*r})
	}
	_, a := l.along(1)
	end, r := l[n-1], half(1)
	for i := 1; i < 6; i++ { // a round end
		s, c := math.Sincos(a - math.Pi/2 + math.Pi*float64(i)/6)
		out = append(out, point{end.x + c*r, end.y + s*r})
	}
	for i := n - 1; i >= 0; i-- {
		out = append(out, back[i])
	}
	return out
}

// carved is the contour of a line as a knife leaves it: it swells and thins.
func carved(l path, width, seed float64) path {
	return ribbon(l, func(t float64) float64 {
		end := math.Min(1, math.Min(t, 1-t)*12+0.25)
		return width / 2 * end * (1 + 0.45*noise(t*float64(len(l))*0.12, seed, 0.5))
	})
}

// disc is a slightly uneven round shape.
func disc(c point, r, seed float64) path {
	n := 20 + int(r*500)
	out := make(path, n)
	for i := range out {
		a := 2 * math.Pi * float64(i) / float64(n)
		k := r * (1 + 0.03*noise(math.Cos(a)*1.3+seed, math.Sin(a)*1.3, seed))
		out[i] = point{c.x + k*math.Cos(a), c.y + k*math.Sin(a)}
	}
	return out
}

// aged returns the print with the paper's fibres and the block's grain.
func (p *print) aged() *canvas {
	k := float64(p.w)
	for y := range p.h {
		for x := range p.w {
			fx, fy := float64(x)/k, float64(y)/k
			fibre := fbm(fx*260, fy*60, 1.5, 2) + fbm(fx*50, fy*240, 8.5, 2)
			grain := fbm(fx*7, fy*130, 4.5, 3)
			cloud := fbm(fx*3, fy*3, 2.5, 3)
			l := 1 + 0.022*fibre + 0.035*grain + 0.035*cloud
			i := y*p.w + x
			p.pix[i] = p.pix[i].scale(l).mix(pigment(0xd9c08a), 0.05+0.03*cloud)
		}
	}
	return p.canvas
}
