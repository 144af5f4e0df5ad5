package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// scene is what the tracer needs to make a photograph-like picture: a mesh
// over a plane of water at y = 0, one sun, one sky, and air that hazes.
type scene struct {
	tree *bvh
	// sky is the light from a direction; plain leaves the clouds out.
	sky func(d vec, plain bool) vec
	// sun points to the sun; sunlight is its light on a facing surface.
	sun, sunlight vec
	sunRadius     float64
	// ambient scales the sky's light on surfaces.
	ambient float64
	// haze is the light that the air adds towards d; hazeLength is the
	// distance at which it hides 63 percent.
	haze       func(d vec) vec
	hazeLength float64
	// water is the colour of the water's body, ripple the slope of its waves.
	water  vec
	ripple func(x, z float64) vec

	eye, look vec
	// field is the horizontal field of view in radians.
	field    float64
	exposure float64
	grain    float64
}

// render traces a picture of w x h pixels with side x side rays a pixel. A
// row's random numbers depend on the seed and the row alone, so the picture
// does not depend on the number of processors.
func (s *scene) render(w, h, side int, seed uint64) *canvas {
	out := newCanvas(w, h)
	forward := s.look.sub(s.eye).unit()
	right := vec{0, 1, 0}.cross(forward).unit()
	up := forward.cross(right)
	half := math.Tan(s.field / 2)

	row := func(y int) {
		rng := rand.New(rand.NewPCG(seed, uint64(y)))
		for x := range w {
			var sum vec
			for k := range side * side {
				dx := (float64(k%side) + rng.Float64()) / float64(side)
				dy := (float64(k/side) + rng.Float64()) / float64(side)
				px := (2*(float64(x)+dx)/float64(w) - 1) * half
				py := (1 - 2*(float64(y)+dy)/float64(h)) * half * float64(h) / float64(w)
				d := forward.add(right.scale(px)).add(up.scale(py)).unit()
				c := s.radiance(s.eye, d, 0, rng)
				// One path may not outshine the rest of its pixel.
				if m := math.Max(c.x, math.Max(c.y, c.z)); m > 8 {
					c = c.scale(8 / m)
				}
				sum = sum.add(c)
			}
			c := sum.scale(s.exposure / float64(side*side))
			// The lens darkens the corners, the film adds grain.
			fx, fy := 2*float64(x)/float64(w)-1, 2*float64(y)/float64(h)-1
			c = c.scale(1 - 0.13*(fx*fx+fy*fy))
			g := s.grain * (rng.Float64() + rng.Float64() - 1)
			// A tone curve for each colour alone makes them gaudy.
			c = c.mix(vec{1, 1, 1}.scale(c.dot(vec{0.21, 0.72, 0.07})), 0.16)
			out.pix[y*w+x] = vec{film(c.x) + g, film(c.y) + g, film(c.z) + g}
		}
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for {
				y := int(next.Add(1) - 1)
				if y >= h {
					return
				}
				row(y)
			}
		})
	}
	wait.Wait()
	return out.despeckled()
}

// film is a tone curve from linear light to sRGB with a soft shoulder
// (Narkowicz's fit of the ACES curve, 2015).
func film(x float64) float64 {
	x = math.Max(x, 0)
	return srgb(clamp(x*(2.51*x+0.03)/(x*(2.43*x+0.59)+0.14), 0, 1))
}

const (
	near     = 1e-3
	infinity = 1e9
)

func (s *scene) radiance(o, d vec, depth int, rng *rand.Rand) vec {
	hit, t := s.tree.first(o, d, near, infinity, false)
	if d.y < 0 {
		if tw := -o.y / d.y; tw > near && tw < t {
			return s.hazed(s.waterLight(o.add(d.scale(tw)), d, tw, depth, rng), d, tw)
		}
	}
	if hit == nil {
		return s.sky(d, depth > 1)
	}
	p := o.add(d.scale(t))
	n := hit.n
	if n.dot(d) > 0 {
		n = n.scale(-1)
	}
	albedo, bent := hit.mat.shade(p, n)
	c := albedo.mul(s.light(p, n, bent, hit.mat.thin, depth, rng))
	if hit.mat.mirror > 0 && depth < 2 {
		f := fresnel(hit.mat.mirror, -d.dot(bent))
		r := d.sub(bent.scale(2 * d.dot(bent)))
		c = c.scale(1 - f).add(s.radiance(p.add(n.scale(near)), r, depth+1, rng).scale(f))
	}
	return s.hazed(c, d, t)
}

