package measure

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// Palette is the distribution of an image's colours, independent of their places.
type Palette struct {
	// Histogram is the share of the pixels in each cell of 8 x 8 x 8 over R, G, B.
	Histogram [512]float64
	// Mean and Covariance are of the pixels' CIELAB colours: L, a, b. The
	// covariance is divided by the number of pixels.
	Mean       [3]float64
	Covariance [3][3]float64
}

// PaletteOf returns the palette of an image. The image is taken as Seen.
func PaletteOf(m *nst.Image) *Palette {
	m = Seen(m)
	p := &Palette{}
	n := m.Width * m.Height
	var squares [3][3]float64
	for i := range n {
		r, g, b := m.Pix[i], m.Pix[n+i], m.Pix[2*n+i]
		p.Histogram[(cell(r)*8+cell(g))*8+cell(b)]++
		lab := Lab(float64(r), float64(g), float64(b))
		for c := range 3 {
			p.Mean[c] += lab[c]
			for d := range 3 {
				squares[c][d] += lab[c] * lab[d]
			}
		}
	}
	for i := range p.Histogram {
		p.Histogram[i] /= float64(n)
	}
	for c := range 3 {
		p.Mean[c] /= float64(n)
	}
	for c := range 3 {
		for d := range 3 {
			p.Covariance[c][d] = squares[c][d]/float64(n) - p.Mean[c]*p.Mean[d]
		}
	}
	return p
}

// cell returns the index of the eighth of the 256 levels that contains a value.
func cell(v float32) int { return min(max(int(float64(v)*255+0.5)/32, 0), 7) }

// blend returns the weighted mean of palettes. The weights sum to one.
func blend(palettes []*Palette, weights []float64) *Palette {
	out := &Palette{}
	for k, p := range palettes {
		for i, v := range p.Histogram {
			out.Histogram[i] += weights[k] * v
		}
		for c := range 3 {
			out.Mean[c] += weights[k] * p.Mean[c]
		}
	}
	for k, p := range palettes {
		for c := range 3 {
			for d := range 3 {
				out.Covariance[c][d] += weights[k] * (p.Covariance[c][d] + (p.Mean[c]-out.Mean[c])*(p.Mean[d]-out.Mean[d]))
			}
		}
	}
	return out
}

// Lab converts an sRGB colour (IEC 61966-2-1) to CIELAB (CIE 1976) under D65, 2
// degrees: L from 0 to 100, a and b about -100 to 100. A difference of 1 is
// just visible.
func Lab(r, g, b float64) [3]float64 {
	r, g, b = linear(r), linear(g), linear(b)
	x := (0.412453*r + 0.357580*g + 0.180423*b) / 0.95047
	y := 0.212671*r + 0.715160*g + 0.072169*b
	z := (0.019334*r + 0.119193*g + 0.950227*b) / 1.08883
	fx, fy, fz := cubeRoot(x), cubeRoot(y), cubeRoot(z)
	return [3]float64{116*fy - 16, 500 * (fx - fy), 200 * (fy - fz)}
}

func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// cubeRoot is the cube root of CIELAB, which is linear near black.
func cubeRoot(t float64) float64 {
	if t > 0.008856 {
		return math.Cbrt(t)
	}
	return 7.787*t + 16.0/116
}

// HistogramDistance is 1 minus the intersection of the histograms: Swain and
// Ballard, "Color indexing", International Journal of Computer Vision 7(1), 1991.
// 0 = equal histograms, 1 = no colour in common.
func (p *Palette) HistogramDistance(q *Palette) float64 {
	common := 0.0
	for i, v := range p.Histogram {
		common += min(v, q.Histogram[i])
	}
	return max(0, 1-common)
}

// MeanDistance is the CIE 1976 distance (ΔE*ab) of the mean colours.
func (p *Palette) MeanDistance(q *Palette) float64 {
	sum := 0.0
	for c, v := range p.Mean {
		d := v - q.Mean[c]
		sum += d * d
	}
	return math.Sqrt(sum)
}

