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

// SaveOptions say what goes into a PNG beside the pixels. The zero value adds
// nothing.
type SaveOptions struct {
	// Text is written as one chunk a key, in the order of the keys, before the
	// pixels: tEXt, which every program reads, or iTXt where a value is not ASCII. A key is 1 to 79 printable ASCII characters, spaces only
	// single and between words ("Title", "Software" and "Comment" are PNG's
	// own); a value is any UTF-8 text without the zero byte.
	Text map[string]string
}

// EncodePNG writes the image as a PNG of 8 bits a channel, RGB, clamped and
// rounded as RGBA does. The same image gives the same bytes (from programs built
// with the same version of Go, whose compressor it is). An image that holds
// what is not a finite number is refused.
func (m *Image) EncodePNG(w io.Writer) error { return m.EncodePNGWith(w, SaveOptions{}) }

// EncodePNGWith is EncodePNG with options.
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

// Save writes the image to a PNG file, whose name must end in .png. The file is
// replaced as a whole or not at all: written beside, flushed to the disk, then
// renamed. See EncodePNG for what is written.
func (m *Image) Save(path string) error { return m.SaveWith(path, SaveOptions{}) }

// SaveWith is Save with options.
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
			e.Err = pathErr.Err // the path in it is of the temporary file
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
		// Black pixels in their place would hide that the run went wrong.
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
	// Text goes between the header chunk and what follows it.
	const afterHeader = 8 + 4 + 4 + 13 + 4 // signature; length, type, content and checksum of IHDR
	return append(b.Bytes()[:afterHeader:afterHeader], append(text, b.Bytes()[afterHeader:]...)...), nil
}

// textChunks encodes tEXt and iTXt chunks (PNG, third edition, 11.3.3),
// uncompressed. iTXt is UTF-8, which tEXt (Latin-1) is not, but ImageMagick 6,
// for one, does not read it.
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
