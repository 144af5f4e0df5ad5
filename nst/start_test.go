package nst

import (
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func begin(t *testing.T, s Start, width, height int) *Image {
	t.Helper()
	m, err := s.Begin(width, height)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil || m.Width != width || m.Height != height {
		t.Fatalf("%d x %d, want %d x %d: %v", m.Width, m.Height, width, height, err)
	}
	return m
}

// moments gives mean and standard deviation of one plane.
func moments(m *Image, channel int) (mean, deviation float64) {
	plane := m.Pix[channel*m.Width*m.Height:][:m.Width*m.Height]
	for _, v := range plane {
		mean += float64(v) / float64(len(plane))
	}
	for _, v := range plane {
		deviation += (float64(v) - mean) * (float64(v) - mean) / float64(len(plane))
	}
	return mean, math.Sqrt(deviation)
}

func TestNoise(t *testing.T) {
	for _, c := range []struct {
		n     Noise
		mean  [3]float64
		scale float64
	}{
		{Noise{}, [3]float64{0.5, 0.5, 0.5}, 0.25},
		{Noise{Seed: 7, Scale: 0.01, Mean: []float64{0}}, [3]float64{0, 0, 0}, 0.01},
		{Noise{Seed: 7, Scale: 1, Mean: []float64{0.485, 0.456, 0.406}}, [3]float64{0.485, 0.456, 0.406}, 1},
	} {
		m := begin(t, c.n, 200, 100)
		for channel := range 3 {
			// 20000 values: the mean's error is scale/141, the deviation's scale/200; five of them.
			mean, deviation := moments(m, channel)
			if math.Abs(mean-c.mean[channel]) > 5*c.scale/141 || math.Abs(deviation-c.scale) > 5*c.scale/200 {
				t.Errorf("%+v, channel %d: mean %.4f, deviation %.4f", c.n, channel, mean, deviation)
			}
		}
	}
}

func TestNoiseComesFromItsSeedAlone(t *testing.T) {
	a, b := begin(t, Noise{Seed: 1}, 30, 20), begin(t, Noise{Seed: 1}, 30, 20)
	if largest(t, a, b) != 0 {
		t.Error("the same seed gave other noise")
	}
	if largest(t, a, begin(t, Noise{Seed: 2}, 30, 20)) == 0 {
		t.Error("another seed gave the same noise")
	}
	// The first values of seed 1, written down from Go 1.26 (math/rand/v2's PCG is
	// specified): published seeds must keep their meaning.
	want := []float32{0.03265055, 0.6341741, 0.31815413}
	for i, v := range want {
		if math.Abs(float64(a.Pix[i]-v)) > 1e-7 {
			t.Errorf("value %d of seed 1 is %v, want %v", i, a.Pix[i], v)
		}
	}
}

func TestFromImageAndFile(t *testing.T) {
	m := ramp(6, 4)
	m.Pix[0] = 2
	s := FromImage(m)
	got := begin(t, s, 6, 4)
	if largest(t, got, m) != 0 {
		t.Error("the image changed")
	}
	got.Pix[3] = 9
	if largest(t, begin(t, s, 6, 4), m) != 0 {
		t.Error("two beginnings share memory")
	}
	want, _ := m.Resize(12, 10, CatmullRom)
	if largest(t, begin(t, s, 12, 10), want) != 0 {
		t.Error("the size was fitted in another way than Resize")
	}

	path := filepath.Join(goldenImages, "rgb16.png")
	whole, err := Load(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if largest(t, begin(t, File{Path: path}, 33, 4), whole) != 0 {
		t.Error("the file changed")
	}
	want, _ = whole.Resize(11, 7, Nearest)
	if largest(t, begin(t, File{Path: path, Interpolation: Nearest}, 11, 7), want) != 0 {
		t.Error("the file was not fitted with its filter")
	}
}

func TestBlend(t *testing.T) {
	a, b := ramp(5, 3), begin(t, Noise{Seed: 3}, 5, 3)
	for _, ratio := range []float64{0, 0.25, 0.6, 1} {
		got := begin(t, Blend{A: FromImage(a), B: Noise{Seed: 3}, Ratio: ratio}, 5, 3)
		for i, v := range got.Pix {
			want := (1-ratio)*float64(a.Pix[i]) + ratio*float64(b.Pix[i])
			if math.Abs(float64(v)-want) > 1e-6 {
				t.Errorf("ratio %v, value %d: %v, want %v", ratio, i, v, want)
			}
		}
	}
	if a.Pix[1] != ramp(5, 3).Pix[1] {
		t.Error("blending changed its part")
	}
	inner := Blend{A: FromImage(a), B: Noise{}, Ratio: 1}
	if largest(t, begin(t, Blend{A: inner, B: FromImage(a)}, 5, 3), begin(t, Noise{}, 5, 3)) != 0 {
		t.Error("a blend in a blend")
	}
}

type wrongSize struct{}

func (wrongSize) Begin(int, int) (*Image, error) { return NewImage(1, 1), nil }

type noImage struct{}

func (noImage) Begin(int, int) (*Image, error) { return nil, nil }

func TestStartsRefused(t *testing.T) {
	good := FromImage(ramp(2, 2))
	nan := math.NaN()
	for _, c := range []struct {
		s    Start
		is   error
		says string
	}{
		{FromImage(nil), ErrStart, "nil"},
		{FromImage(&Image{Width: 3, Height: 3}), ErrStart, "Pix must hold"},
		{Noise{Scale: -1}, ErrStart, "Scale is -1"},
		{Noise{Scale: 20}, ErrStart, "divide values on 0..255"},
		{Noise{Scale: nan}, ErrStart, "NaN"},
		{Noise{Mean: []float64{0.1, 0.2}}, ErrStart, "2 values"},
		{Noise{Mean: []float64{123.68, 116.779, 103.939}}, ErrStart, "divide values on 0..255"},
		{Noise{Mean: []float64{nan}}, ErrStart, "NaN"},
		{File{}, ErrStart, "Path is empty"},
		{File{Path: "x.png", Interpolation: "sinc"}, ErrStart, "catmullrom"},
		{File{Path: "no such.png"}, fs.ErrNotExist, "no such.png"},
		{Blend{A: good, B: good, Ratio: 1.1}, ErrStart, "1.1"},
		{Blend{A: good, B: good, Ratio: nan}, ErrStart, "NaN"},
		{Blend{A: good}, ErrStart, "B is missing"},
		{Blend{B: good}, ErrStart, "A is missing"},
		{Blend{A: good, B: Noise{Scale: 9}}, ErrStart, "blend, B: "},
		{Blend{A: good, B: wrongSize{}}, ErrStart, "1 x 1: must be 4 x 3"},
		{Blend{A: noImage{}, B: good}, ErrImageTooSmall, "blend, A: "},
	} {
		m, err := c.s.Begin(4, 3)
		if m != nil || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v; want %q", c.s, err, c.says)
		}
		checkPrefix(t, err)
	}
	for _, s := range []Start{good, Noise{}, File{Path: filepath.Join(goldenImages, "grey8.png")}, Blend{A: good, B: Noise{}}} {
		for _, size := range [][2]int{{0, 5}, {5, 0}, {0, 0}, {-1, -1}, {1 << 20, 1 << 20}, {math.MaxInt, math.MaxInt}} {
			if m, err := s.Begin(size[0], size[1]); m != nil || err == nil || !strings.HasPrefix(err.Error(), "nst: ") {
				t.Errorf("%T at %v: %v", s, size, err)
			}
		}
	}
}