// light is the light that a surface at p gathers, per unit of albedo.
func (s *scene) light(p, n, bent vec, thin float64, depth int, rng *rand.Rand) vec {
	p = p.add(n.scale(near * 5))
	var sum vec
	facing := bent.dot(s.sun)
	if thin > 0 {
		facing = 0.3*math.Abs(facing) + 0.35
	}
	if facing > 0 {
		to := s.sun
		to = to.add(ball(rng).scale(s.sunRadius)).unit()
		if hit, _ := s.tree.first(p, to, near, infinity, true); hit == nil {
			sum = s.sunlight.scale(facing)
		} else if thin > 0 && hit.mat.thin > 0 {
			sum = s.sunlight.scale(facing * thin)
		}
	}
	// What the eye sees at once gathers with more rays, or it would be grainy.
	rays := 1
	if depth == 0 {
		rays = 3
	}
	var gathered vec
	for range rays {
		gathered = gathered.add(s.gather(p, n, bent, depth, rng))
	}
	return sum.add(gathered.scale(1 / float64(rays)))
}

// gather follows one ray to the sky, or to what stands before it.
func (s *scene) gather(p, n, bent vec, depth int, rng *rand.Rand) vec {
	to := bent.add(ball(rng).unit()).unit()
	if to.dot(n) <= 0 {
		to = n
	}
	if depth >= 2 {
		return s.sky(to, true).scale(0.5 * s.ambient)
	}
	hit, t := s.tree.first(p, to, near, 60, false)
	if hit == nil {
		if to.y < 0 {
			return s.water.scale(2).add(s.sky(vec{to.x, -to.y, to.z}, true).scale(0.25 * s.ambient))
		}
		return s.sky(to, true).scale(s.ambient)
	}
	m := hit.n
	if m.dot(to) > 0 {
		m = m.scale(-1)
	}
	q := p.add(to.scale(t)).add(m.scale(near * 5))
	albedo, _ := hit.mat.shade(q, m)
	bounce := s.sky(vec{m.x, math.Abs(m.y) + 0.2, m.z}.unit(), true).scale(0.45 * s.ambient)
	if f := m.dot(s.sun); f > 0 {
		if shade, _ := s.tree.first(q, s.sun, near, infinity, true); shade == nil {
			bounce = bounce.add(s.sunlight.scale(f))
		}
	}
	return albedo.mul(bounce)
}

// waterLight is what the water's surface at p sends back along d.
func (s *scene) waterLight(p, d vec, dist float64, depth int, rng *rand.Rand) vec {
	n := s.ripple(p.x, p.z)
	// Far waves are seen from the side: their slopes average out sideways.
	n = vec{n.x, 1, n.z}.unit()
	f := fresnel(0.03, -d.dot(n))
	r := d.sub(n.scale(2 * d.dot(n)))
	if r.y < 0.01 {
		r.y = 0.01
		r = r.unit()
	}
	body := s.water
	if depth > 2 {
		return body.mix(s.sky(r, true), f)
	}
	body = body.scale(0.6)
	if hit, _ := s.tree.first(p, s.sun, near, infinity, true); hit == nil {
		body = body.add(s.water.mul(s.sunlight).scale(0.25 * math.Max(s.sun.y, 0)))
	}
	up := p
	up.y = near
	return body.scale(1 - f).add(s.radiance(up, r, depth+1, rng).scale(f))
}

func (s *scene) hazed(c, d vec, t float64) vec {
	return s.haze(d).mix(c, math.Exp(-t/s.hazeLength))
}

// fresnel is Schlick's approximation (1994).
func fresnel(f0, cos float64) float64 {
	k := 1 - clamp(cos, 0, 1)
	return f0 + (1-f0)*k*k*k*k*k
}

// ball is a random point of the unit ball.
func ball(rng *rand.Rand) vec {
	for {
		p := vec{2*rng.Float64() - 1, 2*rng.Float64() - 1, 2*rng.Float64() - 1}
		if l := p.dot(p); l <= 1 && l > 1e-6 {
			return p
		}
	}
}
