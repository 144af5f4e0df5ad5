package nst

import (
	"bytes"
	"encoding/binary"
)

// Where image files keep their metadata. These functions accept any bytes: they end at
// the first part that is not whole.

// eachJPEGSegment calls f for each segment before the pixels, with its marker (0xe1 is
// APP1) and its content.
func eachJPEGSegment(data []byte, f func(marker byte, content []byte)) {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xff { // filling
			at++
			continue
		}
		n := int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(data) { // SOS: pixels follow
			return
		}
		f(marker, data[at+4:at+2+n])
		at += 2 + n
	}
}

// eachPNGChunk calls f for each chunk until f returns false.
func eachPNGChunk(data []byte, f func(kind string, content []byte) (more bool)) {
	for at := 8; at+12 <= len(data); {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		if int64(at)+12+n > int64(len(data)) || !f(string(data[at+4:at+8]), data[at+8:at+8+int(n)]) {
			return
		}
		at += 12 + int(n)
	}
}

// webpChunk returns the content of the first chunk of a kind; nil if there is none.
func webpChunk(data []byte, kind string) []byte {
	for at := 12; at+8 <= len(data); {
		n := int64(binary.LittleEndian.Uint32(data[at+4:]))
		if int64(at)+8+n > int64(len(data)) {
			return nil
		}
		if string(data[at:at+4]) == kind {
			return data[at+8 : at+8+int(n)]
		}
		at += 8 + int(n+n%2)
	}
	return nil
}

// exifOf returns the EXIF metadata of a file, which have the form of a TIFF; nil if there
// are none.
func exifOf(c *imageCodec, data []byte) (exif []byte) {
	const name = "Exif\x00\x00"
	switch c {
	case tiffCodec:
		return data
	case jpegCodec:
		eachJPEGSegment(data, func(marker byte, content []byte) {
			if body, ok := bytes.CutPrefix(content, []byte(name)); ok && marker == 0xe1 && exif == nil {
				exif = body
			}
		})
	case pngCodec:
		eachPNGChunk(data, func(kind string, content []byte) (more bool) {
			if kind == "eXIf" {
				exif = content
			}
			return exif == nil
		})
	case webpCodec:
		exif = webpChunk(data, "EXIF")
	}
	return bytes.TrimPrefix(exif, []byte(name)) // some programs write it in WebP, too
}

// tiffEntry is an entry of a TIFF's directory (TIFF 6.0, page 14).
type tiffEntry struct {
	data      []byte // of the file
	order     binary.ByteOrder
	tag, kind uint16
	count     uint32
	value     []byte // four bytes: the value, or where it is
}

// eachTag calls f for each entry of the first directory of a TIFF.
func eachTag(data []byte, f func(tiffEntry)) {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(data) < 8:
		return
	case string(data[:4]) == "MM\x00*":
		order = binary.BigEndian
	case string(data[:4]) != "II*\x00":
		return
	}
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return
	}
	entries := data[at+2:]
	for range order.Uint16(data[at:]) {
		if len(entries) < 12 {
			return
		}
		f(tiffEntry{data, order, order.Uint16(entries), order.Uint16(entries[2:]), order.Uint32(entries[4:]), entries[8:12]})
		entries = entries[12:]
	}
}

// far returns the n bytes to which the entry's value points; nil if the file has less.
func (e tiffEntry) far(n int64) []byte {
	from := int64(e.order.Uint32(e.value))
	if from+n > int64(len(e.data)) {
		return nil
	}
	return e.data[from : from+n]
}

// wholeNumber returns the value of an entry with one value of an integer type.
func (e tiffEntry) wholeNumber() (int64, bool) {
	if e.count != 1 {
		return 0, false
	}
	switch e.kind {
	case 1, 6: // BYTE, SBYTE
		return int64(e.value[0]), true
	case 3, 8: // SHORT, SSHORT
		return int64(e.order.Uint16(e.value)), true
	case 4, 9: // LONG, SLONG
		return int64(e.order.Uint32(e.value)), true
	}
	return 0, false
}
