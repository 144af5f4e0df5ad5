package nst

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goldenImages is where generate.py keeps the images and, as 16-bit PPM, the
// pixels that ImageMagick reads from them.
const goldenImages = "testdata/images"

func golden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldenImages, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// readPPM reads a binary PPM of 8 or 16 bits.
func readPPM(t *testing.T, name string) *Image {
	t.Helper()
	data := golden(t, name)
	var w, h, max int
	if _, err := fmt.Sscanf(string(data), "P6\n%d %d\n%d\n", &w, &h, &max); err != nil || max != 65535 && max != 255 {
		t.Fatalf("%s: header (%v), maximum %d", name, err, max)
	}
	m := NewImage(w, h)
	if max == 255 {
		data = data[len(data)-3*w*h:]
		for i := range w * h {
			for c := range 3 {
				m.Pix[c*w*h+i] = float32(data[3*i+c]) / 255
			}
		}
		return m
	}
	data = data[len(data)-6*w*h:]
	for i := range w * h {
		for c := range 3 {
			m.Pix[c*w*h+i] = float32(int(data[6*i+2*c])<<8+int(data[6*i+2*c+1])) / 65535
		}
	}
	return m
}

// largest is the largest difference of two images of the same size.
func largest(t *testing.T, a, b *Image) float64 {
	t.Helper()
	if a.Width != b.Width || a.Height != b.Height {
		t.Fatalf("%d x %d against %d x %d", a.Width, a.Height, b.Width, b.Height)
	}
	worst := 0.0
	for i := range a.Pix {
		worst = max(worst, math.Abs(float64(a.Pix[i]-b.Pix[i])))
	}
	return worst
}

// ramp is an image whose values all differ and lie within [0,1].
func ramp(width, height int) *Image {
	m := NewImage(width, height)
	for i := range m.Pix {
		m.Pix[i] = float32(i) / float32(len(m.Pix)-1)
	}
	return m
}

func TestNewImageOfNoSizeIsEmptyAndRefused(t *testing.T) {
	for _, s := range [][2]int{{0, 5}, {5, 0}, {-1, -1}, {math.MaxInt / 2, 3}, {math.MaxInt, math.MaxInt}} {
		m := NewImage(s[0], s[1])
		if m.Width != 0 || m.Height != 0 || m.Pix != nil {
			t.Errorf("NewImage(%d, %d) = %d x %d", s[0], s[1], m.Width, m.Height)
		}
		if err := m.Validate(); !errors.Is(err, ErrImageTooSmall) {
			t.Errorf("Validate: %v", err)
		}
		if _, err := m.Resize(4, 4, ""); !errors.Is(err, ErrImageTooSmall) {
			t.Errorf("Resize: %v", err)
		}
		if err := m.EncodePNG(&bytes.Buffer{}); !errors.Is(err, ErrImageTooSmall) {
			t.Errorf("EncodePNG: %v", err)
		}
		if got := m.RGBA().Bounds(); !got.Empty() {
			t.Errorf("RGBA: %v", got)
		}
	}
	if err := (*Image)(nil).Validate(); !errors.Is(err, ErrImageTooSmall) {
		t.Errorf("nil: %v", err)
	}
	if err := (&Image{Width: 2, Height: 2, Pix: make([]float32, 11)}).Validate(); !errors.Is(err, ErrImageDamaged) {
		t.Errorf("too few values: %v", err)
	}
}

