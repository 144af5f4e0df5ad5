package nst

import (
	"bytes"
	"fmt"
	"strings"
)

// sniffLength is the number of bytes that are read to detect the format; an SVG file may
// begin with a long comment.
const sniffLength = 4096

// otherFormats lists the first bytes of formats that users mistake for those that
// Decode reads, often because a file was renamed. The names appear only in errors.
var otherFormats = []struct {
	magic string
	name  string
}{
	{"GIF87a", "a GIF image"},
	{"GIF89a", "a GIF image"},
	{"\x00\x00\x00\x0cJXL ", "a JPEG XL image"},
	{"\xff\x0a", "a JPEG XL image"},
	{"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"},
	{"8BPS", "a Photoshop document"},
	{"gimp xcf", "a GIMP document"},
	{"II+\x00", "a BigTIFF image"},
	{"MM\x00+", "a BigTIFF image"},
	{"qoif", "a QOI image"},
	{"v/1\x01", "an OpenEXR image"},
	{"\x00\x00\x01\x00", "a Windows icon"},
	{"P1\n", "a PBM image"}, {"P2\n", "a PGM image"}, {"P3\n", "a PPM image"},
	{"P4\n", "a PBM image"}, {"P5\n", "a PGM image"}, {"P6\n", "a PPM image"},
	{"%PDF", "a PDF document"},
	{"PK\x03\x04", "a ZIP archive"},
	{"\x1f\x8b", "a gzip archive"},
	{"BM", "a BMP image"},
}

// sniffImage returns the codec for the first bytes of a file, or an error that names the format.
func sniffImage(b []byte) (*imageCodec, error) {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return pngCodec, nil
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return jpegCodec, nil
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return webpCodec, nil
	case bytes.HasPrefix(b, []byte("II*\x00")), bytes.HasPrefix(b, []byte("MM\x00*")):
		return tiffCodec, nil
	case len(b) == 0:
		return nil, &ImageError{Err: ErrImageFormat, Found: "it is empty", Fix: "copy or download it again"}
	}
	if name := nameFormat(b); name != "" {
		return nil, &ImageError{Err: ErrImageFormat, Found: "it is " + name, Fix: "convert it to " + readable}
	}
	text := strings.ToLower(strings.TrimLeft(strings.TrimPrefix(string(b), "\ufeff"), " \t\r\n"))
	switch {
	case strings.HasPrefix(text, "<svg"), strings.HasPrefix(text, "<") && strings.Contains(text, "<svg") && !strings.Contains(text, "<html"):
		return nil, &ImageError{Err: ErrImageFormat, Found: "it is an SVG drawing", Fix: "convert it to " + readable}
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"):
		return nil, &ImageError{Err: ErrImageFormat, Found: "it is a web page", Fix: "download the picture itself, not the page that shows it"}
	case strings.HasPrefix(text, "version https://git-lfs"):
		return nil, &ImageError{Err: ErrImageFormat, Found: "it is a Git LFS pointer", Fix: "fetch the picture with git lfs pull"}
	}
	return nil, &ImageError{Err: ErrImageFormat, Found: fmt.Sprintf("it begins with the bytes % x", b[:min(8, len(b))]), Fix: "give a picture, " + readable}
}

// nameFormat returns the name of a known but unsupported format; empty if it is unknown.
func nameFormat(b []byte) string {
	if len(b) >= 12 && string(b[4:8]) == "ftyp" { // ISO base media: the brand gives the format
		switch string(b[8:12]) {
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
			return "a HEIC image"
		case "avif", "avis":
			return "an AVIF image"
		}
		return "a video or another MP4 file"
	}
	for _, f := range otherFormats {
		if bytes.HasPrefix(b, []byte(f.magic)) {
			return f.name
		}
	}
	return ""
}
