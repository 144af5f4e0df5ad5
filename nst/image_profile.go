package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"

	"github.com/kovidgoyal/imaging/prism/meta/icc"

	"github.com/gonst/workbench/internal/prefix"
)

// toSRGB converts one colour of a picture to sRGB. The values are in [0,1]; the result
// may leave it. A grey picture passes its value three times, and CMYK passes the inks: 1
// is full ink.
type toSRGB func(c [4]float64) (r, g, b float64)

// Kinds of pixels, as ICC.1:2022 names their colour spaces.
const (
	greyPixels = icc.ColorSpaceGray
	rgbPixels  = icc.ColorSpaceRGB
	cmykPixels = icc.ColorSpaceCMYK
)

// profileToSRGB returns the conversion that an ICC profile describes for a picture with
// these pixels; nil if the profile is
// sRGB itself. The intent is relative colorimetric
// with black point compensation, as in Photoshop and GIMP, and colours outside sRGB are
// clipped per channel.
//
// The reader is the ICC package of kovidgoyal/imaging. It reads matrices, curves and
// tables of versions 2 and 4, and its tests compare it with Little CMS. Other Go packages
// read matrices only (mandykoh/prism), or need cgo.
func profileToSRGB(data []byte, pixels icc.ColorSpace) (convert toSRGB, err error) {
	// The library recovers the panics of its reader; this recovers those of its tables.
	defer func() {
		if p := recover(); p != nil {
			convert, err = nil, fmt.Errorf("damaged ICC profile (%v)", p)
		}
	}()
	if err := checkProfile(data); err != nil {
		return nil, err
	}
	p, err := icc.DecodeProfile(bytes.NewReader(data))
	if err != nil {
		return nil, prefix.Errorf("", "ICC profile: %w", err)
	}
	of := p.Header.DataColorSpace
	if of != pixels && !(of == rgbPixels && pixels == greyPixels) { // a grey pixel is an RGB pixel with equal values
		return nil, fmt.Errorf("the ICC profile is for %v pixels, the picture has %v pixels", of, pixels)
	}
	channels := map[icc.ColorSpace]int{greyPixels: 1, rgbPixels: 3, cmykPixels: 4}[of]
	const blackPoint, clamp, mapGamut, optimize = true, true, false, true
	pipeline, err := p.CreateTransformerToSRGB(icc.RelativeColorimetricRenderingIntent, blackPoint, channels, clamp, mapGamut, optimize)
	if err != nil {
		return nil, prefix.Errorf("", "ICC profile: %w", err)
	}
	if of == rgbPixels {
		convert = func(c [4]float64) (r, g, b float64) { return pipeline.Transform(c[0], c[1], c[2]) }
	} else {
		var in, out [4]float64
		convert = func(c [4]float64) (r, g, b float64) {
			in = c
			pipeline.TransformGeneral(out[:], in[:])
			return out[0], out[1], out[2]
		}
	}
	if of != cmykPixels && changesLittle(convert) {
		return nil, nil
	}
	convert([4]float64{0.5, 0.5, 0.5, 0.5}) // a faulty table panics here
	return convert, nil
}

// changesLittle tells whether a conversion keeps all colours within 1.5 levels of 8
// bits, as the roundings of sRGB profiles do: near black the curve multiplies them. Pictures with such a profile keep their bits.
func changesLittle(convert toSRGB) bool {
	const steps, most = 16, 1.5 / 255
	for i := range (steps + 1) * (steps + 1) * (steps + 1) {
		c := [4]float64{float64(i%(steps+1)) / steps, float64(i/(steps+1)%(steps+1)) / steps, float64(i/(steps+1)/(steps+1)) / steps}
		r, g, b := convert(c)
		if !(math.Abs(r-c[0]) < most && math.Abs(g-c[1]) < most && math.Abs(b-c[2]) < most) {
			return false
		}
	}
	return true
}

// checkProfile checks the kind of pixels and the table of tags, from whose sizes the library
// allocates memory.
func checkProfile(data []byte) error {
	if len(data) < 132 {
		return errors.New("the ICC profile is cut short")
	}
	switch space := string(data[16:20]); space {
	case "GRAY", "RGB ", "CMYK":
	default:
		return fmt.Errorf("the ICC profile is for %q pixels; profiles for grey, RGB and CMYK can be followed", strings.TrimSpace(space))
	}
	tags := binary.BigEndian.Uint32(data[128:])
	if uint64(tags) > uint64(len(data)-132)/12 {
		return fmt.Errorf("the ICC profile has %d bytes and a table of %d tags", len(data), tags)
	}
	for at := 132; at < 132+12*int(tags); at += 12 {
		offset, size := binary.BigEndian.Uint32(data[at+4:]), binary.BigEndian.Uint32(data[at+8:])
		if uint64(offset) < 132+12*uint64(tags) || uint64(offset)+uint64(size) > uint64(len(data)) {
			return fmt.Errorf("tag %q of the ICC profile is outside its %d bytes", data[at:at+4], len(data))
		}
	}
	return nil
}

// convertColours returns the pixels of a picture in sRGB, with 16 bits a channel and not
// premultiplied.
func convertColours(src image.Image, convert toSRGB) (out image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("damaged ICC profile (%v)", p)
		}
	}()
	b := src.Bounds()
	m := image.NewNRGBA64(b)
	cmyk, inks := src.(*image.CMYK)
	// Photographs have fewer colours than pixels: each colour is converted once.
	type entry struct {
		known  bool
		c      [4]float64
		result color.NRGBA64
	}
	memo := make([]entry, 1<<16)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			var c [4]float64
			alpha, place := uint16(0xffff), uint32(0)
			if inks {
				p := cmyk.CMYKAt(x, y)
				c = [4]float64{float64(p.C) / 0xff, float64(p.M) / 0xff, float64(p.Y) / 0xff, float64(p.K) / 0xff}
				place = uint32(p.C) | uint32(p.M)<<8 | uint32(p.Y)<<16 | uint32(p.K)<<24
			} else {
				p := color.NRGBA64Model.Convert(src.At(x, y)).(color.NRGBA64)
				c, alpha = [4]float64{float64(p.R) / 0xffff, float64(p.G) / 0xffff, float64(p.B) / 0xffff}, p.A
				place = uint32(p.R) ^ uint32(p.G)<<8 ^ uint32(p.B)<<16
			}
			e := &memo[place*0x9e3779b1>>16]
			if !e.known || e.c != c {
				r, g, b := convert(c)
				*e = entry{true, c, color.NRGBA64{R: deep(r), G: deep(g), B: deep(b)}}
			}
			out := e.result
			out.A = alpha
			m.SetNRGBA64(x, y, out)
		}
	}
	return m, nil
}

// deep rounds a value to 16 bits; NaN becomes 0.
func deep(v float64) uint16 {
	if !(v > 0) {
		return 0
	}
	return uint16(math.Min(v, 1)*0xffff + 0.5)
}
