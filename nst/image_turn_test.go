package nst

import (
	"context"
	"math"
	"strings"
	"testing"
)

// TestTurn: quarters move pixels exactly; a plane stays a plane, turned; and nothing from
// outside of the image comes in.
func TestTurn(t *testing.T) {
	m := noiseImage(7, 4, 3)
	quarter, err := m.Turn(90)
	if err != nil {
		t.Fatal(err)
	}
	if quarter.Width != 4 || quarter.Height != 7 {
		t.Fatalf("a quarter is %d x %d", quarter.Width, quarter.Height)
	}
	for y := range 4 {
		for x := range 7 { // anticlockwise: the right edge is at the top
			if got, want := quarter.Pix[(6-x)*4+y], m.Pix[y*7+x]; got != want {
				t.Fatalf("%d, %d: %v, want %v", x, y, got, want)
			}
		}
	}
	for _, degrees := range []float64{0, 180, 360, -90, 270} {
		a, err := m.Turn(degrees)
		if err != nil {
			t.Fatal(err)
		}
		b, err := a.Turn(-degrees)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range b.Pix {
			if v != m.Pix[i] {
				t.Fatalf("%v degrees and back: value %d is %v, want %v", degrees, i, v, m.Pix[i])
			}
		}
	}
	plane := NewImage(60, 40)
	for i := range plane.Pix {
		plane.Pix[i] = float32(i%60)*0.01 + float32(i/60%40)*0.003
	}
	for _, degrees := range []float64{30, 45, -60, 10, 135} {
		a, err := plane.Turn(degrees)
		if err != nil {
			t.Fatal(err)
		}
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		if area := a.Width * a.Height; area < 600 || area > 2400 {
			t.Errorf("%v degrees: %d x %d are left", degrees, a.Width, a.Height)
		}
		for i := range a.Width * a.Height {
			dx, dy := float64(i%a.Width)-float64(a.Width-1)/2, float64(i/a.Width)-float64(a.Height-1)/2
			want := (29.5+cos*dx-sin*dy)*0.01 + (19.5+sin*dx+cos*dy)*0.003
			if math.Abs(float64(a.Pix[i])-want) > 0.007 { // half a pixel at an edge
				t.Fatalf("%v degrees, pixel %d: %v, want %v", degrees, i, a.Pix[i], want)
			}
		}
	}
	if _, err := m.Turn(math.NaN()); err == nil || !strings.Contains(err.Error(), "an angle of NaN degrees: must be finite") {
		t.Errorf("error %v", err)
	}
	if _, err := noiseImage(40, 2, 1).Turn(45); err == nil || !strings.Contains(err.Error(), "40 x 2 pixels turned by 45 degrees") {
		t.Errorf("error %v", err)
	}
}

// TestActivation compares with the mean of the squares of extracted features.
func TestActivation(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16})
	at := wave(24, 20, 5)
	extractor, err := net.Extractor("relu2_1")
	if err != nil {
		t.Fatal(err)
	}
	features, err := extractor.Extract(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	f := features[0]["relu2_1"]
	m := f.Width * f.Height
	all, third := 0.0, 0.0
	for i, v := range f.Data {
		all += float64(v) * float64(v) / float64(len(f.Data))
		if i/m == 2 {
			third += float64(v) * float64(v) / float64(m)
		}
	}
	for want, l := range map[float64]Activation{all: {Layers: Layers("relu2_1")}, third: {Layers: Layers("relu2_1"), Map: 3}} {
		if got := valueAt(t, net, l, at); math.Abs(got-want) > 1e-5*want {
			t.Errorf("map %d: %v, want %v", l.Map, got, want)
		}
	}
	tr := Transfer{Network: net, Start: FromImage(at), Objective: Objective{{Name: "dream", Weight: 1, Maximize: true, Loss: Activation{Layers: Layers("relu1_1"), Map: 99}}}}
	if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "map 99 of layer relu1_1, which has 4") {
		t.Errorf("error %v", err)
	}
}
