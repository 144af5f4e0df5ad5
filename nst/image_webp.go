package nst

import (
	"image"
	"image/color"
	"io"

	"golang.org/x/image/webp"
)

// decodeWebP decodes as x/image/webp does, but converts the colours of lossy files as WebP
// defines them (RFC 9649, 9.2: ITU-R BT.601 with luma in 16..235). The standard library's
// YCbCr, which that package returns, has JPEG's full range: black would be 16.
func decodeWebP(r io.Reader) (image.Image, error) {
	m, err := webp.Decode(r)
	switch m := m.(type) {
	case *image.YCbCr:
		return studio{YCbCr: m}, err
	case *image.NYCbCrA:
		return studio{YCbCr: &m.YCbCr, alpha: m}, err
	}
	return m, err
}

// studio is a YCbCr picture with BT.601's range.
type studio struct {
	*image.YCbCr
	alpha *image.NYCbCrA // nil: opaque
}

func (s studio) ColorModel() color.Model { return color.NRGBA64Model }
func (s studio) Opaque() bool            { return s.alpha == nil || s.alpha.Opaque() }
func (s studio) At(x, y int) color.Color { return s.nrgba(x, y) }

func (s studio) RGBA64At(x, y int) color.RGBA64 {
	r, g, b, a := s.nrgba(x, y).RGBA()
	return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a)}
}

func (s studio) nrgba(x, y int) color.NRGBA64 {
	c := s.YCbCrAt(x, y)
	luma, blue, red := (float64(c.Y)-16)/219, (float64(c.Cb)-128)/224, (float64(c.Cr)-128)/224
	out := color.NRGBA64{A: 0xffff,
		R: deep(luma + 1.402*red),
		G: deep(luma - 0.344136*blue - 0.714136*red),
		B: deep(luma + 1.772*blue),
	}
	if s.alpha != nil {
		out.A = uint16(s.alpha.A[s.alpha.AOffset(x, y)]) * 0x101
	}
	return out
}
