package measure

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// TotalVariation is the mean absolute difference of neighbours, across and down,
// over the three channels, white being 1: the anisotropic total variation (Rudin,
// Osher and Fatemi, "Nonlinear total variation based noise removal algorithms",
// Physica D 60, 1992), divided by the number of pairs, so that it does not grow with
// the image. Noise raises it, and so do brush strokes. The image is taken as Seen.
func TotalVariation(m *nst.Image) float64 {
	m = Seen(m)
	sum := 0.0
	for c := range 3 {
		p := channel(m, c)
		for y := range p.h {
			for x := range p.w {
				if x+1 < p.w {
					sum += math.Abs(p.at(x+1, y) - p.at(x, y))
				}
				if y+1 < p.h {
					sum += math.Abs(p.at(x, y+1) - p.at(x, y))
				}
			}
		}
	}
	return sum / float64(3*(m.Width*(m.Height-1)+m.Height*(m.Width-1)))
}

// HighFrequency is the share of the luma's power above a quarter of a cycle per
// pixel (wavelengths shorter than 4 pixels), in any direction: from the discrete Fourier
// transform with a Hann window, after subtracting the mean. Natural images, whose
// power falls with the square of the frequency (Field, "Relations between the
// statistics of natural images and the response properties of cortical cells",
// JOSA A 4(12), 1987), have little; white noise has 0.8. Range 0 to 1;
// NaN for a constant image. The image is taken as Seen.
func HighFrequency(m *nst.Image) float64 {
	p := luma(Seen(m))
	wx, wy := hann(p.w), hann(p.h)
	mu := mean(p.v)
	f := make([]complex128, len(p.v))
	for y := range p.h {
		for x := range p.w {
			f[y*p.w+x] = complex((p.at(x, y)-mu)*wx[x]*wy[y], 0)
		}
	}
	rows, columns := fourier.NewCmplxFFT(p.w), fourier.NewCmplxFFT(p.h)
	for y := range p.h {
		row := f[y*p.w:][:p.w]
		rows.Coefficients(row, row)
	}
	column := make([]complex128, p.h)
	var all, high float64
	for x := range p.w {
		for y := range p.h {
			column[y] = f[y*p.w+x]
		}
		columns.Coefficients(column, column)
		fx := rows.Freq(x)
		for y, v := range column {
			power := real(v)*real(v) + imag(v)*imag(v)
			all += power
			if fy := columns.Freq(y); fx*fx+fy*fy > 0.25*0.25 {
				high += power
			}
		}
	}
	if all == 0 {
		return math.NaN()
	}
	return high / all
}

// hann is the window sin^2(pi (i+1/2)/n), which has no zero within.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		s := math.Sin(math.Pi * (float64(i) + 0.5) / float64(n))
		w[i] = s * s
	}
	return w
}

// BorderRatio is the mean variation of a pixel (absolute differences to its right and
// lower neighbours, over the channels) in the image's frame, divided by that of the
// interior. The frame is as wide as 1/16 of the shorter side. It shows the effect of the
// convolutions' padding. 1 = no difference; NaN if the interior is constant. The image is taken as Seen.
func BorderRatio(m *nst.Image) float64 {
	m = Seen(m)
	frame := max(1, min(m.Width, m.Height)/16)
	var sums, counts [2]float64
	for y := range m.Height - 1 {
		for x := range m.Width - 1 {
			within := 0
			if min(x, y) >= frame && x < m.Width-frame && y < m.Height-frame {
				within = 1
			}
			for c := range 3 {
				i := (c*m.Height+y)*m.Width + x
				v := float64(m.Pix[i])
				sums[within] += math.Abs(float64(m.Pix[i+1])-v) + math.Abs(float64(m.Pix[i+m.Width])-v)
			}
			counts[within]++
		}
	}
	if counts[0] == 0 || counts[1] == 0 || sums[1] == 0 {
		return math.NaN()
	}
	return sums[0] / counts[0] / (sums[1] / counts[1])
}

// Clipped is the share of the pixels' values that are 0 or 255 in 8 bits: values that
// were cut to [0,1], and values that were at the limit.
func Clipped(m *nst.Image) float64 {
	n := 0
	for _, v := range Seen(m).Pix {
		if v == 0 || v == 1 {
			n++
		}
	}
	return float64(n) / float64(len(m.Pix))
}

// Noise returns measures of noise. To judge them, each value has OfContent and OfStyle,
// the values of the content and of the first style image.
func Noise(picture *nst.Image, r References) (List, error) {
	type measured struct {
		name, unit, better string
		of                 func(*nst.Image) float64
	}
	all := []measured{
		{"total_variation", "of white, a pair of neighbours", "", TotalVariation},
		{"high_frequency", "share of power, 0 to 1", "", HighFrequency},
		{"border_ratio", "border by interior", "", BorderRatio},
		{"clipped", "share of values, 0 to 1", Lower, Clipped},
	}
	if _, err := r.weights(); err != nil {
		return nil, err
	}
	images := []*nst.Image{picture, r.Content, nil}
	if len(r.Style) > 0 {
		images[2] = r.Style[0].Image
	}
	for i, m := range images {
		if m == nil && i > 0 {
			continue
		}
		if err := m.Validate(); err != nil {
			return nil, prefix.Errorf("measure: ", "noise: %w", err)
		}
	}
	var list List
	for _, d := range all {
		at := func(m *nst.Image) float64 {
			if m == nil {
				return math.NaN()
			}
			return d.of(m)
		}
		v := plain(d.name, "", at(images[0]), d.unit, GroupNoise, d.better)
		v.OfContent, v.OfStyle = at(images[1]), at(images[2])
		list = append(list, v)
	}
	return list, nil
}
