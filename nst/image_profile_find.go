package nst

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
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
		profile = webpProfile(data)
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
	for at := 8; at+12 <= len(data); {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		kind := string(data[at+4 : at+8])
		if kind == "IDAT" || int64(at)+12+n > int64(len(data)) {
			break
		}
		if chunks[kind] == nil {
			chunks[kind] = data[at+8 : at+8+int(n)]
		}
		at += 12 + int(n)
	}
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
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xff { // filling
			at++
			continue
		}
		n := int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(data) { // SOS: pixels follow
			break
		}
		if body, ok := bytes.CutPrefix(data[at+4:at+2+n], []byte("ICC_PROFILE\x00")); ok && marker == 0xe2 && len(body) > 2 {
			parts[body[0]], count = body[2:], max(count, body[1])
		}
		at += 2 + n
	}
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

// webpProfile returns the content of the ICCP chunk; nil if there is none.
func webpProfile(data []byte) []byte {
	for at := 12; at+8 <= len(data); {
		n := int64(binary.LittleEndian.Uint32(data[at+4:]))
		if int64(at)+8+n > int64(len(data)) {
			return nil
		}
		if string(data[at:at+4]) == "ICCP" {
			return data[at+8 : at+8+int(n)]
		}
		at += 8 + int(n+n%2)
	}
	return nil
}

// tiffProfile returns the value of tag 34675 of the first directory; nil if there is none.
func tiffProfile(data []byte) []byte {
	if len(data) < 8 {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return nil
	}
	entries := data[at+2:]
	for range order.Uint16(data[at:]) {
		if len(entries) < 12 {
			return nil
		}
		if order.Uint16(entries) == 34675 {
			n, from := int64(order.Uint32(entries[4:])), int64(order.Uint32(entries[8:]))
			if n <= 4 || from+n > int64(len(data)) {
				return nil
			}
			return data[from : from+n]
		}
		entries = entries[12:]
	}
	return nil
}
