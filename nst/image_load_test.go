package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestLoadGolden(t *testing.T) {
	const (
		exact = 1.0 / 65535 / 2 // the same 16-bit level
		alpha = 2.0 / 65535     // both readers round to 16 bits when compositing
		cos   = 3.3 / 255       // JPEG: a level in the transform of luma and of chroma (times 1.772 in blue), and half a level that only the other rounds
	)
	for _, c := range []struct {
		name          string
		width, height int
		tolerance     float64
	}{
		{"rgb16.png", 33, 4, exact},
		{"rgba16.png", 12, 3, alpha},
		{"grey1.png", 11, 3, exact},
		{"grey8.png", 16, 2, exact},
		{"grey16.png", 9, 2, exact},
		{"greyalpha.png", 16, 3, alpha},
		{"palette.png", 6, 4, alpha},
		{"interlaced.png", 9, 7, alpha},
		{"orientation1.jpg", 24, 16, cos},
		{"grey.jpg", 40, 24, cos},
		{"progressive.jpg", 40, 24, cos},
		{"cmyk.jpg", 40, 24, cos},
		{"faxblack.tif", 19, 5, exact},
		{"faxwhite.tif", 19, 5, exact},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Load(filepath.Join(goldenImages, c.name), 0)
			if err != nil {
				t.Fatal(err)
			}
			if got.Width != c.width || got.Height != c.height {
				t.Fatalf("%d x %d, want %d x %d", got.Width, got.Height, c.width, c.height)
			}
			want := readPPM(t, strings.TrimSuffix(c.name, filepath.Ext(c.name))+".ppm")
			if d := largest(t, got, want); d > c.tolerance {
				t.Errorf("differs from the other reader by %.3g (%.2f of 65535), allowed %.3g", d, d*65535, c.tolerance)
			}
		})
	}
}

