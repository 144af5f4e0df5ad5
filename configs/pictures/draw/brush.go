package main

import (
	"math"
	"math/rand/v2"
)

// layer is one pass over a painting with brushes of one size, after
// Hertzmann, "Painterly rendering with curved brush strokes of multiple
// sizes" (1998): strokes start on a jittered grid, take the reference's
// colour there, follow a field, and end where the colour no longer fits.
type layer struct {
	width  float64 // of the brush, in pixels
	length float64 // of a stroke at most
	gap    float64 // between the starting points
	jitter float64 // of the colours' lightness
	tint   float64 // of the colours' hue
	fit    float64 // distance of colours at which a stroke ends
	dry    float64
	body   float64
	// where is the chance that a starting point is used; nil is always.
	where func(x, y float64) float64
}

// subject is what is painted: a colour and a direction at every place.
type subject interface {
	colour(x, y float64) vec
	// flow need not have unit length; zero means any direction.
	flow(x, y float64) (float64, float64)
}

// brush paints one layer of a subject.
func (p *painting) brush(l layer, s subject, rng *rand.Rand) {
	var starts []point
	for y := l.gap / 2; y < float64(p.h)+l.gap/2; y += l.gap {
		for x := l.gap / 2; x < float64(p.w)+l.gap/2; x += l.gap {
			q := point{x + (rng.Float64()-0.5)*l.gap*1.2, y + (rng.Float64()-0.5)*l.gap*1.2}
			if l.where == nil || rng.Float64() < l.where(q.x, q.y) {
				starts = append(starts, q)
			}
		}
	}
	rng.Shuffle(len(starts), func(i, j int) { starts[i], starts[j] = starts[j], starts[i] })
	for _, q := range starts {
		c := s.colour(q.x, q.y)
		reach := l.length * (0.55 + 0.6*rng.Float64())
		back := follow(s, q, c, reach*0.45, l.fit, -1)
		ahead := follow(s, q, c, reach*0.55, l.fit, 1)
		line := make([]point, 0, len(back)+len(ahead))
		for i := len(back) - 1; i > 0; i-- {
			line = append(line, back[i])
		}
		line = append(line, ahead...)
		if rng.IntN(2) == 0 { // pulled the other way
			for i, j := 0, len(line)-1; i < j; i, j = i+1, j-1 {
				line[i], line[j] = line[j], line[i]
			}
		}
		p.paint(stroke{
			line: line, width: l.width * (0.75 + 0.5*rng.Float64()),
			colour: vary(c, l, rng), second: vary(c, l, rng),
			dry: l.dry * (0.4 + rng.Float64()), body: l.body, seed: rng.IntN(1 << 16),
		})
	}
}

// vary shifts a colour as a hand does that mixes it anew for each stroke.
func vary(c vec, l layer, rng *rand.Rand) vec {
	k := 1 + l.jitter*(rng.Float64()+rng.Float64()-1)
	t := func() float64 { return l.tint * (rng.Float64() + rng.Float64() - 1) }
	c = c.scale(k).add(vec{t(), t(), t()})
	return vec{clamp(c.x, 0, 1), clamp(c.y, 0, 1), clamp(c.z, 0, 1)}
}

// follow walks along the field while the colour fits.
func follow(s subject, q point, c vec, reach, fit, sign float64) []point {
	const step = 4
	line := []point{q}
	var px, py float64
	for walked := 0.0; walked < reach; walked += step {
		fx, fy := s.flow(q.x, q.y)
		l := math.Hypot(fx, fy)
		if l < 1e-9 {
			break
		}
		fx, fy = sign*fx/l, sign*fy/l
		if walked > 0 && fx*px+fy*py < 0.2 { // no sharp turns
			break
		}
		px, py = fx, fy
		q = point{q.x + fx*step, q.y + fy*step}
		if s.colour(q.x, q.y).sub(c).length() > fit {
			break
		}
		line = append(line, q)
	}
	if len(line) == 1 {
		line = append(line, point{q.x + sign, q.y})
	}
	return line
}

// ramp is a list of colours; at(t) blends along it for t in [0,1].
type ramp []vec

func pigments(hex ...uint32) ramp {
	var r ramp
	for _, h := range hex {
		r = append(r, pigment(h))
	}
	return r
}

func (r ramp) at(t float64) vec {
	t = clamp(t, 0, 1) * float64(len(r)-1)
	i := min(int(t), len(r)-2)
	return r[i].mix(r[i+1], t-float64(i))
}

// streaks is noise smeared along a field (Cabral and Leedom's line integral
// convolution, 1993) on a coarse grid: bands that follow the flow.
type streaks struct {
	w, h  int
	scale float64
	value []float64
}

func newStreaks(w, h int, scale, grain, length float64, flow func(x, y float64) (float64, float64), seed float64) *streaks {
	s := &streaks{int(float64(w)/scale) + 2, int(float64(h)/scale) + 2, scale, nil}
	s.value = make([]float64, s.w*s.h)
	const steps = 24
	var sum, squares float64
	for j := range s.h {
		for i := range s.w {
			v := 0.0
			for _, sign := range [2]float64{-1, 1} {
				x, y := float64(i)*scale, float64(j)*scale
				for range steps {
					v += noise(x/grain, y/grain, seed)
					fx, fy := flow(x, y)
					if l := math.Hypot(fx, fy); l > 1e-9 {
						x += sign * fx / l * length / steps
						y += sign * fy / l * length / steps
					}
				}
			}
			s.value[j*s.w+i] = v
			sum += v
			squares += v * v
		}
	}
	// Zero mean, unit variance.
	n := float64(len(s.value))
	mean := sum / n
	dev := math.Sqrt(squares/n - mean*mean)
	for i := range s.value {
		s.value[i] = (s.value[i] - mean) / dev
	}
	return s
}

func (s *streaks) at(x, y float64) float64 {
	x, y = clamp(x/s.scale, 0, float64(s.w)-1.001), clamp(y/s.scale, 0, float64(s.h)-1.001)
	i, j := int(x), int(y)
	u, v := x-float64(i), y-float64(j)
	k := j*s.w + i
	a := s.value[k] + (s.value[k+1]-s.value[k])*u
	b := s.value[k+s.w] + (s.value[k+s.w+1]-s.value[k+s.w])*u
	return a + (b-a)*v
}
