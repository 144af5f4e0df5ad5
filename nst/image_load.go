package nst

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

const (
	// DefaultMaxPixels is the largest number of pixels (width x height) of an image if
	// LoadOptions does not set another.
	DefaultMaxPixels = 100_000_000

	// MinSide is the smallest width and height that Load accepts: a single row or column
	// has no neighbours, so it has no texture.
	MinSide = 2
)

// Side names the side of an image that LoadOptions.Size sets.
type Side string

const (
	Long    Side = "long" // the longer side, the default
	Short   Side = "short"
	Rows    Side = "rows"    // the height
	Columns Side = "columns" // the width
)

var imageSides = []Side{Long, Short, Rows, Columns}

// LoadOptions are the options of LoadWith and Decode. The zero value keeps the image's size.
type LoadOptions struct {
	// Size is the new length of Side in pixels. The proportions are kept, and smaller
	// images are enlarged. 0 keeps the image's size.
	Size int
	// Side is the side that Size sets; empty: Long. It is a side of the upright
	// picture, after EXIF orientation.
	Side Side
	// Truncate rounds the other side down instead of to the nearest pixel, as most
	// published programs do.
	Truncate bool
	// Width and Height set the exact size, in pixels, instead of Size; set both or none.
	Width, Height int
	// Interpolation is the method of resizing; empty: CatmullRom.
	Interpolation Interpolation
	// MaxPixels is the largest number of pixels of the file and of the resized image;
	// 0: DefaultMaxPixels. The header of a file is checked before its pixels are
	// decoded. Loading takes about 20 bytes of memory a pixel.
	MaxPixels int
	// Note is called with a sentence about each property of the file that was ignored,
	// such as a damaged colour profile; nil: nothing is said.
	Note func(string)
}

// Validate returns an error if options are unknown, out of range or contradict each other.
func (o LoadOptions) Validate() error {
	wrong := func(format string, args ...any) error {
		return &ImageError{Op: "check", Err: ErrImageOption, Found: fmt.Sprintf(format, args...)}
	}
	if o.Size < 0 || o.Width < 0 || o.Height < 0 || o.MaxPixels < 0 {
		return wrong("Size %d, Width %d, Height %d, MaxPixels %d: none may be negative", o.Size, o.Width, o.Height, o.MaxPixels)
	}
	if (o.Width == 0) != (o.Height == 0) {
		return wrong("Width %d and Height %d: give both for an exact size, or Size with Side %q or %q for one of them", o.Width, o.Height, Columns, Rows)
	}
	if o.Size > 0 && o.Width > 0 {
		return wrong("Size %d and an exact %d x %d: give one of them", o.Size, o.Width, o.Height)
	}
	known := o.Side == ""
	names := make([]string, len(imageSides))
	for i, s := range imageSides {
		known = known || s == o.Side
		names[i] = string(s)
	}
	if !known {
		return wrong("there is no side %q; the sides are %s", string(o.Side), strings.Join(names, ", "))
	}
	if _, err := o.Interpolation.scaler(); err != nil {
		return &ImageError{Op: "check", Err: err}
	}
	return nil
}

func (o LoadOptions) maxPixels() int {
	if o.MaxPixels == 0 {
		return DefaultMaxPixels
	}
	return o.MaxPixels
}

// Load reads a PNG, JPEG, WebP or TIFF file and scales it so that its long side has size pixels;
// 0 keeps its size. See LoadWith.
func Load(path string, size int) (*Image, error) {
	return LoadWith(path, LoadOptions{Size: size})
}