func TestLoadOrientation(t *testing.T) {
	first, err := Load(filepath.Join(goldenImages, "orientation1.jpg"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for o := 2; o <= 8; o++ {
		m, err := Load(filepath.Join(goldenImages, fmt.Sprintf("orientation%d.jpg", o)), 0)
		if err != nil {
			t.Fatal(err)
		}
		if d := largest(t, m, first); d != 0 {
			t.Errorf("orientation %d differs by %g", o, d)
		}
	}
}

func TestLoadOrientationOfPNG(t *testing.T) {
	m, err := Decode(bytes.NewReader(golden(t, "eXIf6.png")), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// Stored 5 x 3 with red 50x, green 80y, blue 255-50x; a quarter turn
	// clockwise puts stored (x, y) at column 2-y of row x.
	if m.Width != 3 || m.Height != 5 {
		t.Fatalf("%d x %d, want 3 x 5", m.Width, m.Height)
	}
	for y := range 3 {
		for x := range 5 {
			i := x*3 + 2 - y
			got := [3]float32{m.Pix[i], m.Pix[i+15], m.Pix[i+30]}
			want := [3]float32{float32(50*x) / 255, float32(80*y) / 255, float32(255-50*x) / 255}
			if got != want {
				t.Errorf("stored column %d, row %d: %v, want %v", x, y, got, want)
			}
		}
	}
}

// A TIFF states its orientation in its own directory. Here the tag, which must be at its
// place in the order, takes the room of the last but one, which states a default.
func TestLoadOrientationOfTIFF(t *testing.T) {
	data := golden(t, colourFile("p3.tif"))
	plain, err := Decode(bytes.NewReader(data), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const entry = 12
	samples := bytes.LastIndex(data, []byte("\x15\x01\x03\x00\x01\x00\x00\x00\x03\x00")) // SamplesPerPixel, SHORT, 3
	planar := bytes.LastIndex(data, []byte("\x1c\x01\x03\x00\x01\x00\x00\x00\x01\x00"))  // PlanarConfiguration, SHORT, 1
	copy(data[samples+entry:planar+entry], data[samples:planar])
	copy(data[samples:], "\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00")
	turned, err := Decode(bytes.NewReader(data), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if turned.Width != plain.Height || turned.Height != plain.Width || turned.Pix[plain.Height-1] != plain.Pix[0] {
		t.Errorf("%d x %d, stored as %d x %d", turned.Width, turned.Height, plain.Width, plain.Height)
	}
}

// Metadata that make no sense leave the picture as stored.
func TestLoadBadOrientation(t *testing.T) {
	plain := golden(t, "orientation1.jpg")
	want, err := Decode(bytes.NewReader(plain), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(plain, []byte("Exif\x00\x00")) + 6
	for _, c := range []struct {
		what   string
		change func(tiff []byte)
		note   string
	}{
		{"orientation 0", func(b []byte) { b[18] = 0 }, ""},
		{"orientation 9", func(b []byte) { b[18] = 9 }, "it is not turned: its EXIF orientation is 9; it must be 1 to 8"},
		{"orientation as a string", func(b []byte) { b[12] = 2 }, "it is not turned: its EXIF orientation is not one whole number (type 2, count 1)"},
		{"directory out of bounds", func(b []byte) { b[7] = 0x7f }, ""},
		{"directory that is itself", func(b []byte) { b[22] = 8 }, ""},
		{"65535 entries", func(b []byte) { b[8], b[9] = 0xff, 0xff }, ""},
		{"only the thumbnail's", func(b []byte) { b[10] = 0x13 }, ""},
		{"no byte order", func(b []byte) { b[0], b[18] = 'X', 6 }, ""},
		{"half a directory", func(b []byte) { b[4], b[18] = 41, 6 }, ""},
	} {
		data := bytes.Clone(plain)
		tiff := data[at : at+44]
		if string(tiff[:2]) != "II" {
			t.Fatal("the changes are made for little-endian metadata, which generate.py writes for odd orientations")
		}
		c.change(tiff)
		note := ""
		m, err := Decode(bytes.NewReader(data), LoadOptions{Note: func(text string) { note += text }})
		if note != c.note {
			t.Errorf("%s: note %q, want %q", c.what, note, c.note)
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
		} else if d := largest(t, m, want); d != 0 {
			t.Errorf("%s: differs by %g", c.what, d)
		}
	}
}

func TestLoadSizes(t *testing.T) {
	wide := golden(t, "progressive.jpg") // 40 x 24
	for _, c := range []struct {
		o             LoadOptions
		width, height int
	}{
		{LoadOptions{}, 40, 24},
		{LoadOptions{Size: 20}, 20, 12},
		{LoadOptions{Size: 20, Side: Long}, 20, 12},
		{LoadOptions{Size: 12, Side: Short}, 20, 12},
		{LoadOptions{Size: 12, Side: Rows}, 20, 12},
		{LoadOptions{Size: 20, Side: Columns}, 20, 12},
		{LoadOptions{Size: 80}, 80, 48},
		{LoadOptions{Size: 1}, 1, 1},
		{LoadOptions{Size: 25}, 25, 15},
		{LoadOptions{Size: 13}, 13, 8}, // 7.8
		{LoadOptions{Width: 7, Height: 31}, 7, 31},
		{LoadOptions{Width: 7, Height: 31, Interpolation: Nearest}, 7, 31},
	} {
		m, err := Decode(bytes.NewReader(wide), c.o)
		if err != nil {
			t.Errorf("%+v: %v", c.o, err)
		} else if m.Width != c.width || m.Height != c.height || m.Validate() != nil {
			t.Errorf("%+v: %d x %d, want %d x %d", c.o, m.Width, m.Height, c.width, c.height)
		}
	}
	// The sides are those of the upright picture: this one is stored 16 x 24.
	m, err := Load(filepath.Join(goldenImages, "orientation6.jpg"), 12)
	if err != nil || m.Width != 12 || m.Height != 8 {
		t.Errorf("turned: %v %+v", err, m)
	}
}

func TestFitSize(t *testing.T) {
	for _, c := range []struct {
		w, h, size    int
		side          Side
		width, height int
		down          bool
	}{
		{w: 3, h: 2, size: 3, side: Rows, width: 4, height: 3, down: true}, // 4.5 goes down
		{w: 1000, h: 2, size: 10, side: Long, width: 10, height: 1, down: true},
		{1000, 2, 10, Long, 10, 1, false}, // 0.02 becomes 1
		{2, 1000, 10, "", 1, 10, false},
		{1000, 2, 10, Short, 5000, 10, false},
		{3, 2, 3, Rows, 5, 3, false}, // 4.5 goes up
		{2, 3, 3, Columns, 3, 5, false},
		{7, 7, 5, Short, 5, 5, false},
		{7, 7, 5, Long, 5, 5, false},
	} {
		w, h, ok := fitSize(c.w, c.h, c.size, c.side, c.down)
		if !ok || w != c.width || h != c.height {
			t.Errorf("%+v: %d x %d %v", c, w, h, ok)
		}
	}
	if w, h, ok := fitSize(2, 100_000_000, 1<<31-1, Short, false); ok {
		t.Errorf("beyond an int32: %d x %d", w, h)
	}
}

func TestLoadOptionsRefused(t *testing.T) {
	for _, c := range []struct {
		o    LoadOptions
		says string
	}{
		{LoadOptions{Size: -1}, "negative"},
		{LoadOptions{MaxPixels: -1}, "negative"},
		{LoadOptions{Width: 5}, "give both"},
		{LoadOptions{Height: 5}, "give both"},
		{LoadOptions{Size: 5, Width: 5, Height: 5}, "give one of them"},
		{LoadOptions{Side: "longest"}, "long, short, rows, columns"},
		{LoadOptions{Interpolation: "lanczos"}, "catmullrom, bilinear, nearest"},
	} {
		_, err := Decode(bytes.NewReader(golden(t, "grey8.png")), c.o)
		var e *ImageError
		if !errors.As(err, &e) || !errors.Is(err, ErrImageOption) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v; want it to say %q", c.o, err, c.says)
		}
	}
}

// pngHeader is the beginning of a PNG of a claimed size, and nothing else.
func pngHeader(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	b = binary.BigEndian.AppendUint32(b, width)
	b = binary.BigEndian.AppendUint32(b, height)
	b = append(b, 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

func TestLoadRefusesBySize(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	// 15000 x 15000 would be 0.9 GB decoded; only a header is there.
	_, err := Decode(bytes.NewReader(pngHeader(15000, 15000)), LoadOptions{Size: 512})
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrImageTooLarge) || !strings.Contains(err.Error(), "15000 x 15000") ||
		!strings.Contains(err.Error(), "100000000") || !strings.Contains(err.Error(), "MaxPixels") {
		t.Errorf("%v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("refusing took %d bytes of memory", used)
	}

	data := golden(t, "rgb16.png") // 33 x 4 = 132
	if _, err := Decode(bytes.NewReader(data), LoadOptions{MaxPixels: 131}); !errors.Is(err, ErrImageTooLarge) {
		t.Errorf("one pixel above the limit: %v", err)
	}
	if _, err := Decode(bytes.NewReader(data), LoadOptions{MaxPixels: 132}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	for _, o := range []LoadOptions{
		{MaxPixels: 132, Size: 34},
		{MaxPixels: 132, Width: 133, Height: 1},
		{MaxPixels: 132, Width: 34, Height: 1}, // 34 x 1 is little, but 34 x 4 is in between
		{Size: 1<<31 - 1},
		{Size: int(^uint(0) >> 1)},
		{Width: int(^uint(0) >> 1), Height: int(^uint(0) >> 1)},
	} {
		if _, err := Decode(bytes.NewReader(data), o); !errors.Is(err, ErrImageTooLarge) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, s := range [][2]uint32{{1, 1}, {1, 500}, {500, 1}} {
		_, err := Decode(bytes.NewReader(pngHeader(s[0], s[1])), LoadOptions{})
		if !errors.Is(err, ErrImageTooSmall) || !strings.Contains(err.Error(), "at least 2") {
			t.Errorf("%v: %v", s, err)
		}
	}
	for _, s := range [][2]uint32{{0, 5}, {5, 0}, {0, 0}, {1 << 31, 1 << 31}} {
		if _, err := Decode(bytes.NewReader(pngHeader(s[0], s[1])), LoadOptions{}); err == nil {
			t.Errorf("%v was decoded", s)
		}
	}
}

// endless repeats its last bytes for ever after the given ones.
type endless struct {
	data []byte
	read int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.data)
	e.data = e.data[n:]
	clear(p[n:])
	e.read += int64(len(p))
	return len(p), nil
}

func TestDecodeEndlessStream(t *testing.T) {
	e := &endless{data: golden(t, "grey8.png")}
	_, err := Decode(e, LoadOptions{MaxPixels: 1000})
	if !errors.Is(err, ErrImageTooLarge) || e.read > 80<<20 {
		t.Errorf("read %d bytes: %v", e.read, err)
	}
	e = &endless{data: []byte("nothing")}
	if _, err := Decode(e, LoadOptions{}); !errors.Is(err, ErrImageFormat) || e.read > 1<<16 {
		t.Errorf("read %d bytes: %v", e.read, err)
	}
	cause := errors.New("the disk broke")
	r := io.MultiReader(bytes.NewReader(golden(t, "grey8.png")[:60]), failing{cause})
	if _, err := Decode(r, LoadOptions{}); !errors.Is(err, cause) {
		t.Errorf("a reader's error is lost: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Every beginning of a good file is refused as damaged, short of its last
// bytes, which hold no pixels.
func TestDecodeTruncated(t *testing.T) {
	for _, name := range []string{"rgb16.png", "interlaced.png", "palette.png", "progressive.jpg", "cmyk.jpg", "orientation6.jpg", "colour/p3.webp"} {
		data := golden(t, name)
		for n := 12; n < len(data)-16; n++ {
			_, err := Decode(bytes.NewReader(data[:n]), LoadOptions{})
			if !errors.Is(err, ErrImageDamaged) {
				t.Fatalf("%s cut to %d of %d bytes: %v", name, n, len(data), err)
			}
		}
		_, err := Decode(bytes.NewReader(data[:len(data)/2]), LoadOptions{})
		if !strings.Contains(err.Error(), fmt.Sprintf("%d bytes read", len(data)/2)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadOtherFormats(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ start, says string }{
		{"GIF89a\x01\x00\x01\x00", "GIF"},
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"},
		{"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00", "HEIC"},
		{"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "AVIF"},
		{"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", "MP4"},
		{"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"},
		{"\ufeff<?xml version='1.0'?>\n<!-- made by hand -->\n<svg/>", "SVG"},
		{"<!DOCTYPE html><html><body><svg/></body></html>", "web page"},
		{"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"},
		{"BM\x36\x00\x00\x00", "BMP"},
		{"II+\x00\x08\x00\x00\x00", "BigTIFF"},
		{"MM\x00+\x00\x08\x00\x00", "BigTIFF"},
		{"%PDF-1.4", "PDF"},
		{"", "empty"},
		{"hello", "68 65 6c 6c 6f"},
		{"\x00", "00"},
	} {
		path := filepath.Join(dir, "renamed.png")
		if err := os.WriteFile(path, []byte(c.start), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path, 0)
		var e *ImageError
		if !errors.As(err, &e) || !errors.Is(err, ErrImageFormat) || e.Path != path || e.Fix == "" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v; want it to say %s", c.start, err, c.says)
		}
	}
	if _, err := Load(dir, 0); !errors.Is(err, ErrImageFormat) || !strings.Contains(err.Error(), "directory") {
		t.Errorf("directory: %v", err)
	}
	// The name does not matter: a PNG called .jpg is a PNG.
	path := filepath.Join(dir, "renamed.jpg")
	if err := os.WriteFile(path, golden(t, "grey8.png"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := Load(path, 0); err != nil || m.Width != 16 {
		t.Errorf("renamed PNG: %v", err)
	}
}

// A whole TIFF of a kind that cannot be read is not called damaged.
func TestLoadRareTIFF(t *testing.T) {
	m := NewImage(4, 3)
	data, err := m.tiffBytes(SaveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// set changes the first value of a tag, a SHORT.
	set := func(data []byte, tag, value uint16) []byte {
		data = bytes.Clone(data)
		at := binary.LittleEndian.Uint32(data[4:]) + 2
		for ; binary.LittleEndian.Uint16(data[at:]) != tag; at += 12 {
		}
		binary.LittleEndian.PutUint16(data[at+8:], value)
		return data
	}
	for _, c := range []struct {
		tag, value uint16
		says       string
	}{
		{284, 2, "a plane for each sample"},
		{277, 5, "5 samples"},
		{277, 4, "4 samples"},
		{262, 5, "color model"},
		{259, 7, "compression"},
	} {
		_, err := Decode(bytes.NewReader(set(data, c.tag, c.value)), LoadOptions{})
		if !errors.Is(err, ErrImageFormat) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("tag %d = %d: %v; want it to say %s", c.tag, c.value, err, c.says)
		}
	}
	// A value that a strip does not have: this one is damaged.
	if _, err := Decode(bytes.NewReader(set(data, 259, 1)), LoadOptions{}); !errors.Is(err, ErrImageDamaged) {
		t.Errorf("strips too short: %v", err)
	}
}

// A 4:2:0 JPEG and one of odd sides: no golden pixels, since decoders enlarge
// the colours differently, but the sizes and the grey are known.
func TestDecodeSubsampled(t *testing.T) {
	src := image.NewYCbCr(image.Rect(0, 0, 13, 11), image.YCbCrSubsampleRatio420)
	for i := range src.Y {
		src.Y[i] = 100
	}
	for i := range src.Cb {
		src.Cb[i], src.Cr[i] = 128, 128
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, src, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	m, err := Decode(&b, LoadOptions{})
	if err != nil || m.Width != 13 || m.Height != 11 {
		t.Fatalf("%v", err)
	}
	for i, v := range m.Pix {
		if v < 99.0/255 || v > 101.0/255 {
			t.Fatalf("value %d is %v, want 100/255", i, v)
		}
	}
}

func FuzzDecode(f *testing.F) {
	names, err := filepath.Glob(filepath.Join(goldenImages, "*.[pj]*g"))
	if err != nil || len(names) < 10 {
		f.Fatalf("%d seeds, %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, 0)
		f.Add(data, 9)
	}
	for _, name := range []string{"p3.png", "chrm.png", "cmyk8.jpg", "parts.jpg", "p3.webp", "lossy.webp", "p3.tif"} {
		f.Add(golden(f, colourFile(name)), 0)
	}
	f.Add([]byte("<svg"), 1)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		const most = 1 << 16
		m, err := Decode(bytes.NewReader(data), LoadOptions{Size: size, MaxPixels: most})
		if err != nil {
			var e *ImageError
			if m != nil || !errors.As(err, &e) || e.Op == "" || e.Err == nil {
				t.Fatalf("image %v with error %#v", m, err)
			}
			return
		}
		if err := m.Validate(); err != nil || m.Width*m.Height > most {
			t.Fatalf("%d x %d: %v", m.Width, m.Height, err)
		}
		if size > 0 && max(m.Width, m.Height) != size {
			t.Fatalf("%d x %d for a long side of %d", m.Width, m.Height, size)
		}
		for i, v := range m.Pix {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("value %d is %v", i, v)
			}
		}
	})
}
