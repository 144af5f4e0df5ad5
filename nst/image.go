package nst

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// Image is a picture as three planes of float32, red, green and blue, each with Height
// rows of Width values. The value of channel c at column x of row y is
// Pix[(c*Height+y)*Width+x].
//
// Values are the stored sRGB values divided by their maximum, not linear light: 0 is
// black and 1 is full intensity. Values may leave [0,1] while an image is being
// optimised; see Clamp. There is no alpha.
type Image struct {
	Width, Height int
	Pix           []float32 // [3][Height][Width]
}

// NewImage returns a black image. If a side is below 1, or the number of values exceeds
// the range of int, it returns an empty image (no sides, no pixels). Every operation
// that needs pixels returns an error for it.
func NewImage(width, height int) *Image {
	if width < 1 || height < 1 || width > math.MaxInt/3/4/height {
		return &Image{}
	}
	return &Image{Width: width, Height: height, Pix: make([]float32, 3*width*height)}
}

// FromGo converts any image of the standard library, with up to 16 bits a
// channel. It composites alpha on white in the stored sRGB values, as browsers do. The
// result has the size of the bounds of src; empty bounds give an empty image.
//
// FromGo does not apply colour profiles (Decode does): it takes the values as sRGB. It converts CMYK to
// RGB without a profile: red is (1-C)(1-K), and so on.
func FromGo(src image.Image) *Image {
	if src == nil {
		return &Image{}
	}
	return fromGo(src, upright)
}

// fromGo converts as FromGo does and turns the picture upright in the same pass.
func fromGo(src image.Image, o orientation) *Image {
	b := src.Bounds()
	m := NewImage(o.size(b.Dx(), b.Dy()))
	if len(m.Pix) == 0 {
		return m
	}
	deep, ok := src.(image.RGBA64Image)
	if !ok {
		deep = anyDepth{src}
	}
	plane := m.Width * m.Height
	for y := range b.Dy() {
		start, step := o.row(b.Dx(), b.Dy(), y)
		for x := range b.Dx() {
			// Go's colours have premultiplied alpha: add the white that alpha leaves.
			c := deep.RGBA64At(b.Min.X+x, b.Min.Y+y)
			white := uint32(0xffff - c.A)
			i := start + x*step
			m.Pix[i] = float32(uint32(c.R)+white) / 0xffff
			m.Pix[i+plane] = float32(uint32(c.G)+white) / 0xffff
			m.Pix[i+2*plane] = float32(uint32(c.B)+white) / 0xffff
		}
	}
	return m
}

// anyDepth adds to any image.Image the 16-bit accessor that the standard library's
// types have.
type anyDepth struct{ image.Image }

func (a anyDepth) RGBA64At(x, y int) color.RGBA64 {
	r, g, b, alpha := a.At(x, y).RGBA()
	return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(alpha)}
}

// Validate returns an error if the image is nil, has no pixels, or has a number of values
// that does not match its sides. It does not check the values.
func (m *Image) Validate() error {
	switch {
	case m == nil:
		return &ImageError{Op: "check", Err: ErrImageTooSmall, Found: "there is no image (nil)"}
	case m.Width < 1 || m.Height < 1:
		return &ImageError{Op: "check", Err: ErrImageTooSmall,
			Found: fmt.Sprintf("the image is %d x %d pixels", m.Width, m.Height),
			Fix:   "both sides must be at least 1"}
	case m.Width > math.MaxInt/3/4/m.Height || len(m.Pix) != 3*m.Width*m.Height:
		return &ImageError{Op: "check", Err: ErrImageDamaged,
			Found: fmt.Sprintf("%d x %d pixels with %d values", m.Width, m.Height, len(m.Pix)),
			Fix:   "Pix must hold 3 x Height x Width values"}
	}
	return nil
}

// Clone returns a copy that shares no memory with m.
func (m *Image) Clone() *Image {
	return &Image{Width: m.Width, Height: m.Height, Pix: append([]float32(nil), m.Pix...)}
}

// Clamp sets values below 0 to 0 and values above 1 to 1. It keeps NaN, so that the
// fault stays visible.
func (m *Image) Clamp() {
	for i, v := range m.Pix {
		if v < 0 {
			m.Pix[i] = 0
		} else if v > 1 {
			m.Pix[i] = 1
		}
	}
}

// RGBA converts to 8 bits a channel, opaque. It clamps values to [0,1] and rounds them
// to the nearest of the 256 levels (a half goes up). NaN becomes 0. An invalid image
// gives an empty one.
func (m *Image) RGBA() *image.RGBA {
	if m.Validate() != nil {
		return image.NewRGBA(image.Rectangle{})
	}
	out := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	plane := m.Width * m.Height
	for i := range plane {
		p := out.Pix[4*i : 4*i+4 : 4*i+4]
		p[0] = level8(m.Pix[i])
		p[1] = level8(m.Pix[i+plane])
		p[2] = level8(m.Pix[i+2*plane])
		p[3] = 0xff
	}
	return out
}

func level8(v float32) uint8   { return uint8(unit(v)*0xff + 0.5) }
func level16(v float32) uint16 { return uint16(unit(v)*0xffff + 0.5) }

// unit clamps v to [0,1]; NaN becomes 0.
func unit(v float32) float32 {
	if v > 1 {
		return 1
	}
	if v > 0 {
		return v
	}
	return 0
}
