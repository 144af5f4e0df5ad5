package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
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

// SaveOptions are the options of SaveWith and EncodePNGWith. The zero value adds nothing
// to the pixels.
type SaveOptions struct {
	// Text is written as one chunk for each key, in the order of the keys, before the
	// pixels. A chunk is tEXt, which every program reads, or iTXt if the value is not
	// ASCII. A key is 1 to 79 printable ASCII characters, with single spaces between
	// words only ("Title", "Software" and "Comment" are PNG's own keys). A value is
	// UTF-8 text without the zero byte.
	Text map[string]string
}

// EncodePNG writes the image as a PNG with 8 bits a channel, RGB, clamped and rounded as
// RGBA does. The same image gives the same bytes in all programs built with the same
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

// Save writes the image to a PNG file, as EncodePNG does. The file name must end in .png.
// Save writes a temporary file beside it, flushes it to the disk and renames it: after
// an error an existing file is unchanged.
func (m *Image) Save(path string) error { return m.SaveWith(path, SaveOptions{}) }

// SaveWith saves as Save does, with options.
func (m *Image) SaveWith(path string, o SaveOptions) error {
	if ext := filepath.Ext(path); !strings.EqualFold(ext, ".png") {
		return &ImageError{Op: "save", Path: path, Err: ErrImageOption,
			Found: fmt.Sprintf("the name ends in %q", ext), Fix: "images are saved as PNG: end it in .png"}
	}
	data, err := m.pngBytes(o)
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

func (m *Image) pngBytes(o SaveOptions) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	for i, v := range m.Pix {
		// Black pixels instead would hide the fault.
		if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
			plane := m.Width * m.Height
			return nil, &ImageError{Err: ErrImageDamaged,
				Found: fmt.Sprintf("channel %d of column %d, row %d is %v", i/plane, i%plane%m.Width, i%plane/m.Width, v),
				Fix:   "the run that made it diverged: try a smaller rate"}
		}
	}
	text, err := textChunks(o.Text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m.RGBA()); err != nil {
		return nil, err
	}
	// Text follows the header chunk.
	const afterHeader = 8 + 4 + 4 + 13 + 4 // signature; length, type, content and checksum of IHDR
	return append(b.Bytes()[:afterHeader:afterHeader], append(text, b.Bytes()[afterHeader:]...)...), nil
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
		content := []byte("tEXt" + k + "\x00" + v)
		if strings.ContainsFunc(v, func(r rune) bool { return r >= utf8.RuneSelf }) {
			// Keyword, 0; compression flag and method; language, 0; translated keyword, 0; text.
			content = []byte("iTXt" + k + "\x00\x00\x00\x00\x00" + v)
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(content)-4))
		out = append(out, content...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(content))
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
