package nst

import (
	"bytes"

	"github.com/bep/imagemeta"
)

// orientation is the EXIF tag Orientation (0x0112): the transformation that turns the
// stored picture upright. 1: none; 2: mirror left to right; 3: turn upside down; 4:
// mirror top to bottom; 5: transpose; 6: turn a quarter clockwise; 7: transpose over
// the other diagonal; 8: turn a quarter anticlockwise.
type orientation int

const upright orientation = 1

// size returns the sides of the upright picture for a stored picture of w x h.
func (o orientation) size(w, h int) (width, height int) {
	if o >= 5 && o <= 8 {
		return h, w
	}
	return w, h
}

// row returns the index, in the upright plane, of the first pixel of stored row y, and
// the distance from one pixel of that row to the next.
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

// readOrientation reads the tag from the EXIF metadata of a JPEG, a PNG or a WebP, or from a
// TIFF. EXIF demands the type SHORT, but cameras and programs write every integer type. Without the tag, or with invalid metadata, it returns upright, because the pixels are
// still valid.
//
// The reader is bep/imagemeta, used by Hugo: it is maintained, fuzzed, and depends only
// on x/text. rwcarlsen/goexif has had no release since 2019 and reads JPEG only;
// dsoprea/go-exif has many dependencies.
func readOrientation(data []byte, format imagemeta.ImageFormat) (found orientation) {
	found = upright
	// The library recovers its own panics; this recovers those that it misses.
	defer func() {
		if recover() != nil {
			found = upright
		}
	}()
	// Ignore the error: what was found before it is valid.
	_, _ = imagemeta.Decode(imagemeta.Options{
		R:           bytes.NewReader(data),
		ImageFormat: format,
		Sources:     imagemeta.EXIF,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool {
			// IFD0 is the picture, IFD1 its thumbnail.
			return t.Tag == "Orientation" && t.Namespace == "IFD0"
		},
		HandleTag: func(t imagemeta.TagInfo) error {
			if v, ok := wholeNumber(t.Value); ok && v >= 1 && v <= 8 {
				found = orientation(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return found
}

// wholeNumber returns a value of any of EXIF's integer types; imagemeta gives bytes and
// shorts as unsigned.
func wholeNumber(v any) (int64, bool) {
	switch v := v.(type) {
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case int32:
		return int64(v), true
	}
	return 0, false
}
