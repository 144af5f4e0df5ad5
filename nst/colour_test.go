package nst

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
)

// TestColourGoldens compares with scikit-image, OpenCV and SciPy: testdata/colour.
func TestColourGoldens(t *testing.T) {
	data, err := os.ReadFile("testdata/colour/colour.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Style, Content, Other []float32
		Cases                 map[string][]float32
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	style, content, other := &Image{12, 10, golden.Style}, &Image{14, 8, golden.Content}, &Image{12, 10, golden.Other}
	for name, want := range golden.Cases {
		space, what, _ := strings.Cut(name, " ")
		var got *Image
		switch what {
		case "luminance":
			got, err = style.Luminance(ColourSpace(space))
		case "colours":
			got, err = style.WithColours(other, ColourSpace(space))
		default:
			got, err = style.Matched(content, Colours(what), ColourSpace(space))
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, v := range got.Pix {
			if math.Abs(float64(v-want[i])) > 1e-3 {
				t.Errorf("%s: value %d is %v, want %v", name, i, v, want[i])
				break
			}
		}
	}
}

// TestKeep: what Keep promises of the pictures before and after a transfer.
func TestKeep(t *testing.T) {
	style, content := wave(20, 16, 5), wave(24, 24, 7)
	for i := range style.Pix[:320] {
		style.Pix[i] = 0.5 + style.Pix[i]/2
	}
	for _, k := range []Keep{
		{}, {Colours: LuminanceOnly}, {Colours: LuminanceOnly, After: true, Space: Lab}, {Colours: MatchHistogram},
		{Colours: MatchHistogram, After: true}, {Colours: MatchMeanCovariance, Space: Linear}, {Colours: MatchMeanCovariance, After: true},
	} {
		s, err := k.Style(style, content)
		if err != nil {
			t.Fatal(err)
		}
		c, err := k.Content(content)
		if err != nil {
			t.Fatal(err)
		}
		r, err := k.Result(style, content)
		if err != nil {
			t.Fatal(err)
		}
		lum := k.Colours == LuminanceOnly
		if changed := s != style; changed != (!k.None() && !k.After) {
			t.Errorf("%+v: style changed is %v", k, changed)
		}
		if changed := c != content; changed != (lum && !k.After) {
			t.Errorf("%+v: content changed is %v", k, changed)
		}
		if changed := r != style; changed != (lum || k.After) {
			t.Errorf("%+v: result changed is %v", k, changed)
		}
	}
	grey := NewImage(5, 5) // one colour has no deviation, and its covariance no inverse
	for _, by := range []Colours{MatchHistogram, MatchMeanCovariance} {
		if m, err := grey.Matched(content, by, ""); err != nil || m.Pix[0] != m.Pix[1] || !(m.Pix[0] >= 0) {
			t.Errorf("%s of one colour: %v, %v", by, m, err)
		}
	}
	if m, err := (Keep{Colours: LuminanceOnly}).Style(grey, content); err != nil || !(m.Pix[0] > 0) {
		t.Errorf("luminance of one colour: %v, %v", m, err)
	}
}

func TestBadColours(t *testing.T) {
	m, other := wave(8, 8, 3), wave(8, 9, 3)
	for want, f := range map[string]func() (*Image, error){
		`colour space "hsv" is unknown: choose bt601, lab, linear or rgb`:                func() (*Image, error) { return m.Luminance("hsv") },
		`colour space "rgb" has no luminance: choose bt601, lab or linear`:               func() (*Image, error) { return m.Luminance(RGB) },
		`the colours of an image of 8 x 9 for one of 8 x 8: must have one size`:          func() (*Image, error) { return m.WithColours(other, Lab) },
		`colours "luminance" cannot be matched: choose histogram or mean-covariance`:     func() (*Image, error) { return m.Matched(other, LuminanceOnly, Lab) },
		`colours "hue" is unknown: choose none, luminance, histogram or mean-covariance`: func() (*Image, error) { return Keep{Colours: "hue"}.Style(m, other) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "nst: ") != 1 {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestFinish: what it makes is seen, its error ends the run, and records stay the same.
func TestFinish(t *testing.T) {
	content := wave(20, 20, 7)
	bad := errors.New("no picture")
	run := func(finish func(*Image) (*Image, error)) (*Result, *Image, error) {
		var seen *Image
		tr := Transfer{Objective: Objective{{Name: "v", Weight: 1, Loss: Variation{}}}, Start: FromImage(content), Steps: 2, Finish: finish}
		r, err := tr.Run(context.Background(), ObserverFunc(func(s *Step) error { seen = s.Image(); return nil }))
		return r, seen, err
	}
	plain, _, err := run(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, seen, err := run(func(m *Image) (*Image, error) { return m.Luminance(Lab) })
	if err != nil || r.Image.Pix[3] != r.Image.Pix[403] || seen.Pix[3] != seen.Pix[403] || plain.Image.Pix[3] == plain.Image.Pix[403] {
		t.Errorf("the image is not finished: %v", err)
	}
	if r.Final().Total != plain.Final().Total {
		t.Errorf("a loss of %v, of %v without Finish", r.Final().Total, plain.Final().Total)
	}
	r, _, err = run(func(*Image) (*Image, error) { return nil, bad })
	if !errors.Is(err, bad) || r == nil || r.Reason != Failed || r.Image == nil {
		t.Errorf("error %v, result %+v", err, r)
	}
}