func TestFromGoIsPlanarAndStartsAtBounds(t *testing.T) {
	src := image.NewNRGBA(image.Rect(-3, 7, 0, 9)) // 3 x 2
	src.SetNRGBA(-1, 8, color.NRGBA{R: 255, G: 51, B: 0, A: 255})
	src.SetNRGBA(-3, 7, color.NRGBA{R: 255, G: 0, B: 0, A: 51}) // a fifth of red on white
	m := FromGo(src)
	if m.Width != 3 || m.Height != 2 {
		t.Fatalf("%d x %d", m.Width, m.Height)
	}
	at := func(c, y, x int) float32 { return m.Pix[(c*2+y)*3+x] }
	want := map[[3]int]float32{
		{0, 1, 2}: 1, {1, 1, 2}: 0.2, {2, 1, 2}: 0,
		{0, 0, 0}: 1, {1, 0, 0}: 0.8, {2, 0, 0}: 0.8,
		{0, 0, 1}: 1, {1, 0, 1}: 1, {2, 0, 1}: 1, // nothing there: white
	}
	for k, v := range want {
		if got := at(k[0], k[1], k[2]); math.Abs(float64(got-v)) > 1e-7 {
			t.Errorf("channel, row, column %v: %v, want %v", k, got, v)
		}
	}
	if m := FromGo(nil); m.Validate() == nil {
		t.Error("nil gave pixels")
	}
	if m := FromGo(image.NewGray(image.Rect(0, 0, 0, 5))); m.Validate() == nil {
		t.Error("empty bounds gave pixels")
	}
	// A type that the standard library does not know gives the same.
	if d := largest(t, m, FromGo(struct{ image.Image }{src})); d != 0 {
		t.Errorf("foreign type differs by %g", d)
	}
}

func TestRGBARoundsAndClamps(t *testing.T) {
	nan := float32(math.NaN())
	values := []float32{-1, 0, 0.49 / 255, 0.51 / 255, 254.4 / 255, 254.6 / 255, 1, 3, nan}
	want := []uint8{0, 0, 0, 1, 254, 255, 255, 255, 0}
	m := NewImage(len(values), 1)
	copy(m.Pix[2*len(values):], values) // blue
	got := m.RGBA()
	for i := range values {
		if c := got.RGBAAt(i, 0); c != (color.RGBA{B: want[i], A: 255}) {
			t.Errorf("%v: %v, want blue %d", values[i], c, want[i])
		}
	}
	// All 256 levels survive the way there and back.
	src := image.NewRGBA(image.Rect(0, 0, 256, 1))
	for i := range 256 {
		src.SetRGBA(i, 0, color.RGBA{R: uint8(i), G: uint8(255 - i), B: uint8(i ^ 85), A: 255})
	}
	if back := FromGo(src).RGBA(); !bytes.Equal(back.Pix, src.Pix) {
		t.Error("8-bit levels changed")
	}
}

func TestClampAndClone(t *testing.T) {
	m := NewImage(2, 1)
	copy(m.Pix, []float32{-0.5, 1.5, 0.25, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))})
	c := m.Clone()
	c.Clamp()
	if m.Pix[0] != -0.5 {
		t.Error("the clone shares memory")
	}
	for i, want := range []float32{0, 1, 0.25, 0, 1, 0} {
		if i == 3 {
			if c.Pix[i] == c.Pix[i] {
				t.Errorf("not a number became %v", c.Pix[i])
			}
		} else if c.Pix[i] != want {
			t.Errorf("value %d: %v, want %v", i, c.Pix[i], want)
		}
	}
}

func TestImageErrorReads(t *testing.T) {
	_, err := Load(filepath.Join("testdata", "no such.png"), 0)
	var e *ImageError
	if !errors.As(err, &e) || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%T %v", err, err)
	}
	dir, _ := os.Getwd()
	if want := "nst: load testdata/no such.png: no such file or directory; check the path, which counts from " + dir; filepath.ToSlash(err.Error()) != want && !strings.Contains(err.Error(), "check the path") {
		t.Errorf("%v\nwant %s", err, want)
	}
	err = &ImageError{Op: "load", Path: "a.png", Err: ErrImageTooLarge, Found: "20 x 20 pixels", Fix: "shrink it"}
	if got, want := err.Error(), "nst: load a.png: image too large: 20 x 20 pixels; shrink it"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
