package nst

import "fmt"

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

// readOrientation reads the tag from the EXIF metadata of a JPEG, a PNG or a WebP, or from
// a TIFF. EXIF demands the type SHORT, but cameras and programs write every integer type.
// Without the tag, or with invalid metadata, it returns upright, because the pixels are
// still valid. note receives what is wrong with the tag; 0 is what some cameras write for
// unknown.
func readOrientation(c *imageCodec, data []byte, note func(string)) orientation {
	const tag = 0x0112
	found := upright
	// The first directory is the picture, the second its thumbnail.
	eachTag(exifOf(c, data), func(e tiffEntry) {
		if e.tag != tag {
			return
		}
		if v, ok := e.wholeNumber(); !ok {
			note(fmt.Sprintf("it is not turned: its EXIF orientation is not one whole number (type %d, count %d)", e.kind, e.count))
		} else if v >= 1 && v <= 8 {
			found = orientation(v)
		} else if v != 0 {
			note(fmt.Sprintf("it is not turned: its EXIF orientation is %d; it must be 1 to 8", v))
		}
	})
	return found
}
