package nst

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"io"

	"golang.org/x/image/tiff"
)

// Tags of a TIFF and some of their values (TIFF 6.0, section 8).
const (
	tagCompression  = 259 // 2 to 4: the codes of fax machines
	tagPhotometric  = 262 // 1: a bit of 0 is black
	tagSamples      = 277
	tagPlanar       = 284 // 2: a plane for each sample
	tagExtraSamples = 338 // 1 or 2: alpha
)

// configTIFF reads the size of a TIFF. It refuses kinds that x/image/tiff does not know and
// takes for damaged files.
func configTIFF(r io.Reader) (image.Config, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return image.Config{}, err
	}
	samples := firstOfTag(data, tagSamples, 1)
	if samples > 1 && firstOfTag(data, tagPlanar, 1) == 2 {
		return image.Config{}, tiff.UnsupportedError("a plane for each sample")
	}
	extra := firstOfTag(data, tagExtraSamples, 0)
	alpha := samples == 4 && (extra == 1 || extra == 2)
	if firstOfTag(data, tagPhotometric, 0) == 2 && samples != 3 && !alpha {
		return image.Config{}, tiff.UnsupportedError(fmt.Sprintf("RGB with %d samples, extra sample of type %d", samples, extra))
	}
	return tiff.DecodeConfig(bytes.NewReader(data))
}

// decodeTIFF decodes as x/image/tiff does, and inverts fax codes where a bit of 0 is black:
// there the code's white runs are black (TIFF 6.0, page 17), which that package does not know.
func decodeTIFF(r io.Reader) (image.Image, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	m, err := tiff.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	code := firstOfTag(data, tagCompression, 1)
	if code < 2 || code > 4 || firstOfTag(data, tagPhotometric, 0) != 1 {
		return m, nil
	}
	grey := image.NewGray(m.Bounds())
	draw.Draw(grey, grey.Rect, m, grey.Rect.Min, draw.Src)
	for i, v := range grey.Pix {
		grey.Pix[i] = 0xff - v
	}
	return grey, nil
}

// firstOfTag returns the value of a tag in the first directory of a TIFF. Without the tag, or
// if it is not one whole number, it returns other.
func firstOfTag(data []byte, tag uint16, other int64) int64 {
	found := other
	eachTag(data, func(e tiffEntry) {
		if v, ok := e.wholeNumber(); ok && e.tag == tag {
			found = v
		}
	})
	return found
}