// CovarianceDistance is the Fréchet distance of two Gaussian distributions with these
// covariances and equal means, sqrt(tr A + tr B - 2 tr (A B)^1/2), in units of ΔE*ab:
// Dowson and Landau, "The Fréchet distance between multivariate normal distributions",
// Journal of Multivariate Analysis 12, 1982. It measures differences in contrast and
// saturation.
func (p *Palette) CovarianceDistance(q *Palette) float64 {
	if p.Covariance == q.Covariance {
		return 0 // exactly; the formula would only be close to 0
	}
	a, b := symmetric(p.Covariance), symmetric(q.Covariance)
	root := squareRoot(a)
	var left, product mat.Dense
	left.Mul(root, b)
	product.Mul(&left, root)
	var inner [3][3]float64
	for c := range 3 {
		for d := range 3 {
			inner[c][d] = (product.At(c, d) + product.At(d, c)) / 2
		}
	}
	common := 0.0
	for _, v := range eigenvalues(symmetric(inner)) {
		common += math.Sqrt(max(0, v))
	}
	return math.Sqrt(max(0, mat.Trace(a)+mat.Trace(b)-2*common))
}

func symmetric(m [3][3]float64) *mat.SymDense {
	s := mat.NewSymDense(3, nil)
	for c := range 3 {
		for d := c; d < 3; d++ {
			s.SetSym(c, d, m[c][d])
		}
	}
	return s
}

func eigenvalues(s *mat.SymDense) []float64 {
	var e mat.EigenSym
	if !e.Factorize(s, false) {
		return []float64{math.NaN()}
	}
	return e.Values(nil)
}

// squareRoot returns the symmetric square root of a covariance.
func squareRoot(s *mat.SymDense) *mat.Dense {
	var e mat.EigenSym
	out := mat.NewDense(3, 3, nil)
	if !e.Factorize(s, true) {
		out.Apply(func(_, _ int, _ float64) float64 { return math.NaN() }, out)
		return out
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	roots := e.Values(nil)
	for i, v := range roots {
		roots[i] = math.Sqrt(max(0, v))
	}
	var scaled mat.Dense
	scaled.Mul(&vectors, mat.NewDiagDense(3, roots))
	out.Mul(&scaled, vectors.T())
	return out
}

// Colour compares the palette of a picture with those of its references. Several
// style images count by their weights. For distances to the style, OfContent is the
// distance of the content image.
func Colour(picture *nst.Image, r References) (List, error) {
	palette := func(m *nst.Image) (*Palette, error) {
		if err := m.Validate(); err != nil {
			return nil, prefix.Errorf("measure: ", "colour: %w", err)
		}
		return PaletteOf(m), nil
	}
	own, err := palette(picture)
	if err != nil {
		return nil, err
	}
	var content *Palette
	if r.Content != nil {
		if content, err = palette(r.Content); err != nil {
			return nil, err
		}
	}
	var list List
	add := func(of string, q, untouched *Palette, better string) {
		for _, d := range []struct {
			name, unit string
			of         func(p, q *Palette) float64
		}{
			{"colour_histogram_", "share of pixels, 0 to 1", (*Palette).HistogramDistance},
			{"colour_mean_", "ΔE*ab", (*Palette).MeanDistance},
			{"colour_covariance_", "ΔE*ab", (*Palette).CovarianceDistance},
		} {
			v := plain(d.name+of, "", d.of(own, q), d.unit, GroupColour, better)
			if untouched != nil {
				v.OfContent = d.of(untouched, q)
			}
			list = append(list, v)
		}
	}
	weights, err := r.weights()
	if err != nil {
		return nil, err
	}
	if weights != nil {
		var all []*Palette
		for _, s := range r.Style {
			p, err := palette(s.Image)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		add("style", blend(all, weights), content, Lower)
	}
	if content != nil {
		add("content", content, nil, "") // whether the palette should stay is a matter of taste
	}
	return list, nil
}
