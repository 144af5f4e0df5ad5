package nst

import "math"

// Turn returns the image, turned anticlockwise by an angle in degrees about its middle, cut to
// the largest rectangle with sides along the axes that lies inside it. A multiple of 90 only
// moves pixels; other angles interpolate linearly. Values are not clamped. It returns an error
// if the angle is not finite, or less than 2 x 2 pixels would be left.
func (m *Image) Turn(degrees float64) (*Image, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if math.IsNaN(degrees) || math.IsInf(degrees, 0) {
		return nil, errorf("an angle of %v degrees: must be finite", degrees)
	}
	degrees = math.Mod(degrees, 360)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	if math.Mod(degrees, 90) == 0 { // exactly
		sin, cos = math.Round(sin), math.Round(cos)
	}
	width, height := inscribed(float64(m.Width), float64(m.Height), math.Abs(sin), math.Abs(cos))
	out := NewImage(int(width+1e-9), int(height+1e-9))
	if out.Width < 2 || out.Height < 2 {
		return nil, errorf("%w: %d x %d pixels turned by %v degrees", ErrImageTooSmall, m.Width, m.Height, degrees)
	}
	plane, from := out.Width*out.Height, m.Width*m.Height
	for i := range plane {
		// From the middle of the new image to that of the old one; rows go down.
		dx, dy := float64(i%out.Width)-float64(out.Width-1)/2, float64(i/out.Width)-float64(out.Height-1)/2
		x := float64(cos*dx) - float64(sin*dy) + float64(m.Width-1)/2
		y := float64(sin*dx) + float64(cos*dy) + float64(m.Height-1)/2
		x, y = min(max(x, 0), float64(m.Width-1)), min(max(y, 0), float64(m.Height-1))
		x0, y0 := min(int(x), m.Width-2), min(int(y), m.Height-2)
		tx, ty := x-float64(x0), y-float64(y0)
		for c := range 3 {
			p := m.Pix[c*from+y0*m.Width+x0:]
			top := float64((1-tx)*float64(p[0])) + float64(tx*float64(p[1]))
			bottom := float64((1-tx)*float64(p[m.Width])) + float64(tx*float64(p[m.Width+1]))
			out.Pix[c*plane+i] = float32(float64((1-ty)*top) + float64(ty*bottom))
		}
	}
	return out, nil
}

// inscribed returns the sides of the largest rectangle with sides along the axes inside one
// of w x h that is turned by an angle with this sine and cosine, neither negative.
func inscribed(w, h, sin, cos float64) (width, height float64) {
	long, short := max(w, h), min(w, h)
	if short <= 2*sin*cos*long || math.Abs(sin-cos) < 1e-10 { // two corners touch the long sides
		half := short / 2
		if w >= h {
			return half / sin, half / cos
		}
		return half / cos, half / sin
	}
	d := cos*cos - sin*sin
	return (w*cos - h*sin) / d, (h*cos - w*sin) / d
}
