package nst

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kovidgoyal/imaging/prism/meta/icc"
)

func colourFile(name string) string { return filepath.Join("colour", name) }

// Little CMS is the oracle. It computes with 8 bits here, and its result is rounded to
// them; a steep curve near black multiplies that.
func TestLoadColours(t *testing.T) {
	const level = 1.2 / 255 // one level, which the other may round differently
	for _, c := range []struct{ file, want string }{
		{"p3.png", "p3"},
		{"p3.webp", "p3"},
		{"p3.tif", "p3"},
		{"adobe.png", "adobe"},
		{"table.png", "table"},
		{"p3alpha.png", "p3alpha"},
		{"grey18.png", "grey18"},
		{"greyonrgb.png", "greyonrgb"},
		{"scanner.png", "scanner"},
		{"linear.png", "linear"},
		{"gamma18.png", "gamma18"},
		{"chrm.png", "chrm"},
		{"cicp.png", "cicp"},
		{"parts.jpg", "parts"},
		{"cmyk16.jpg", "cmyk16"},
		{"cmyk8.jpg", "cmyk8"},
	} {
		t.Run(c.file, func(t *testing.T) {
			got, err := LoadWith(filepath.Join(goldenImages, colourFile(c.file)), LoadOptions{Note: func(s string) { t.Error(s) }})
			if err != nil {
				t.Fatal(err)
			}
			if d := largest(t, got, readPPM(t, colourFile(c.want+".ppm"))); d > level {
				t.Errorf("differs from Little CMS by %.2f levels of 255, allowed %.2f", d*255, level*255)
			}
		})
	}
	// By the standard matrix: Display P3 (200, 60, 40) is sRGB (217, 42, 23).
	m, err := Load(filepath.Join(goldenImages, colourFile("p3.png")), 0)
	if err != nil {
		t.Fatal(err)
	}
	if p := m.RGBA().RGBAAt(0, 0); p.R != 217 || p.G != 42 || p.B != 23 {
		t.Errorf("%v, want 217, 42, 23", p)
	}
}

