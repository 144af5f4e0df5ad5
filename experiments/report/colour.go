package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/gonst/workbench/experiments/result"
)

// Colours show what varies. One axis of numbers has a ramp; one axis of names has a
// palette; of two axes, one sets the hue and the other the depth. All colours have a
// medium lightness, so that they are visible on white and on black.

// palette lists hues as (lightness, chroma, hue) of OKLCH (Ottosson 2020). Hues that
// are far from each other come first.
var palette = [][3]float64{
	{.58, .15, 255}, {.65, .17, 45}, {.62, .13, 160}, {.58, .17, 310}, {.70, .13, 85},
	{.66, .10, 205}, {.62, .17, 5}, {.60, .11, 125}, {.50, .14, 280}, {.55, .08, 60},
}

func (s *study) colour() {
	values := func(a result.Axis) func(run) int {
		return func(r run) int { return slices.Index(a.Values, r.Values[a.Key]) }
	}
	switch hue, depth := s.colourAxes(); {
	case hue < 0 && len(s.Runs) <= len(palette):
		for i := range s.Runs {
			s.Runs[i].Colour = oklch(palette[i])
		}
	case hue < 0:
		for i := range s.Runs {
			s.Runs[i].Colour = oklch(ramp(i, len(s.Runs)))
		}
	case depth < 0:
		a := s.Varied[hue]
		at := values(a)
		for i, r := range s.Runs {
			s.Runs[i].Colour = oklch(axisColour(a, at(r)))
		}
		for i, v := range a.Values {
			s.Legend = append(s.Legend, key{v, oklch(axisColour(a, i))})
		}
	default:
		a, b := s.Varied[hue], s.Varied[depth]
		at, deep := values(a), values(b)
		for i, r := range s.Runs {
			c := palette[max(at(r), 0)]
			t := fraction(max(deep(r), 0), len(b.Values))
			c[0] = .75 - .30*t
			c[1] *= .75 + .25*math.Sin(math.Pi*t)
			s.Runs[i].Colour = oklch(c)
		}
		for i, v := range a.Values {
			s.Legend = append(s.Legend, key{v, oklch(palette[i])})
		}
	}
}

// colourAxes chooses the axes that set hue and depth; -1 means none.
func (s *study) colourAxes() (hue, depth int) {
	hue, depth = -1, -1
	for i, a := range s.Varied { // names before numbers, because hues have no order; then the longer axis
		if len(a.Values) > len(palette) {
			continue
		}
		if hue < 0 || s.Varied[hue].Numeric() && !a.Numeric() ||
			s.Varied[hue].Numeric() == a.Numeric() && len(a.Values) > len(s.Varied[hue].Values) {
			hue = i
		}
	}
	if hue < 0 && len(s.Varied) > 0 {
		return 0, -1
	}
	for i, a := range s.Varied {
		if i != hue && (depth < 0 || len(a.Values) > len(s.Varied[depth].Values)) {
			depth = i
		}
	}
	return hue, depth
}

// axisColour returns the colour of a value of an axis, as OKLCH.
func axisColour(a result.Axis, i int) [3]float64 {
	if i < 0 || a.Numeric() && len(a.Values) > 2 || len(a.Values) > len(palette) {
		return ramp(max(i, 0), len(a.Values))
	}
	return palette[i]
}

// axisColours returns the colours of all values of an axis. The page's script gets them
// from here.
func axisColours(a result.Axis) [][3]float64 {
	all := make([][3]float64, len(a.Values))
	for i := range all {
		all[i] = axisColour(a, i)
	}
	return all
}

// rampColours returns n colours of the ramp, from one end to the other.
func rampColours(n int) [][3]float64 {
	all := make([][3]float64, n)
	for i := range all {
		all[i] = ramp(i, n)
	}
	return all
}

// ramp goes from a deep blue through green to orange.
func ramp(i, n int) [3]float64 {
	t := fraction(i, n)
	round := func(v float64) float64 { return math.Round(1000*v) / 1000 }
	return [3]float64{round(.47 + .25*t), round(.13 + .03*math.Abs(2*t-1)), round(285 - 235*t)}
}

func fraction(i, n int) float64 {
	if n < 2 {
		return .5
	}
	return float64(i) / float64(n-1)
}

// oklch converts to sRGB. A colour outside of sRGB loses chroma until it is inside.
func oklch(c [3]float64) string {
	for chroma := c[1]; ; chroma *= .95 {
		sin, cos := math.Sincos(c[2] * math.Pi / 180)
		a, b := chroma*cos, chroma*sin
		l, m, s := c[0]+.3963377774*a+.2158037573*b, c[0]-.1055613458*a-.0638541728*b, c[0]-.0894841775*a-1.2914855480*b
		l, m, s = l*l*l, m*m*m, s*s*s
		rgb := [3]float64{
			4.0767416621*l - 3.3077115913*m + .2309699292*s,
			-1.2684380046*l + 2.6097574011*m - .3413193965*s,
			-.0041960863*l - .7034186147*m + 1.7076147010*s,
		}
		if chroma > 1e-3 && (slices.Min(rgb[:]) < -.002 || slices.Max(rgb[:]) > 1.002) {
			continue
		}
		var out [3]int
		for i, v := range rgb {
			if v <= .0031308 {
				v *= 12.92
			} else {
				v = 1.055*math.Pow(v, 1/2.4) - .055
			}
			out[i] = int(math.Round(255 * min(max(v, 0), 1)))
		}
		return fmt.Sprintf("#%02x%02x%02x", out[0], out[1], out[2])
	}
}
