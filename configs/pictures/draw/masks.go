package main

import "math"

// label is what a pixel of a map of labels shows.
type label int

const (
	sky label = iota
	water
	houses
	land
)

// labelColours are the colours of a map of labels.
var labelColours = []vec{sky: pigment(0x4080ff), water: pigment(0x204060), houses: pigment(0xff8040), land: pigment(0x40a040)}

// labels draws what stands at the middle of each pixel of a scene.
func labels(s func() *scene) func(w, h int, quality float64) *canvas {
	return func(w, h int, _ float64) *canvas {
		s, out := s(), newCanvas(w, h)
		forward := s.look.sub(s.eye).unit()
		right := vec{0, 1, 0}.cross(forward).unit()
		up := forward.cross(right)
		half := math.Tan(s.field / 2)
		for i := range out.pix {
			x, y := float64(i%w)+0.5, float64(i/w)+0.5
			px := (2*x/float64(w) - 1) * half
			py := (1 - 2*y/float64(h)) * half * float64(h) / float64(w)
			out.pix[i] = labelColours[s.labelAt(forward.add(right.scale(px)).add(up.scale(py)).unit())]
		}
		return out
	}
}

func (s *scene) labelAt(d vec) label {
	hit, t := s.tree.first(s.eye, d, near, infinity, false)
	if d.y < 0 && -s.eye.y/d.y < t {
		return water
	}
	if hit == nil {
		return sky
	}
	return hit.label
}

// fadeOut is a mask: white on the left, black on the right.
func fadeOut(w, h int, _ float64) *canvas {
	out := newCanvas(w, h)
	for i := range out.pix {
		v := 1 - (float64(i%w)+0.5)/float64(w)
		out.pix[i] = vec{v, v, v}
	}
	return out
}

// duskSky is a mask of the sky of the picture dusk: white, and fading along the ridge.
func duskSky(w, h int, _ float64) *canvas {
	const clear, ridge = 0.32, 0.42 // heights from the top
	out := newCanvas(w, h)
	for i := range out.pix {
		y := (float64(i/w) + 0.5) / float64(h)
		v := min(max((ridge-y)/(ridge-clear), 0), 1)
		out.pix[i] = vec{v, v, v}
	}
	return out
}
