package measure

import (
	"math"

	"github.com/gonst/workbench/nst"
)

// plane is one channel of numbers, row by row.
type plane struct {
	w, h int
	v    []float64
}

func newPlane(w, h int) plane { return plane{w, h, make([]float64, w*h)} }

func (p plane) at(x, y int) float64 { return p.v[y*p.w+x] }

// luma is the grey value 0.299 R + 0.587 G + 0.114 B of the stored values
// (ITU-R BT.601), which SSIM was defined on.
func luma(m *nst.Image) plane {
	p := newPlane(m.Width, m.Height)
	n := m.Width * m.Height
	for i := range n {
		p.v[i] = 0.299*float64(m.Pix[i]) + 0.587*float64(m.Pix[n+i]) + 0.114*float64(m.Pix[2*n+i])
	}
	return p
}

// channel returns one of the three channels unchanged.
func channel(m *nst.Image, c int) plane {
	p := newPlane(m.Width, m.Height)
	for i := range p.v {
		p.v[i] = float64(m.Pix[c*len(p.v)+i])
	}
	return p
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// correlation is Pearson's correlation; NaN if one of the two is constant.
func correlation(a, b []float64) float64 {
	ma, mb := mean(a), mean(b)
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return ab / math.Sqrt(aa*bb)
}
