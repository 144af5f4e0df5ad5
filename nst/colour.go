package nst

import "math"

// ColourSpace is a space of three coordinates in which colours are kept or matched. The
// first coordinate of each space except RGB is a luminance.
type ColourSpace string

const (
	// BT601 has the luma Y = 0.299 R + 0.587 G + 0.114 B of the stored sRGB values, and the
	// differences 0.564 (B - Y) and 0.713 (R - Y), as OpenCV's YCrCb without its offset.
	BT601 ColourSpace = "bt601"
	// Lab is CIE L*a*b* of sRGB with the white of D65, divided by 100.
	Lab ColourSpace = "lab"
	// Linear has the luminance Y = 0.2126 R + 0.7152 G + 0.0722 B of linear light, and the
	// differences B - Y and R - Y.
	Linear ColourSpace = "linear"
	// RGB has the stored sRGB values themselves. It has no luminance.
	RGB ColourSpace = "rgb"
)

// triple is a colour: red, green and blue, or the coordinates of a space.
type triple [3]float64

// colourTransform is a space: from stored values, which are in [0,1], and back.
type colourTransform struct{ from, to func(triple) triple }

var colourSpaces = choices[ColourSpace, colourTransform]{
	{BT601, colourTransform{fromBT601, toBT601}},
	{Lab, colourTransform{fromLab, toLab}},
	{Linear, colourTransform{fromLinear, toLinear}},
	{RGB, colourTransform{func(c triple) triple { return c }, func(c triple) triple { return c }}},
}

// Luminance returns a grey image with the luminance of each pixel in a space: three equal
// planes. Values are clamped to [0,1] before. An empty space is BT601; RGB is an error.
func (m *Image) Luminance(space ColourSpace) (*Image, error) {
	t, err := luminous(space)
	if err != nil {
		return nil, err
	}
	return m.eachColour(func(c triple, _ int) triple { return t.to(triple{t.from(c)[0]}) })
}

// WithColours returns an image with the luminance of m and the colours of another image of
// the same size: the other two coordinates of a space. Values are clamped to [0,1], before
// and after. An empty space is BT601; RGB is an error.
func (m *Image) WithColours(of *Image, space ColourSpace) (*Image, error) {
	t, err := luminous(space)
	if err != nil {
		return nil, err
	}
	if err := of.Validate(); err != nil {
		return nil, err
	}
	if of.Width != m.Width || of.Height != m.Height {
		return nil, errorf("the colours of an image of %d x %d for one of %d x %d: must have one size", of.Width, of.Height, m.Width, m.Height)
	}
	return m.eachColour(func(c triple, i int) triple {
		other := t.from(of.colour(i))
		return t.to(triple{t.from(c)[0], other[1], other[2]})
	})
}

func luminous(space ColourSpace) (colourTransform, error) {
	t, err := colourSpaces.of("colour space", space)
	if err == nil && space == RGB {
		err = errorf("colour space %q has no luminance: choose bt601, lab or linear", string(space))
	}
	return t, err
}

// colour returns the colour of the i-th pixel, clamped to [0,1].
func (m *Image) colour(i int) triple {
	plane := m.Width * m.Height
	return triple{float64(unit(m.Pix[i])), float64(unit(m.Pix[plane+i])), float64(unit(m.Pix[2*plane+i]))}
}

// eachColour returns the image with every colour changed by f, which is given the index of
// the pixel.
func (m *Image) eachColour(f func(c triple, i int) triple) (*Image, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	out := NewImage(m.Width, m.Height)
	plane := m.Width * m.Height
	Parallel(workers(0)).Each(m.Height, func(y int) {
		for i := y * m.Width; i < (y+1)*m.Width; i++ {
			for k, v := range f(m.colour(i), i) {
				out.Pix[k*plane+i] = unit(float32(v))
			}
		}
	})
	return out, nil
}

func fromBT601(c triple) triple {
	y := 0.299*c[0] + 0.587*c[1] + 0.114*c[2]
	return triple{y, 0.564 * (c[2] - y), 0.713 * (c[0] - y)}
}

func toBT601(c triple) triple {
	r, b := c[0]+c[2]/0.713, c[0]+c[1]/0.564
	return triple{r, (c[0] - 0.299*r - 0.114*b) / 0.587, b}
}

func fromLinear(c triple) triple {
	c = c.each(srgbDecode)
	y := 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
	return triple{y, c[2] - y, c[0] - y}
}

func toLinear(c triple) triple {
	r, b := c[0]+c[2], c[0]+c[1]
	return triple{r, (c[0] - 0.2126*r - 0.0722*b) / 0.7152, b}.stored()
}

// rgbToXYZ is sRGB's matrix. labWhite is its white, D65.
var (
	rgbToXYZ, _ = primaries709.toXYZ()
	xyzToRGB, _ = rgbToXYZ.inverse()
	labWhite    = rgbToXYZ.apply([3]float64{1, 1, 1})
)

func fromLab(c triple) triple {
	f := triple(rgbToXYZ.apply(c.each(srgbDecode)))
	for k := range f {
		if v := f[k] / labWhite[k]; v > 216.0/24389 {
			f[k] = math.Cbrt(v)
		} else {
			f[k] = (24389.0/27*v + 16) / 116
		}
	}
	return triple{1.16*f[1] - 0.16, 5 * (f[0] - f[1]), 2 * (f[1] - f[2])}
}

func toLab(c triple) triple {
	y := (c[0] + 0.16) / 1.16
	f := triple{y + c[1]/5, y, y - c[2]/2}
	for k, v := range f {
		if cube := v * v * v; cube > 216.0/24389 {
			f[k] = labWhite[k] * cube
		} else {
			f[k] = labWhite[k] * (116*v - 16) * 27 / 24389
		}
	}
	return triple(xyzToRGB.apply(f)).stored()
}

// stored returns stored values of linear light, clamped to [0,1].
func (c triple) stored() triple {
	return c.each(func(v float64) float64 { return srgbEncode(min(max(v, 0), 1)) })
}

func (c triple) each(f func(float64) float64) triple { return triple{f(c[0]), f(c[1]), f(c[2])} }
