package nst

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"

	"github.com/kovidgoyal/imaging/prism/meta/icc"

	"github.com/gonst/workbench/internal/prefix"
)

// maxProfile is the largest ICC profile that is read, in bytes. Profiles of printers take
// up to 4 MB.
const maxProfile = 64 << 20

// coloursOf returns the conversion to sRGB that the metadata of a file describe; nil if the
// pixels are sRGB, or if nothing is stated. An error says why a statement cannot be followed.
func coloursOf(c *imageCodec, data []byte, config image.Config) (toSRGB, error) {
	pixels := pixelsOf(config)
	var profile []byte
	var err error
	switch c {
	case pngCodec:
		if data[25]&2 == 0 { // IHDR's colour type: the standard library decodes grey with alpha as RGB
			pixels = greyPixels
		}
		return pngColours(data, pixels)
	case jpegCodec:
		profile, err = jpegProfile(data)
	case webpCodec:
		profile = webpChunk(data, "ICCP")
	case tiffCodec:
		profile = tiffProfile(data)
	}
	if err != nil || profile == nil {
		return nil, err
	}
	return profileToSRGB(profile, pixels)
}

func pixelsOf(config image.Config) icc.ColorSpace {
	switch config.ColorModel {
	case color.GrayModel, color.Gray16Model:
		return greyPixels
	case color.CMYKModel:
		return cmykPixels
	}
	return rgbPixels
}

// pngColours follows the order of PNG, third edition, 4.3: cICP, iCCP, sRGB, then gAMA and
// cHRM.
func pngColours(data []byte, pixels icc.ColorSpace) (toSRGB, error) {
	chunks := map[string][]byte{}
	eachPNGChunk(data, func(kind string, content []byte) (more bool) {
		if chunks[kind] == nil {
			chunks[kind] = content
		}
		return kind != "IDAT"
	})
	if b, ok := chunks["cICP"]; ok {
		return codedColours(b)
	}
	if b, ok := chunks["iCCP"]; ok {
		_, packed, ok := bytes.Cut(b, []byte{0})
		if !ok || len(packed) < 1 || packed[0] != 0 {
			return nil, errors.New("damaged iCCP chunk")
		}
		z, err := zlib.NewReader(bytes.NewReader(packed[1:]))
		if err != nil {
			return nil, prefix.Errorf("", "damaged iCCP chunk: %w", err)
		}
		profile, err := io.ReadAll(io.LimitReader(z, maxProfile))
		if err != nil {
			return nil, prefix.Errorf("", "damaged iCCP chunk: %w", err)
		}
		return profileToSRGB(profile, pixels)
	}
	if _, ok := chunks["sRGB"]; ok {
		return nil, nil
	}
	return gammaColours(chunks["gAMA"], chunks["cHRM"])
}

// jpegProfile joins the parts of an ICC profile: APP2 segments that begin with the name, the
// number of the part, from 1, and the number of parts (ICC.1:2022, B.4).
func jpegProfile(data []byte) ([]byte, error) {
	parts := map[byte][]byte{}
	var count byte
	eachJPEGSegment(data, func(marker byte, content []byte) {
		if body, ok := bytes.CutPrefix(content, []byte("ICC_PROFILE\x00")); ok && marker == 0xe2 && len(body) > 2 {
			parts[body[0]], count = body[2:], max(count, body[1])
		}
	})
	var all []byte
	for i := 1; i <= int(count); i++ {
		part, ok := parts[byte(i)]
		if !ok {
			return nil, fmt.Errorf("part %d of %d of the ICC profile is missing", i, count)
		}
		all = append(all, part...)
	}
	return all, nil
}

// tiffProfile returns the value of tag 34675 of the first directory; nil if there is none.
func tiffProfile(data []byte) (profile []byte) {
	eachTag(data, func(e tiffEntry) {
		if n := int64(e.count); profile == nil && e.tag == 34675 && n > 4 {
			profile = e.far(n)
		}
	})
	return profile
}
