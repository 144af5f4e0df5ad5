package measure_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// noisy adds noise with a given deviation to an image.
func noisy(m *nst.Image, deviation float64) *nst.Image {
	random := rand.New(rand.NewPCG(1, 2))
	out := m.Clone()
	for i := range out.Pix {
		out.Pix[i] += float32(deviation * random.NormFloat64())
	}
	return out
}

func all(t *testing.T, picture *nst.Image, r measure.References) measure.List {
	t.Helper()
	list, err := measure.All(t.Context(), picture, r)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// An image that is its own content and style is perfect in every respect.
func TestItself(t *testing.T) {
	m := load(t, "picture.png")
	list := all(t, m, measure.References{Content: m, Style: measure.Style(m)})
	for _, v := range list {
		want := math.NaN()
		switch {
		case strings.Contains(v.Name, "cosine"), v.Name == "ssim", v.Name == "gradient_correlation":
			want = 1
		case strings.Contains(v.Name, "distance"), v.Group == measure.GroupColour:
			want = 0
		case v.Group == measure.GroupNoise:
			want = v.OfContent
			if v.OfContent != v.OfStyle {
				t.Errorf("%s of one image: %v and %v", v.Key(), v.OfContent, v.OfStyle)
			}
		}
		if !(math.Abs(v.Value-want) <= 1e-12) {
			t.Errorf("%s of an image against itself is %v, want %v", v.Key(), v.Value, want)
		}
	}
	if len(list) < 25 {
		t.Errorf("only %d measures", len(list))
	}
}

// More noise makes every measure that depends on noise worse.
func TestNoiseRises(t *testing.T) {
	m := load(t, "content.png")
	smooth, err := m.Resize(20, 15, "")
	if err != nil {
		t.Fatal(err)
	}
	if smooth, err = smooth.Resize(63, 47, ""); err != nil {
		t.Fatal(err)
	}
	r := measure.References{Content: smooth, Style: measure.Style(load(t, "style.png"))}
	before := all(t, smooth, r)
	for _, deviation := range []float64{0.02, 0.05, 0.1, 0.3} {
		list := all(t, noisy(smooth, deviation), r)
		for key, up := range map[string]bool{
			"total_variation": true, "high_frequency": true, "content_distance": true,
			"ssim": false, "gradient_correlation": false, "content_cosine": false, "content_cosine.scale3": false,
		} {
			if a, b := before.Find(key), list.Find(key); up != (b > a) || math.IsNaN(b) {
				t.Errorf("noise of %v: %s went from %v to %v", deviation, key, a, b)
			}
		}
		before = list
	}
	if c := before.Find("clipped"); !(c > 0.01) {
		t.Errorf("strong noise clips %v of the values", c)
	}
}

// White noise has its power distributed evenly over the plane of frequencies.
func TestHighFrequencyOfNoise(t *testing.T) {
	m := nst.NewImage(200, 150)
	for i := range m.Pix {
		m.Pix[i] = 0.5
	}
	if v := measure.HighFrequency(m); !math.IsNaN(v) {
		t.Errorf("of a flat image: %v", v)
	}
	if v, want := measure.HighFrequency(noisy(m, 0.1)), 1-math.Pi/16; math.Abs(v-want) > 0.02 {
		t.Errorf("of white noise: %v, want about %v", v, want)
	}
	for i := range m.Pix { // a wave of 20 pixels has none
		m.Pix[i] = float32(0.5 + 0.4*math.Sin(float64(i%200)*2*math.Pi/20))
	}
	if v := measure.HighFrequency(m); v > 1e-4 {
		t.Errorf("of a long wave: %v", v)
	}
}

func TestBorderRatio(t *testing.T) {
	flat := nst.NewImage(64, 48)
	m := noisy(flat, 0.1)
	if v := measure.BorderRatio(m); math.Abs(v-1) > 0.1 {
		t.Errorf("of even noise: %v, want about 1", v)
	}
	for y := 3; y < 45; y++ {
		for x := 3; x < 61; x++ {
			for c := range 3 {
				m.Pix[(c*48+y)*64+x] *= 0.25
			}
		}
	}
	if v := measure.BorderRatio(m); math.Abs(v-4) > 0.5 {
		t.Errorf("of a border with four times the noise: %v", v)
	}
	if v := measure.BorderRatio(flat); !math.IsNaN(v) {
		t.Errorf("of a flat image: %v", v)
	}
}

// A saved picture has the same numbers as the image in memory.
func TestAsSaved(t *testing.T) {
	picture := noisy(load(t, "picture.png"), 0.2)
	path := t.TempDir() + "/picture.png"
	if err := picture.Save(path); err != nil {
		t.Fatal(err)
	}
	saved, err := nst.LoadWith(path, nst.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := measure.References{Content: load(t, "content.png"), Style: measure.Style(load(t, "style.png"))}
	a, b := all(t, picture, r), all(t, saved, r)
	for i := range a {
		if a[i].Value != b[i].Value {
			t.Errorf("%s: %v in memory, %v saved", a[i].Key(), a[i].Value, b[i].Value)
		}
	}
}

// The functions round too: each gives the same value for an image in memory and for the
// saved one.
func TestFunctionsSeeWhatIsSaved(t *testing.T) {
	content, picture := load(t, "content.png"), noisy(load(t, "picture.png"), 0.2)
	saved := measure.Seen(picture)
	for name, of := range map[string]func(m *nst.Image) (float64, error){
		"SSIM":                func(m *nst.Image) (float64, error) { return measure.SSIM(m, content) },
		"SSIM, second":        func(m *nst.Image) (float64, error) { return measure.SSIM(content, m) },
		"GradientCorrelation": func(m *nst.Image) (float64, error) { return measure.GradientCorrelation(m, content) },
		"TotalVariation":      func(m *nst.Image) (float64, error) { return measure.TotalVariation(m), nil },
		"HighFrequency":       func(m *nst.Image) (float64, error) { return measure.HighFrequency(m), nil },
		"BorderRatio":         func(m *nst.Image) (float64, error) { return measure.BorderRatio(m), nil },
		"Clipped":             func(m *nst.Image) (float64, error) { return measure.Clipped(m), nil },
		"PaletteOf":           func(m *nst.Image) (float64, error) { return measure.PaletteOf(m).Mean[0], nil },
	} {
		a, err1 := of(picture)
		b, err2 := of(saved)
		if err1 != nil || err2 != nil || a != b {
			t.Errorf("%s: %v in memory, %v saved; %v, %v", name, a, b, err1, err2)
		}
	}
}

// The references are rounded like the picture: a content image that is resized to the
// yardstick's size and then saved equals the content.
func TestResizedContentIsItself(t *testing.T) {
	y, err := measure.Pyramid(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	y.Size = 40
	content := load(t, "content.png")
	small, err := content.Resize(40, 30, nst.CatmullRom)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*nst.Image{"resized": small, "resized and saved": measure.Seen(small), "as it was": content} {
		list, err := measure.With(t.Context(), y, m, measure.References{Content: content, Style: measure.Style(content)})
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"content_distance", "style_distance"} {
			if v := list.Find(key); v != 0 {
				t.Errorf("%s: %s %v, want 0", name, key, v)
			}
		}
	}
}

func TestSameBitsForAnyNumberOfThreads(t *testing.T) {
	r := measure.References{Content: load(t, "content.png"), Style: measure.Style(load(t, "style.png"))}
	var want measure.List
	for _, threads := range []int{1, 2, 3, 7} {
		y, err := measure.Pyramid(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		y.Threads = threads
		got, err := measure.With(t.Context(), y, load(t, "picture.png"), r)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		for i := range want {
			if got[i].Value != want[i].Value {
				t.Errorf("%d threads: %s is %v, with one %v", threads, got[i].Key(), got[i].Value, want[i].Value)
			}
		}
	}
}

// Means are over the layers, and a picture of another size is resized to the
// yardstick's size.
func TestMeansAndSizes(t *testing.T) {
	y := narrow(t)
	content, picture := load(t, "content.png"), load(t, "picture.png")
	r := measure.References{Content: content, Style: measure.Style(load(t, "style.png"))}
	list, err := measure.With(t.Context(), y, picture, r)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := list.Find("style_distance"), (list.Find("style_distance.relu1_1")+list.Find("style_distance.relu3_1"))/2; got != want {
		t.Errorf("the mean is %v, want %v", got, want)
	}
	ruler, err := y.Against(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	larger, err := picture.Resize(126, 94, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ruler.Read(t.Context(), larger); !errors.Is(err, measure.ErrSize) {
		t.Errorf("without a size: %v, want ErrSize", err)
	}
	y.Size = 63
	if ruler, err = y.Against(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if w, h := ruler.Size(); w != 63 || h != 47 {
		t.Errorf("size %d x %d", w, h)
	}
	if reading, err := ruler.Read(t.Context(), larger); err != nil || !(reading.ContentCosine[1] > 0.98*list.Find("content_cosine.relu4_2")) {
		t.Errorf("a larger picture: %+v, %v", reading, err)
	}
}

func TestMissingReferences(t *testing.T) {
	picture, content, style := load(t, "picture.png"), load(t, "content.png"), measure.Style(load(t, "style.png"))
	for name, c := range map[string]struct {
		r         measure.References
		has, hasN string
	}{
		"content only": {measure.References{Content: content}, "ssim content_cosine colour_mean_content", "gram_cosine colour_mean_style"},
		"style only":   {measure.References{Style: style}, "gram_cosine colour_mean_style clipped", "ssim content_cosine colour_mean_content"},
		"neither":      {measure.References{}, "clipped total_variation", "gram_cosine content_cosine ssim"},
		"no weight":    {measure.References{Style: []nst.Target{{Image: content}}}, "clipped", "gram_cosine"},
	} {
		list := all(t, picture, c.r)
		for _, key := range strings.Fields(c.has) {
			if math.IsNaN(list.Find(key)) {
				t.Errorf("%s: no %s in\n%v", name, key, list)
			}
		}
		for _, key := range strings.Fields(c.hasN) {
			if !math.IsNaN(list.Find(key)) {
				t.Errorf("%s: a %s in\n%v", name, key, list)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	picture, content := load(t, "picture.png"), load(t, "content.png")
	r := measure.References{Content: content}
	if _, err := measure.All(t.Context(), &nst.Image{}, r); err == nil {
		t.Error("an empty picture was measured")
	}
	if _, err := measure.All(t.Context(), picture, measure.References{Content: &nst.Image{Width: 3, Height: 3}}); err == nil {
		t.Error("a damaged content image was taken")
	}
	if _, err := (measure.Yardstick{}).Against(t.Context(), r); err == nil || !strings.Contains(err.Error(), "Pyramid") {
		t.Errorf("a yardstick of nothing: %v", err)
	}
	if _, err := measure.VGG("vgg19", nil, nil); err == nil {
		t.Error("a VGG without weights")
	}
	y := narrow(t)
	y.Content = []string{"relu4_22"}
	if _, err := y.Against(t.Context(), r); !errors.Is(err, nst.ErrUnknownLayer) {
		t.Errorf("an unknown layer: %v", err)
	}
	small, err := content.Resize(10, 10, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := measure.SSIM(small, content); !errors.Is(err, measure.ErrSize) {
		t.Errorf("other sizes: %v", err)
	}
	if v, err := measure.SSIM(small, small); err != nil || !math.IsNaN(v) {
		t.Errorf("smaller than the window: %v, %v", v, err)
	}
	tiny := nst.NewImage(1, 1)
	if list, err := measure.Pixels(t.Context(), tiny, measure.References{Content: tiny, Style: measure.Style(tiny)}); err != nil || !math.IsNaN(list.Find("total_variation")) {
		t.Errorf("one pixel: %v, %v", list, err)
	}
}

// An error has exactly one prefix, of this package, even if several functions return
// it.
func TestErrorPrefix(t *testing.T) {
	m := load(t, "content.png")
	damaged := &nst.Image{Width: 3, Height: 3}
	y := narrow(t)
	y.Style = []string{"relu9_9"}
	for name, of := range map[string]func() error{
		"content": func() error { _, err := measure.All(t.Context(), m, measure.References{Content: damaged}); return err },
		"picture": func() error { _, err := measure.All(t.Context(), damaged, measure.References{Content: m}); return err },
		"style": func() error {
			_, err := measure.All(t.Context(), m, measure.References{Style: measure.Style(damaged)})
			return err
		},
		"colour": func() error { _, err := measure.Colour(damaged, measure.References{}); return err },
		"noise":  func() error { _, err := measure.Noise(damaged, measure.References{}); return err },
		"ssim":   func() error { _, err := measure.SSIM(m, damaged); return err },
		"layer": func() error {
			_, err := y.Against(t.Context(), measure.References{Style: measure.Style(m)})
			return err
		},
	} {
		text := fmt.Sprint(of())
		if !strings.HasPrefix(text, "measure: ") || strings.Contains(text, "nst: ") || strings.Count(text, "measure: ") != 1 {
			t.Errorf("%s: error %v", name, text)
		}
	}
}

func TestShown(t *testing.T) {
	list := measure.List{{Name: "a<b", Value: 1.0 / 3, Group: "noise", OfContent: math.NaN(), OfStyle: 2}, {Name: "none", Value: math.NaN()}}
	forms := list.SimpleRender()
	text, table := forms["text/plain"].(string), forms["text/html"].(string)
	if !strings.Contains(text, "0.3333") || strings.Contains(text, "NaN") || !strings.Contains(table, "a&lt;b") {
		t.Errorf("text\n%s\ntable\n%s", text, table)
	}
}

// Every function with a network returns the context's error, and works afterwards.
func TestCancelled(t *testing.T) {
	m := load(t, "content.png")
	r := measure.References{Content: m, Style: measure.Style(m)}
	y := narrow(t)
	ruler, err := y.Against(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]func(context.Context) error{
		"All":     func(ctx context.Context) error { _, err := measure.All(ctx, m, r); return err },
		"With":    func(ctx context.Context) error { _, err := measure.With(ctx, y, m, r); return err },
		"Against": func(ctx context.Context) error { _, err := y.Against(ctx, r); return err },
		"Read":    func(ctx context.Context) error { _, err := ruler.Read(ctx, m); return err },
		"Pixels":  func(ctx context.Context) error { _, err := measure.Pixels(ctx, m, r); return err },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := of(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
		if err := of(t.Context()); err != nil {
			t.Errorf("%s after a cancelled call: %v", name, err)
		}
	}
}

// Style images that cannot be measured are an error of every function, and not left out.
func TestStyleReferences(t *testing.T) {
	m := load(t, "content.png")
	y := narrow(t)
	for name, c := range map[string]struct {
		style []nst.Target
		want  string
	}{
		"mask":       {[]nst.Target{{Image: m, Weight: 1}, {Image: m, Mask: m.Mask(), Weight: 1}}, "with a mask"},
		"negative":   {[]nst.Target{{Image: m, Weight: 2}, {Image: m, Weight: -1}}, "image 2 has the weight -1: must be 0 or more"},
		"not finite": {[]nst.Target{{Image: m, Weight: math.NaN()}}, "weight NaN"},
	} {
		r := measure.References{Content: m, Style: c.style}
		_, with := measure.With(t.Context(), y, m, r)
		_, against := y.Against(t.Context(), r)
		_, pixels := measure.Pixels(t.Context(), m, r)
		_, colour := measure.Colour(m, r)
		_, noise := measure.Noise(m, r)
		for i, err := range []error{with, against, pixels, colour, noise} {
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, measure.ErrMask) != (name == "mask") {
				t.Errorf("%s, function %d: %v", name, i, err)
			}
		}
	}
}

// In tiles a yardstick reads the same numbers, but for rounding.
func TestYardstickInTiles(t *testing.T) {
	y, err := measure.Pyramid(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	y.Size = 120
	r := measure.References{Content: load(t, "content.png"), Style: measure.Style(load(t, "style.png"))}
	read := func(tile int) measure.List {
		y.Tile = tile
		ruler, err := y.Against(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		defer ruler.Release()
		reading, err := ruler.Read(t.Context(), load(t, "picture.png"))
		if err != nil {
			t.Fatal(err)
		}
		return ruler.Values(reading)
	}
	whole, tiles := read(0), read(32)
	for i, w := range whole {
		m := tiles[i]
		if m.Key() != w.Key() || !(math.Abs(m.Value-w.Value) <= 1e-5*math.Abs(w.Value)) || !math.IsNaN(w.OfContent) && !(math.Abs(m.OfContent-w.OfContent) <= 1e-5*math.Abs(w.OfContent)) {
			t.Errorf("in tiles %+v, want %+v", m, w)
		}
	}
}
