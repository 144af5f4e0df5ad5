package nst

import (
	"bytes"

	"github.com/bep/imagemeta"
)

// orientation is the EXIF tag of that name (0x0112): how the stored picture is
// to be turned to stand upright. 1 is upright as stored; 2 mirrored left to
// right; 3 upside down; 4 mirrored top to bottom; 5 transposed; 6 to be turned
// a quarter clockwise; 7 transposed over the other diagonal; 8 to be turned a
// quarter anticlockwise.
type orientation int

const upright orientation = 1

// size gives the sides of the upright picture, of a stored one of w x h.
func (o orientation) size(w, h int) (width, height int) {
	if o >= 5 && o <= 8 {
		return h, w
	}
	return w, h
}

// row gives the place in the upright plane of the first pixel of stored row y,
// and the distance from one pixel of that row to the next.
func (o orientation) row(w, h, y int) (start, step int) {
	switch o {
	case 2:
		return y*w + w - 1, -1
	case 3:
		return (h-1-y)*w + w - 1, -1
	case 4:
		return (h - 1 - y) * w, 1
	case 5:
		return y, h
	case 6:
		return h - 1 - y, h
	case 7:
		return (w-1)*h + h - 1 - y, -h
	case 8:
		return (w-1)*h + y, -h
	}
	return y * w, 1
}

// readOrientation finds the tag in a JPEG's EXIF segment or a PNG's eXIf chunk.
// A picture without it, or with metadata that make no sense, is upright: its
// pixels are still good.
//
// The reader is bep/imagemeta, Hugo's: maintained, fuzzed, one dependency
// (x/text) that we have already. It was chosen over rwcarlsen/goexif
// (no release since 2019, JPEG only) and dsoprea/go-exif (many dependencies).
func readOrientation(data []byte, format imagemeta.ImageFormat) (found orientation) {
	found = upright
	// The library turns panics of its own into errors; this is for those it misses.
	defer func() {
		if recover() != nil {
			found = upright
		}
	}()
	// The error is of no interest: what was found before it is.
	_, _ = imagemeta.Decode(imagemeta.Options{
		R:           bytes.NewReader(data),
		ImageFormat: format,
		Sources:     imagemeta.EXIF,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool {
			// IFD0 is the picture, IFD1 its thumbnail.
			return t.Tag == "Orientation" && t.Namespace == "IFD0"
		},
		HandleTag: func(t imagemeta.TagInfo) error {
			if v, ok := t.Value.(uint16); ok && v >= 1 && v <= 8 {
				found = orientation(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return found
}
