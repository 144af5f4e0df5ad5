package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	m := ramp(7, 5)
	m.Pix[0], m.Pix[1] = -0.5, 1.5
	path := filepath.Join(dir, "a.png")
	for range 2 { // the second time over the first
		if err := m.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := FromGo(m.RGBA()); largest(t, got, want) != 0 {
		t.Error("what was saved is not what RGBA gives")
	}
	m.Clamp()
	if d := largest(t, got, m); d > 0.5/255+1e-7 {
		t.Errorf("off by %g, more than half a level", d)
	}
	// Nothing of the writing is left behind.
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files in the directory", len(entries))
	}
}

func TestEncodePNGIsDeterministic(t *testing.T) {
	m := ramp(60, 50)
	o := SaveOptions{Text: map[string]string{}}
	for _, k := range strings.Split("abcdefghijklmnop", "") {
		o.Text[k] = "value of " + k
	}
	var first bytes.Buffer
	if err := m.EncodePNGWith(&first, o); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		var b bytes.Buffer
		if err := m.Clone().EncodePNGWith(&b, o); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), first.Bytes()) {
			t.Fatal("the bytes differ")
		}
	}
}

// readText walks the chunks of a PNG, checks each one's checksum, and returns
// the kinds in order and the texts.
func readText(t *testing.T, data []byte) (kinds []string, text map[string]string) {
	t.Helper()
	text = map[string]string{}
	for data = data[8:]; len(data) > 0; {
		n := binary.BigEndian.Uint32(data)
		content := data[4 : 8+n]
		if crc32.ChecksumIEEE(content) != binary.BigEndian.Uint32(data[8+n:]) {
			t.Fatalf("checksum of %s", content[:4])
		}
		kinds = append(kinds, string(content[:4]))
		parts := bytes.SplitN(content[4:], []byte{0}, 2)
		switch string(content[:4]) {
		case "tEXt":
			text[string(parts[0])] = string(parts[1])
		case "iTXt":
			if !bytes.HasPrefix(parts[1], []byte{0, 0, 0, 0}) {
				t.Fatalf("iTXt %q is not plain", content)
			}
			text[string(parts[0])] = string(parts[1][4:])
		}
		data = data[12+n:]
	}
	return kinds, text
}

func TestSaveText(t *testing.T) {
	want := map[string]string{"Software": "gonst", "Comment": "lr = 0.02\nsize = 512 × 384", "Empty": ""}
	var b bytes.Buffer
	if err := ramp(4, 4).EncodePNGWith(&b, SaveOptions{Text: want}); err != nil {
		t.Fatal(err)
	}
	kinds, got := readText(t, b.Bytes())
	if s := strings.Join(kinds, " "); s != "IHDR sRGB iTXt tEXt tEXt IDAT IEND" {
		t.Errorf("chunks %s", s)
	}
	if len(got) != len(want) {
		t.Errorf("%d texts", len(got))
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: %q, want %q", k, got[k], v)
		}
	}
	if _, err := png.Decode(&b); err != nil {
		t.Error(err)
	}
	for _, bad := range []map[string]string{
		{"": "x"}, {strings.Repeat("k", 80): "x"}, {" k": "x"}, {"a  b": "x"}, {"schlüssel": "x"}, {"a\x00b": "x"},
		{"k": "a\x00b"}, {"k": "\xff"},
	} {
		if err := ramp(4, 4).EncodePNGWith(&bytes.Buffer{}, SaveOptions{Text: bad}); !errors.Is(err, ErrImageOption) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What is saved is what is read again, to the last of 16 or 8 bits, by other readers.
func TestSaveDepths(t *testing.T) {
	m := ramp(201, 150) // several strips of a TIFF
	for i := range m.Pix {
		m.Pix[i] = float32(i*40503%65536) / 65535
	}
	for _, name := range []string{"a.png", "a.tif", "b.TIFF"} {
		for _, depth := range []int{0, 8, 16} {
			path := filepath.Join(t.TempDir(), name)
			if err := m.SaveWith(path, SaveOptions{Depth: depth}); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if name == "a.png" != bytes.Contains(data[:60], []byte("sRGB\x01")) || name != "a.png" && !bytes.Equal(tiffProfile(data), srgbProfile) {
				t.Errorf("%s does not state its colours", name)
			}
			got, err := LoadWith(path, LoadOptions{Note: func(s string) { t.Error(s) }})
			if err != nil {
				t.Fatalf("%s, %d bits: %v", name, depth, err)
			}
			want := m
			if depth != 16 {
				want = FromGo(m.RGBA())
			}
			if d := largest(t, got, want); d != 0 {
				t.Errorf("%s, %d bits: differs by %g", name, depth, d)
			}
		}
	}
	for _, o := range []SaveOptions{{Depth: 12}, {Depth: -1}} {
		if err := m.EncodeTIFF(&bytes.Buffer{}, o); !errors.Is(err, ErrImageOption) {
			t.Errorf("%+v: %v", o, err)
		}
		if err := m.EncodePNGWith(&bytes.Buffer{}, o); !errors.Is(err, ErrImageOption) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := m.EncodeTIFF(&bytes.Buffer{}, SaveOptions{Text: map[string]string{"a": "b"}}); !errors.Is(err, ErrImageOption) {
		t.Errorf("texts: %v", err)
	}
}

func TestSaveRefused(t *testing.T) {
	dir := t.TempDir()
	m := ramp(4, 4)
	for _, name := range []string{"a.jpg", "a", "a.png.bak", ""} {
		path := filepath.Join(dir, name)
		if err := m.Save(path); !errors.Is(err, ErrImageOption) || !strings.Contains(err.Error(), ".png") {
			t.Errorf("%q: %v", name, err)
		}
	}
	path := filepath.Join(dir, "missing", "a.png")
	err := m.Save(path)
	var e *ImageError
	if !errors.As(err, &e) || !errors.Is(err, fs.ErrNotExist) || e.Path != path || !strings.Contains(e.Fix, filepath.Dir(path)) {
		t.Errorf("no directory: %v", err)
	}

	// A failed save leaves the old file as it was.
	path = filepath.Join(dir, "kept.png")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		bad := m.Clone()
		bad.Pix[16+4*2+3] = float32(v) // green of column 3, row 2
		if err := bad.Save(path); !errors.Is(err, ErrImageDamaged) || !strings.Contains(err.Error(), "channel 1 of column 3, row 2") {
			t.Errorf("%v: %v", v, err)
		}
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) || len(after) == 0 {
		t.Error("the old file changed")
	}
	cause := errors.New("full")
	if err := m.EncodePNG(failingWriter{cause}); !errors.Is(err, cause) {
		t.Errorf("a writer's error is lost: %v", err)
	}
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }
