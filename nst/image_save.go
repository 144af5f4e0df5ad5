package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/gonst/workbench/internal/atomicfile"
)

// SaveOptions are the options of SaveWith, EncodePNGWith and EncodeTIFF. The zero value
// adds nothing to the pixels.
type SaveOptions struct {
	// Depth is the number of bits a channel, 8 or 16; 0: 8.
	Depth int
	// Text is written as one chunk for each key, in the order of the keys, before the
	// pixels. A chunk is tEXt, which every program reads, or iTXt if the value is not
	// ASCII. A key is 1 to 79 printable ASCII characters, with single spaces between
	// words only ("Title", "Software" and "Comment" are PNG's own keys). A value is
	// UTF-8 text without the zero byte. A TIFF has no texts: with them it is an error.
	Text map[string]string
}

func (o SaveOptions) depth() (int, error) {
	switch o.Depth {
	case 0, 8:
		return 8, nil
	case 16:
		return 16, nil
	}
	return 0, &ImageError{Err: ErrImageOption, Found: fmt.Sprintf("Depth is %d", o.Depth), Fix: "a channel has 8 or 16 bits"}
}

// EncodePNG writes the image as a PNG with 8 bits a channel, RGB, clamped and rounded as
// RGBA does. The chunk sRGB states its colours. The same image gives the same bytes in all programs built with the same
// version of Go. It returns an error if a value is NaN or infinite.
func (m *Image) EncodePNG(w io.Writer) error { return m.EncodePNGWith(w, SaveOptions{}) }

// EncodePNGWith encodes as EncodePNG does, with options.
func (m *Image) EncodePNGWith(w io.Writer, o SaveOptions) error {
	data, err := m.pngBytes(o)
	if err != nil {
		return imageErrorAt(err, "encode", "")
	}
	if _, err := w.Write(data); err != nil {
		return &ImageError{Op: "encode", Err: err}
	}
	return nil
}

// EncodeTIFF writes the image as a TIFF, RGB, clamped and rounded as in a PNG, compressed
// without loss (Deflate). It carries the ICC profile of sRGB, so that programs for print
// know the colours.
func (m *Image) EncodeTIFF(w io.Writer, o SaveOptions) error {
	data, err := m.tiffBytes(o)
	if err != nil {
		return imageErrorAt(err, "encode", "")
	}
	if _, err := w.Write(data); err != nil {
		return &ImageError{Op: "encode", Err: err}
	}
	return nil
}

// Save writes the image to a file: as EncodePNG does if the name ends in .png, and as
// EncodeTIFF does if it ends in .tif or .tiff. Save writes a temporary file beside it, flushes it to the disk and renames it: after
// an error an existing file is unchanged.
func (m *Image) Save(path string) error { return m.SaveWith(path, SaveOptions{}) }

// SaveWith saves as Save does, with options.
func (m *Image) SaveWith(path string, o SaveOptions) error {
	var data []byte
	var err error
	switch ext := filepath.Ext(path); strings.ToLower(ext) {
	case ".png":
		data, err = m.pngBytes(o)
	case ".tif", ".tiff":
		data, err = m.tiffBytes(o)
	default:
		err = &ImageError{Err: ErrImageOption, Found: fmt.Sprintf("the name ends in %q", ext), Fix: "images are saved as PNG or TIFF: end it in .png, .tif or .tiff"}
	}
	if err != nil {
		return imageErrorAt(err, "save", path)
	}
	if err := atomicfile.WriteFile(path, data); err != nil {
		e := &ImageError{Op: "save", Path: path, Err: err}
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			e.Err = pathErr.Err // its path is that of the temporary file
		}
		if errors.Is(err, fs.ErrNotExist) {
			e.Fix = "make the directory " + filepath.Dir(path) + " first"
		}
		return e
	}
	return nil
}

// savable returns an error for an image without pixels or with values that are no numbers.
func (m *Image) savable() error {
	if err := m.Validate(); err != nil {
		return err
	}
	for i, v := range m.Pix {
		// Black pixels instead would hide the fault.
		if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
			plane := m.Width * m.Height
			return &ImageError{Err: ErrImageDamaged,
				Found: fmt.Sprintf("channel %d of column %d, row %d is %v", i/plane, i%plane%m.Width, i%plane/m.Width, v),
				Fix:   "the run that made it diverged: try a smaller rate"}
		}
	}
	return nil
}

func (m *Image) pngBytes(o SaveOptions) ([]byte, error) {
	depth, err := o.depth()
	if err != nil {
		return nil, err
	}
	if err := m.savable(); err != nil {
		return nil, err
	}
	text, err := textChunks(o.Text)
	if err != nil {
		return nil, err
	}
	var picture image.Image = planar{m} // 16 bits
	if depth == 8 {
		picture = m.RGBA()
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, err
	}
	// The colours and the texts follow the header chunk. The rendering intent 1 is relative
	// colorimetric.
	const afterHeader = 8 + 4 + 4 + 13 + 4 // signature; length, type, content and checksum of IHDR
	out := append(b.Bytes()[:afterHeader:afterHeader], pngChunk("sRGB\x01")...)
	return append(append(out, text...), b.Bytes()[afterHeader:]...), nil
}

// pngChunk adds the length before a chunk's type and content, and the checksum after them.
func pngChunk(content string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(content)-4))
	out = append(out, content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(content)))
}

// textChunks encodes uncompressed tEXt and iTXt chunks (PNG, third edition, 11.3.3).
// iTXt is UTF-8; tEXt is Latin-1. Some programs, such as ImageMagick 6, do not read
// iTXt.
func textChunks(text map[string]string) ([]byte, error) {
	keys := make([]string, 0, len(text))
	for k := range text {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var out []byte
	for _, k := range keys {
		v := text[k]
		if err := checkTextKey(k); err != nil {
			return nil, err
		}
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || len(v) > math.MaxInt32-1024 {
			return nil, &ImageError{Err: ErrImageOption, Found: fmt.Sprintf("the text of %q (%d bytes) cannot be in a PNG", k, len(v)),
				Fix: "it must be valid UTF-8, without zero bytes and below 2 GiB"}
		}
		content := "tEXt" + k + "\x00" + v
		if strings.ContainsFunc(v, func(r rune) bool { return r >= utf8.RuneSelf }) {
			// Keyword, 0; compression flag and method; language, 0; translated keyword, 0; text.
			content = "iTXt" + k + "\x00\x00\x00\x00\x00" + v
		}
		out = append(out, pngChunk(content)...)
	}
	return out, nil
}

func checkTextKey(k string) error {
	ok := len(k) >= 1 && len(k) <= 79 && strings.TrimSpace(k) == k && !strings.Contains(k, "  ")
	for _, r := range k {
		ok = ok && r >= ' ' && r <= '~'
	}
	if !ok {
		return &ImageError{Err: ErrImageOption, Found: fmt.Sprintf("%q cannot be the name of a text in a PNG", k),
			Fix: "use 1 to 79 printable ASCII characters, spaces only single and between words"}
	}
	return nil
}
