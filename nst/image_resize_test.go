package nst

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
)

func TestResizeSameSizeIsAnExactCopy(t *testing.T) {
	m := ramp(5, 4)
	m.Pix[0], m.Pix[1] = -3, 7.00001 // outside, and finer than 16 bits
	got, err := m.Resize(5, 4, "")
	if err != nil {
		t.Fatal(err)
	}
	if d := largest(t, got, m); d != 0 {
		t.Errorf("differs by %g", d)
	}
	got.Pix[5] = 9
	if m.Pix[5] == 9 {
		t.Error("the copy shares memory")
	}
}

// A straight ramp from left to right shrinks to the means of what each new
// pixel covers, with every filter that antialiases and away from the edges.
func TestResizeKeepsRampAndDepth(t *testing.T) {
	const w, h, shrink = 256, 8, 4
	m := NewImage(w, h)
	for i := range m.Pix {
		// Steps of 1.5 levels of 16 bits: 8 bits would make them all one.
		m.Pix[i] = 0.5 + 1.5/65535*float32(i%w)
	}
	for _, f := range []Interpolation{CatmullRom, Bilinear} {
		got, err := m.Resize(w/shrink, h/shrink, f)
		if err != nil {
			t.Fatal(err)
		}
		for x := 4; x < w/shrink-4; x++ {
			want := 0.5 + 1.5/65535*(float64(x)*shrink+(shrink-1)/2.0)
			if d := math.Abs(float64(got.Pix[x]) - want); d > 1.2/65535 {
				t.Errorf("%s: column %d is %v, want %v: %.2f levels off", f, x, got.Pix[x], want, d*65535)
			}
		}
	}
}

// Sampled gives the bits of tf.image.resize, which testdata/resample/tensorflow.py wrote.
func TestResizeSampled(t *testing.T) {
	data, err := os.ReadFile("testdata/resample/sampled.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		From, To [2]int
		Bits     []uint32
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		m := NewImage(c.From[0], c.From[1])
		for i := range m.Pix {
			x, y, colour := i%m.Width, i/m.Width%m.Height, i/m.Width/m.Height
			m.Pix[i] = float32((37*x+91*y+53*colour+7*x*y)%256) / 255
		}
		got, err := m.Resize(c.To[0], c.To[1], Sampled)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.Bits {
			if math.Float32bits(got.Pix[i]) != want {
				t.Errorf("%v to %v: value %d is %v, want %v", c.From, c.To, i, got.Pix[i], math.Float32frombits(want))
			}
		}
	}
}

// Stripes of one pixel, black and white, shrunk five times, so that new pixels
// have their middle on the middle of a stripe: an antialiasing filter gives
// grey, the others one of the stripes. This is what the documentation promises.
func TestResizeAntialiases(t *testing.T) {
	m := NewImage(240, 24)
	for i := range m.Pix {
		m.Pix[i] = float32(i % 2)
	}
	for _, c := range []struct {
		f    Interpolation
		grey bool
	}{{"", true}, {CatmullRom, true}, {Bilinear, true}, {Nearest, false}, {Sampled, false}} {
		got, err := m.Resize(48, 6, c.f)
		if err != nil {
			t.Fatal(err)
		}
		for x := 3; x < 45; x++ {
			grey := math.Abs(float64(got.Pix[3*48+x])-0.5) < 0.03
			if grey != c.grey {
				t.Errorf("%q: column %d is %v, antialiased: %v", c.f, x, got.Pix[3*48+x], c.grey)
			}
		}
	}
}

func TestResizeNearestRepeats(t *testing.T) {
	m := ramp(3, 2)
	got, err := m.Resize(9, 4, Nearest)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		for y := range 4 {
			for x := range 9 {
				want := m.Pix[(c*2+y/2)*3+x/3]
				if d := math.Abs(float64(got.Pix[(c*4+y)*9+x] - want)); d > 0.5/65535+1e-7 {
					t.Errorf("channel %d, row %d, column %d: off by %g", c, y, x, d)
				}
			}
		}
	}
}

func TestResizeClampsAndOvershootsWithinRange(t *testing.T) {
	m := NewImage(8, 8)
	for i := range m.Pix {
		m.Pix[i] = -2
		if i%8 >= 4 {
			m.Pix[i] = 5
		}
	}
	for _, f := range []Interpolation{CatmullRom, Bilinear, Nearest, Sampled} {
		got, err := m.Resize(16, 16, f)
		if err != nil {
			t.Fatal(err)
		}
		for x, v := range got.Pix[:16] {
			if !(v >= 0 && v <= 1) || (x < 6 && v != 0) || (x >= 10 && v != 1) {
				t.Errorf("%s: column %d is %v", f, x, v)
			}
		}
	}
	// A flat image stays flat, to the 16-bit level, however it is resized.
	for i := range m.Pix {
		m.Pix[i] = 0.3
	}
	for _, s := range [][2]int{{1, 1}, {3, 17}, {31, 2}} {
		got, err := m.Resize(s[0], s[1], CatmullRom)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got.Pix {
			if math.Abs(float64(v)-0.3) > 1.0/65535 {
				t.Errorf("%v: value %d is %v", s, i, v)
			}
		}
	}
}

func TestResizeRefused(t *testing.T) {
	m := ramp(4, 4)
	for _, c := range []struct {
		width, height int
		filter        Interpolation
		is            error
		says          string
	}{
		{0, 5, "", ErrImageOption, "0 x 5"},
		{5, -1, "", ErrImageOption, "5 x -1"},
		{5, 5, "bicubic", ErrImageOption, "catmullrom, bilinear, nearest"},
		{4, 4, "bicubic", ErrImageOption, "bicubic"}, // even where there is nothing to do
		{20000, 20000, "", ErrImageTooLarge, "100000000"},
		{math.MaxInt, math.MaxInt, "", ErrImageTooLarge, "limit"},
	} {
		_, err := m.Resize(c.width, c.height, c.filter)
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d x %d %q: %v", c.width, c.height, c.filter, err)
		}
	}
}
