package nst

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// Interpolation is the method of resizing an image.
//
// CatmullRom and Bilinear antialias: when they shrink, each new pixel is a weighted mean
// of all pixels that it covers, as in Pillow (and in PyTorch's interpolate with
// antialias=True). Nearest takes the pixel at the middle of the new pixel. Sampled
// interpolates between the four pixels around it, as TensorFlow's resize and PyTorch's
// interpolate do. Both are fast, but alias when they shrink. When they enlarge,
// CatmullRom is the sharpest, Bilinear the softest, and Nearest repeats pixels.
type Interpolation string

const (
	CatmullRom Interpolation = "catmullrom" // cubic, the default; may overshoot at edges; clamped to [0,1]
	Bilinear   Interpolation = "bilinear"   // triangle
	Nearest    Interpolation = "nearest"
	Sampled    Interpolation = "sampled" // linear between four pixels, at any scale
)

// interpolations is the registry of the accepted names.
var interpolations = choices[Interpolation, draw.Scaler]{
	{CatmullRom, draw.CatmullRom},
	{Bilinear, draw.BiLinear},
	{Nearest, draw.NearestNeighbor},
	{Sampled, nil}, // resizeSampled
}

func (f Interpolation) scaler() (draw.Scaler, error) {
	s, err := interpolations.of("interpolation", f)
	if err != nil {
		return nil, errorf("%w: %w", ErrImageOption, err)
	}
	return s, nil
}

// Resize returns the image scaled to exactly width x height pixels, in the stored sRGB
// values. It does not keep the proportions. An empty f is CatmullRom. If the image has
// this size already, the result is an exact copy. Sampled computes in float32, as TensorFlow
// does; the others with 16 bits a channel, and their result is within 1/65535 of the exact
// one. Values are clamped to [0,1].
//
// It returns an error for an unknown interpolation, for a side below 1, and for more than
// DefaultMaxPixels.
func (m *Image) Resize(width, height int, f Interpolation) (*Image, error) {
	return m.resize(width, height, f, DefaultMaxPixels)
}

func (m *Image) resize(width, height int, f Interpolation, maxPixels int) (*Image, error) {
	if err := m.Validate(); err != nil {
		return nil, imageErrorAt(err, "resize", "")
	}
	scaler, err := f.scaler()
	if err != nil {
		return nil, &ImageError{Op: "resize", Err: err}
	}
	if width < 1 || height < 1 {
		return nil, &ImageError{Op: "resize", Err: ErrImageOption,
			Found: fmt.Sprintf("a size of %d x %d pixels was asked for", width, height),
			Fix:   "both sides must be at least 1"}
	}
	if width == m.Width && height == m.Height {
		return m.Clone(), nil
	}
	// The scaler resizes rows first: its intermediate image has the new width and the
	// old height.
	if width > maxPixels/height || width > maxPixels/m.Height {
		return nil, &ImageError{Op: "resize", Err: ErrImageTooLarge,
			Found: fmt.Sprintf("%d x %d to %d x %d pixels needs more than the limit of %d pixels",
				m.Width, m.Height, width, height, maxPixels),
			Fix: "ask for a smaller size"}
	}
	out := NewImage(width, height)
	if scaler == nil {
		resizeSampled(out, m)
		return out, nil
	}
	scaler.Scale(planar{out}, planar{out}.Bounds(), planar{m}, planar{m}.Bounds(), draw.Src, nil)
	return out, nil
}

// planar presents an Image to x/image/draw as an opaque picture with 16 bits a
// channel, without a copy. 8 bits would lose half the depth of a 16-bit file.
type planar struct{ *Image }

var _ draw.RGBA64Image = planar{}

func (p planar) ColorModel() color.Model { return color.RGBA64Model }
func (p planar) Bounds() image.Rectangle { return image.Rect(0, 0, p.Width, p.Height) }
func (p planar) At(x, y int) color.Color { return p.RGBA64At(x, y) }
func (p planar) Set(x, y int, c color.Color) {
	p.SetRGBA64(x, y, color.RGBA64Model.Convert(c).(color.RGBA64))
}
func (p planar) Opaque() bool { return true }
func (p planar) RGBA64At(x, y int) color.RGBA64 {
	i, plane := y*p.Width+x, p.Width*p.Height
	return color.RGBA64{R: level16(p.Pix[i]), G: level16(p.Pix[i+plane]), B: level16(p.Pix[i+2*plane]), A: 0xffff}
}

func (p planar) SetRGBA64(x, y int, c color.RGBA64) {
	i, plane := y*p.Width+x, p.Width*p.Height
	p.Pix[i] = float32(c.R) / 0xffff
	p.Pix[i+plane] = float32(c.G) / 0xffff
	p.Pix[i+2*plane] = float32(c.B) / 0xffff
}

// fitSize scales w x h so that the given side is size. It rounds the other side to the
// nearest (a half goes up) or down; it is at least 1. ok is false if a side exceeds int32.
func fitSize(w, h, size int, side Side, down bool) (width, height int, ok bool) {
	byWidth := w >= h // the long side is the width
	switch side {
	case Short:
		byWidth = w <= h
	case Rows:
		byWidth = false
	case Columns:
		byWidth = true
	}
	given, other := w, h
	if !byWidth {
		given, other = h, w
	}
	half := 0.5
	if down {
		half = 0
	}
	scaled := math.Max(1, math.Floor(float64(other)*float64(size)/float64(given)+half))
	if size > math.MaxInt32 || scaled > math.MaxInt32 {
		return 0, 0, false
	}
	if byWidth {
		return size, int(scaled), true
	}
	return int(scaled), size, true
}