// The middles of flat squares of a lossy WebP: between them, decoders enlarge the colours
// differently. Its orientation, half a turn, has the type LONG.
func TestLoadLossyWebP(t *testing.T) {
	got, err := Load(filepath.Join(goldenImages, colourFile("lossy.webp")), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := readPPM(t, colourFile("lossy.ppm"))
	if got.Width != want.Width || got.Height != want.Height {
		t.Fatalf("%d x %d", got.Width, got.Height)
	}
	for y := 4; y < got.Height; y += 8 {
		for x := 4; x < got.Width; x += 8 {
			g, w := got.RGBA().RGBAAt(x, y), want.RGBA().RGBAAt(x, y)
			for _, d := range []int{int(g.R) - int(w.R), int(g.G) - int(w.G), int(g.B) - int(w.B)} {
				if d < -1 || d > 1 {
					t.Errorf("column %d, row %d is %v, want %v", x, y, g, w)
				}
			}
		}
	}
}

// EXIF demands SHORT; every integer type is read.
func TestOrientationTypes(t *testing.T) {
	plain := golden(t, "orientation6.jpg")
	want, err := Decode(bytes.NewReader(golden(t, "orientation1.jpg")), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(plain, []byte("Exif\x00\x00")) + 6 // big-endian; the entry begins at 10
	for kind, value := range map[byte]string{1: "\x06\x00\x00\x00", 3: "\x00\x06\x00\x00", 4: "\x00\x00\x00\x06",
		6: "\x06\x00\x00\x00", 8: "\x00\x06\x00\x00", 9: "\x00\x00\x00\x06"} {
		data := bytes.Clone(plain)
		data[at+13] = kind
		copy(data[at+18:], value)
		m, err := Decode(bytes.NewReader(data), LoadOptions{})
		if err != nil || m.Width != want.Width {
			t.Fatalf("type %d: %v, or the picture lies on its side", kind, err)
		}
		if d := largest(t, m, want); d != 0 {
			t.Errorf("type %d: differs by %g", kind, d)
		}
	}
}

// withChunks puts chunks after the header of a PNG.
func withChunks(data []byte, chunks ...string) []byte {
	out := bytes.Clone(data[:33])
	for _, c := range chunks {
		out = binary.BigEndian.AppendUint32(out, uint32(len(c)-4))
		out = append(out, c...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(c)))
	}
	return append(out, data[33:]...)
}

// What says sRGB, or what cannot be followed, leaves the pixels as they are, to the bit;
// and what cannot be followed is noted.
func TestLoadColoursLeft(t *testing.T) {
	plain := golden(t, "rgb16.png")
	want, err := Decode(bytes.NewReader(plain), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	number := func(v float64) string { return string(binary.BigEndian.AppendUint32(nil, uint32(v*100000+0.5))) }
	srgb := ""
	for _, p := range primaries709 {
		srgb += number(p[0]) + number(p[1])
	}
	flat := strings.Repeat(number(0.3)+number(0.3), 4)
	for _, c := range []struct {
		what, notes string
		chunks      []string
	}{
		{"sRGB before gAMA", "", []string{"sRGB\x00", "gAMA" + number(1)}},
		{"gamma of sRGB", "", []string{"gAMA" + number(0.45455)}},
		{"gamma and colours of sRGB", "", []string{"gAMA" + number(0.45455), "cHRM" + srgb}},
		{"colours without gamma", "", []string{"cHRM" + flat}},
		{"cICP of sRGB", "", []string{"cICP\x01\x0d\x00\x01"}},
		{"cICP of PQ", "curve 16", []string{"cICP\x09\x10\x00\x01"}},
		{"cICP cut short", "3 bytes", []string{"cICP\x09\x10\x00"}},
		{"gamma 0", "gamma 0", []string{"gAMA\x00\x00\x00\x00"}},
		{"gamma of 3 bytes", "3 bytes", []string{"gAMA\x00\x00\x00"}},
		{"one colour for all", "span no colours", []string{"gAMA" + number(1), "cHRM" + flat}},
		{"colours of 0", "span no colours", []string{"gAMA" + number(1), "cHRM" + strings.Repeat("\x00", 32)}},
		{"no profile in iCCP", "iCCP", []string{"iCCP"}},
		{"damaged zlib", "iCCP", []string{"iCCPx\x00\x00nothing"}},
	} {
		var notes []string
		got, err := Decode(bytes.NewReader(withChunks(plain, c.chunks...)), LoadOptions{Note: func(s string) { notes = append(notes, s) }})
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if d := largest(t, got, want); d != 0 {
			t.Errorf("%s: differs by %g", c.what, d)
		}
		if said := strings.Join(notes, "\n"); (c.notes == "") != (said == "") || !strings.Contains(said, c.notes) {
			t.Errorf("%s: notes %q, want %q", c.what, said, c.notes)
		}
	}
}

// A damaged profile is noted, and the pixels are those of the file.
func TestDamagedProfiles(t *testing.T) {
	data := golden(t, colourFile("parts.jpg"))
	at := bytes.Index(data, []byte("ICC_PROFILE\x00")) // the second part
	first := at + bytes.Index(data[at+1:], []byte("ICC_PROFILE\x00")) + 1
	for _, c := range []struct {
		what, notes string
		change      func(b []byte)
	}{
		{"a part is missing", "part 2 of 2", func(b []byte) { b[at] = 'X' }},
		{"no signature", "signature", func(b []byte) { b[first+14+36] = 'X' }},
		{"2^32-1 tags", "tags", func(b []byte) { copy(b[first+14+128:], "\xff\xff\xff\xff") }},
		{"a tag outside", "outside", func(b []byte) { copy(b[first+14+132+4:], "\xff\xff\xff\xf0") }},
		{"pixels of another kind", "pixels", func(b []byte) { copy(b[first+14+16:], "CMYK") }},
		{"pixels of a kind of no picture", `ICC profile is for "Lab" pixels`, func(b []byte) { copy(b[first+14+16:], "Lab ") }},
	} {
		b := bytes.Clone(data)
		c.change(b)
		notes := ""
		m, err := Decode(bytes.NewReader(b), LoadOptions{Note: func(s string) { notes += s }})
		if err != nil || !strings.Contains(notes, c.notes) {
			t.Errorf("%s: %v, notes %q", c.what, err, notes)
			continue
		}
		if p := m.RGBA().RGBAAt(4, 4); math.Abs(float64(p.R)-200) > 2 || math.Abs(float64(p.G)-60) > 2 {
			t.Errorf("%s: %v, want the stored 200, 60, 40", c.what, p)
		}
	}
}

func FuzzProfile(f *testing.F) {
	for _, name := range []string{"parts.jpg", "cmyk16.jpg", "cmyk8.jpg"} {
		p, err := jpegProfile(golden(f, colourFile(name)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p, byte(0))
	}
	f.Add(tiffProfile(golden(f, colourFile("p3.tif"))), byte(1))
	f.Add(webpChunk(golden(f, colourFile("p3.webp")), "ICCP"), byte(2))
	f.Fuzz(func(t *testing.T, data []byte, kind byte) {
		convert, err := profileToSRGB(data, []icc.ColorSpace{rgbPixels, greyPixels, cmykPixels}[kind%3])
		if err != nil || convert == nil {
			return
		}
		m := NewImage(2, 2)
		copy(m.Pix, []float32{0, 1, 0.5, 0.1, 0.9})
		out, err := convertColours(m.RGBA(), convert)
		if err == nil && FromGo(out).Validate() != nil {
			t.Fatal("no picture")
		}
	})
}