// LoadWith reads a PNG, JPEG, WebP or TIFF file; see Decode. It detects the format from the
// content, not from the name. Every error is an *ImageError that contains the path. If the file
// cannot be opened, errors.Is also finds the cause, for example fs.ErrNotExist.
func LoadWith(path string, o LoadOptions) (*Image, error) {
	// Stat comes before Open: opening a pipe would wait for its other end.
	info, err := os.Stat(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if info.IsDir() {
		return nil, &ImageError{Op: "load", Path: path, Err: ErrImageFormat, Found: "it is a directory", Fix: "name one picture, " + readable}
	}
	if !info.Mode().IsRegular() {
		return nil, &ImageError{Op: "load", Path: path, Err: ErrImageFormat, Found: "it is not a regular file", Fix: "name a picture, " + readable}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer f.Close()
	m, err := Decode(f, o)
	if err != nil {
		return nil, imageErrorAt(err, "load", path)
	}
	return m, nil
}

// openError adds the working directory to the error if the file does not exist and the
// path is relative: a wrong directory is the most frequent cause.
func openError(path string, err error) error {
	e := &ImageError{Op: "load", Path: path, Err: err}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		e.Err = pathErr.Err // the cause without a second copy of the path
	}
	if errors.Is(err, fs.ErrNotExist) {
		e.Fix = "check the path"
		if dir, err := os.Getwd(); err == nil && !filepath.IsAbs(path) {
			e.Fix = "check the path, which counts from " + dir
		}
	}
	return e
}

// Decode reads one PNG, JPEG, WebP (not animated) or TIFF (its first picture) image: grey,
// palette, RGB or CMYK, 8 or 16 bits, with or without alpha (composited on white),
// interlaced or progressive. It converts the colours to sRGB, turns the picture upright
// according to EXIF metadata, then resizes it according to the options.
//
// Decode follows an ICC profile (relative colorimetric, with black point compensation) and,
// in a PNG, the chunks cICP, sRGB, gAMA and cHRM. Without them, or if they cannot be
// followed (see LoadOptions.Note), it converts colours as FromGo does.
//
// The same bytes and options always give the same pixels. Errors are of type *ImageError
// and wrap ErrImageOption, ErrImageFormat (another format, or an unsupported
// variant), ErrImageDamaged (truncated or broken), ErrImageTooLarge (more than
// MaxPixels) or ErrImageTooSmall (a side below MinSide).
func Decode(r io.Reader, o LoadOptions) (*Image, error) {
	m, err := decodeImage(r, o)
	if err != nil {
		return nil, imageErrorAt(err, "decode", "")
	}
	return m, nil
}

func decodeImage(r io.Reader, o LoadOptions) (*Image, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	// A picture within the limit takes at most about 8 bytes a pixel (16-bit RGBA that
	// does not compress), and metadata and previews less than 64 MiB. The limit stops
	// an endless stream from filling the memory.
	limit := int64(o.maxPixels())
	if limit < 1<<40 {
		limit = limit*8 + 64<<20
	}
	limited := &io.LimitedReader{R: r, N: limit + 1}
	in := bufio.NewReaderSize(limited, sniffLength)
	start, err := in.Peek(sniffLength)
	if err != nil && err != io.EOF {
		return nil, &ImageError{Err: err, Found: "the data could not be read"}
	}
	codec, err := sniffImage(start)
	if err != nil {
		return nil, err
	}

	// Read the header first; the decoder then reads these bytes a second time.
	var head bytes.Buffer
	config, err := codec.config(io.TeeReader(in, &head))
	if err != nil {
		return nil, codec.broken(err, int64(head.Len()))
	}
	if err := checkImageSize(config.Width, config.Height, o.maxPixels()); err != nil {
		return nil, err
	}
	if _, err := head.ReadFrom(in); err != nil {
		return nil, &ImageError{Err: err, Found: "the data could not be read to their end"}
	}
	if limited.N <= 0 {
		return nil, &ImageError{Err: ErrImageTooLarge,
			Found: fmt.Sprintf("a %s of %d x %d pixels that goes on beyond %d bytes", codec.name, config.Width, config.Height, limit),
			Fix:   "save it again without what is attached to it"}
	}
	data := head.Bytes()
	decoded, err := codec.decode(bytes.NewReader(data))
	if err != nil {
		return nil, codec.broken(err, int64(len(data)))
	}
	convert, err := coloursOf(codec, data, config)
	if err == nil && convert != nil {
		var converted image.Image
		if converted, err = convertColours(decoded, convert); err == nil {
			decoded = converted
		}
	}
	note := func(text string) {
		if o.Note != nil {
			o.Note(text)
		}
	}
	if err != nil {
		note(fmt.Sprintf("its colours are read as sRGB: %v", err))
	}
	m := fromGo(decoded, readOrientation(codec, data, note))

	width, height := m.Width, m.Height
	if o.Width > 0 {
		width, height = o.Width, o.Height
	} else if o.Size > 0 {
		var ok bool
		if width, height, ok = fitSize(m.Width, m.Height, o.Size, o.Side, o.Truncate); !ok {
			return nil, &ImageError{Err: ErrImageTooLarge, Found: fmt.Sprintf("%d x %d pixels made %d large", m.Width, m.Height, o.Size), Fix: "ask for a smaller Size"}
		}
	}
	if width == m.Width && height == m.Height {
		return m, nil
	}
	return m.resize(width, height, o.Interpolation, o.maxPixels())
}

func checkImageSize(width, height, maxPixels int) error {
	found := fmt.Sprintf("%d x %d pixels", width, height)
	if width < MinSide || height < MinSide {
		return &ImageError{Err: ErrImageTooSmall, Found: found, Fix: fmt.Sprintf("each side needs at least %d", MinSide)}
	}
	if width > maxPixels/height {
		return &ImageError{Err: ErrImageTooLarge, Found: fmt.Sprintf("%s, over the limit of %d", found, maxPixels),
			Fix: "shrink the file, or raise LoadOptions.MaxPixels if there is memory for it (20 bytes a pixel)"}
	}
	return nil
}

// imageCodec is an image format that Decode reads.
type imageCodec struct {
	name   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var (
	pngCodec  = &imageCodec{"PNG", png.DecodeConfig, png.Decode}
	jpegCodec = &imageCodec{"JPEG", jpeg.DecodeConfig, jpeg.Decode}
	webpCodec = &imageCodec{"WebP", webp.DecodeConfig, decodeWebP}
	tiffCodec = &imageCodec{"TIFF", configTIFF, decodeTIFF}
)

// readable names the formats that Decode reads.
const readable = "PNG, JPEG, WebP or TIFF"

// broken converts a decoder's error to an ImageError: ErrImageFormat for an unsupported
// variant of the format, otherwise ErrImageDamaged.
func (c *imageCodec) broken(err error, read int64) error {
	var (
		pngKind  png.UnsupportedError
		jpegKind jpeg.UnsupportedError
		tiffKind tiff.UnsupportedError
	)
	if errors.As(err, &pngKind) || errors.As(err, &jpegKind) || errors.As(err, &tiffKind) {
		return &ImageError{Err: ErrImageFormat, Found: fmt.Sprintf("a rare kind of %s (%v)", c.name, err), Fix: "convert it to an ordinary PNG"}
	}
	return &ImageError{Err: ErrImageDamaged, Found: fmt.Sprintf("the %s cannot be decoded (%v, %d bytes read)", c.name, err, read),
		Fix: "it was cut short or changed: copy or download it again"}
}
