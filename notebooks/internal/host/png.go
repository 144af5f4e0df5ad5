package host

import (
	"encoding/binary"
	"hash/crc32"
)

// Dots is the number of pixels of a page in an inch, and Sharpness the number of pixels
// that are drawn for each, for high-resolution screens.
const (
	Dots      = 96
	Sharpness = 2
)

// A PNG begins with a signature and the chunk IHDR.
const (
	pngSize   = 8 + 4 + 4 // where the width is
	pngHeader = pngSize + 13 + 4
	perMetre  = Dots * Sharpness * 10000 / 254
)

// Sharp records in a PNG that it has Sharpness times the pixels of the page. The
// resolution is a chunk pHYs, which printing programs know too.
func Sharp(png []byte) []byte {
	chunk := append([]byte{0, 0, 0, 9}, "pHYs"...)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = append(chunk, 1) // metres
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return append(append(append([]byte{}, png[:pngHeader]...), chunk...), png[pngHeader:]...)
}

// PageSize is the size on the page, in pixels, of a PNG that Sharp has returned.
func PageSize(png []byte) (width, height int, ok bool) {
	if len(png) < pngHeader+12 || string(png[pngHeader+4:][:4]) != "pHYs" || binary.BigEndian.Uint32(png[pngHeader+8:]) != perMetre {
		return 0, 0, false
	}
	width = int(binary.BigEndian.Uint32(png[pngSize:])) / Sharpness
	height = int(binary.BigEndian.Uint32(png[pngSize+4:])) / Sharpness
	return width, height, true
}
