package nb

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"

	"github.com/gonst/workbench/notebooks/internal/host"
	"github.com/gonst/workbench/nst"
)

// ramp is a picture whose every value is another.
func ramp(width, height int) *nst.Image {
	m := nst.NewImage(width, height)
	for i := range m.Pix {
		m.Pix[i] = float32(i) / float32(len(m.Pix))
	}
	return m
}

type rendered interface {
	fmt.Stringer
	SimpleRender() map[string]any
}

var embedded = regexp.MustCompile(`src="data:image/png;base64,([^"]*)"`)

// look returns the HTML and the sizes of the pictures in it, which must decode.
func look(t *testing.T, v rendered) (html string, sizes []string) {
	t.Helper()
	data := v.SimpleRender()
	if data["text/plain"] != v.String() {
		t.Errorf("plain text %q, want %q", data["text/plain"], v.String())
	}
	html, _ = data["text/html"].(string)
	for _, m := range embedded.FindAllStringSubmatch(html, -1) {
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(m[1], "&#43;", "+"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, p.Bounds().Size().String())
	}
	return html, sizes
}

func TestGridEscapesAndEmbeds(t *testing.T) {
	html, sizes := look(t, SideBySide(Picture{Caption: `<script>"&`, Image: ramp(5, 4)}, Picture{Caption: "none"}))
	if fmt.Sprint(sizes) != "[(5,4)]" {
		t.Errorf("pictures %v", sizes)
	}
	if strings.Contains(html, "<script>") || !strings.Contains(html, "&lt;script&gt;") {
		t.Errorf("caption is not escaped: %s", html)
	}
	if !strings.Contains(html, "there is no image") {
		t.Errorf("a missing image is not named: %s", html)
	}
}

// On a narrow page, as of a PDF, the pictures of a row are small, not cut off.
func TestRowsOfPicturesFitThePage(t *testing.T) {
	html, _ := look(t, Grid{Columns: 3, Width: 256, Pictures: []Picture{{Image: ramp(5, 4)}, {Image: ramp(5, 4)}, {Image: ramp(5, 4)}}})
	if !strings.Contains(html, "grid-template-columns:repeat(3,minmax(0,max-content))") || strings.Count(html, "max-width:100%;") < 3 {
		t.Errorf("a column or a picture has a width that it keeps: %s", html)
	}
}

// Beside the HTML stands the same as a PNG, in twice the size and with the size on the
// page, for exports to PDF and for notebooks that are not trusted.
func TestPicturesStandBesideTheHTML(t *testing.T) {
	map5 := &nst.FeatureMaps{Layer: "scale1", Channels: 2, Height: 4, Width: 4, Data: make([]float32, 32)}
	for name, c := range map[string]struct {
		v             rendered
		width, height int
	}{
		"picture":     {Picture{Image: ramp(200, 100)}, 200, 100},
		"captioned":   {Picture{Image: ramp(200, 100), Caption: "größer"}, 200, 100 + lineHeight},
		"small":       {Picture{Image: ramp(5, 4)}, 128, 102},
		"large":       {Picture{Image: ramp(600, 30)}, 600, 30},
		"two":         {SideBySide(Picture{Image: ramp(200, 50)}, Picture{Image: ramp(200, 100)}), 200 + gap + 200, 100},
		"columns":     {Grid{Columns: 1, Pictures: []Picture{{Image: ramp(200, 50)}, {Image: ramp(200, 100)}}}, 200, 50 + gap + 100},
		"wrapped":     {Grid{Width: 400, Pictures: []Picture{{Image: ramp(40, 10)}, {Image: ramp(40, 10)}, {Image: ramp(40, 10)}}}, 400 + gap + 400, 100 + gap + 100},
		"one missing": {SideBySide(Picture{Image: ramp(200, 50)}, Picture{Caption: "none"}), 200, 50},
		"maps":        {FeatureMaps(map5, 2), 128 + gap + 128, 128 + lineHeight},
		"curves":      {Curves{Runs: []Run{{"", trace(3, 2, 1)}}}, 560, 320},
		"result":      {outcome{&nst.Result{Image: ramp(200, 100), Trace: trace(3, 2, 1)}}, 200 + gap + 420, 260 + lineHeight},
		"nothing":     {Picture{Caption: "none"}, 0, 0},
	} {
		file, _ := c.v.SimpleRender()["image/png"].([]byte)
		if c.width == 0 {
			if file != nil {
				t.Errorf("%s: a picture", name)
			}
			continue
		}
		p, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		width, height, ok := host.PageSize(file)
		if want := fmt.Sprint(2*c.width, 2*c.height, c.width, c.height, true); fmt.Sprint(p.Bounds().Dx(), p.Bounds().Dy(), width, height, ok) != want {
			t.Errorf("%s: %v pixels, %d x %d on the page (%t); want %s", name, p.Bounds().Size(), width, height, ok, want)
		}
		if name == "picture" {
			for _, at := range []image.Point{{0, 0}, {399, 0}, {0, 199}, {200, 100}} {
				want := ramp(200, 100).RGBA().At(at.X/2, at.Y/2)
				if got := p.At(at.X, at.Y); fmt.Sprint(color.RGBAModel.Convert(got)) != fmt.Sprint(color.RGBAModel.Convert(want)) {
					t.Errorf("%v: %v, want %v", at, got, want)
				}
			}
		}
		if name == "captioned" && !dark(p, image.Rect(0, 200, 400, 200+2*lineHeight)) {
			t.Error("no caption")
		}
	}
}

// dark reports whether text is drawn in a part of a picture.
func dark(m image.Image, part image.Rectangle) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if r, _, _, _ := m.At(x, y).RGBA(); r < 0x4000 {
				return true
			}
		}
	}
	return false
}

func TestDifference(t *testing.T) {
	a, b := ramp(4, 3), ramp(4, 3)
	b.Pix[0] += 0.5
	g, err := Difference(Picture{Image: a}, Picture{Image: b})
	if err != nil {
		t.Fatal(err)
	}
	d := g.Pictures[2]
	if d.Image.Pix[0] != 1 || d.Image.Pix[1] != 0 {
		t.Errorf("difference %v", d.Image.Pix[:2])
	}
	if want := "difference: mean 0.0139, largest 0.5"; d.Caption != want { // 0.5/36
		t.Errorf("caption %q, want %q", d.Caption, want)
	}
	if _, err := Difference(Picture{Image: a}, Picture{Image: ramp(3, 4)}); err == nil || !strings.Contains(err.Error(), "one size") {
		t.Errorf("sizes that differ: %v", err)
	}
	if _, err := Difference(Picture{Image: a}, Picture{}); err == nil {
		t.Error("no image: no error")
	}
}

func TestTable(t *testing.T) {
	table := Table{Header: []string{"name", "value"}, Rows: [][]any{{"a<b", 1.0 / 3}, {"c", 7}}}
	want := "name  value\na<b   0.3333\nc     7"
	if s := table.String(); s != want {
		t.Errorf("%q, want %q", s, want)
	}
	if html, _ := look(t, table); !strings.Contains(html, "<td>a&lt;b</td><td>0.3333</td>") {
		t.Error(html)
	}
}

func trace(values ...float64) []nst.Record {
	var all []nst.Record
	for i, v := range values {
		all = append(all, nst.Record{Step: i, Evaluations: 2 * i, Seconds: float64(i) / 2, Total: v,
			Terms: []nst.TermValue{{Name: "style", Weight: 2, Value: v / 4}}})
	}
	return all
}

func TestCurves(t *testing.T) {
	c := Curves{Runs: []Run{{"adam", trace(100, 10, 1)}}, Terms: []string{"style", Total}, Over: Evaluations}
	all := c.curves()
	if len(all) != 2 || all[0].name != "adam style" || all[0].points[1].X != 2 || all[0].points[1].Y != 5 {
		t.Errorf("curves %v", all)
	}
	if _, sizes := look(t, c); fmt.Sprint(sizes) != "[(1120,640)]" { // twice 560 x 320, for sharp screens
		t.Errorf("pictures %v", sizes)
	}
	if s := c.String(); !strings.Contains(s, "adam total  100    1     1      █▅▁") {
		t.Errorf("plain text\n%s", s)
	}
	for name, c := range map[string]Curves{
		"zeros":    {Runs: []Run{{"", trace(0, 1, 2)}}},
		"negative": {Runs: []Run{{"", trace(-1, 1)}}},
		"one":      {Runs: []Run{{"", trace(3)}}},
		"constant": {Runs: []Run{{"", trace(3, 3)}}},
		"all zero": {Runs: []Run{{"", trace(0, 0)}}},
		"huge":     {Runs: []Run{{"", trace(1e300, 1e-300)}}},
		"long":     {Runs: []Run{{"", trace(make([]float64, 5000)...)}}, Linear: true},
	} {
		if _, sizes := look(t, c); len(sizes) != 1 {
			t.Errorf("%s: %v", name, c.SimpleRender())
		}
	}
	for name, c := range map[string]Curves{
		"no runs": {}, "nothing": {Runs: []Run{{"", nil}}}, "other term": {Runs: []Run{{"", trace(1)}}, Terms: []string{"x"}},
		"not finite": {Runs: []Run{{"", trace(math.NaN(), math.Inf(1))}}},
	} {
		if s := fmt.Sprint(c.SimpleRender()["text/plain"]); !strings.Contains(s, "nothing to draw") {
			t.Errorf("%s: %q", name, s)
		}
	}
}

func features() *nst.FeatureMaps {
	return &nst.FeatureMaps{Layer: "scale1", Channels: 3, Height: 2, Width: 2, Data: []float32{
		1, 1, 1, 1, // does not vary
		0, 1, 2, 3,
		0, 10, 20, 30}}
}

func TestFeatureMaps(t *testing.T) {
	g := FeatureMaps(features(), 2)
	if len(g.Pictures) != 2 || g.Pictures[0].Caption != "scale1 map 1" || g.Pictures[1].Caption != "scale1 map 2" {
		t.Fatalf("pictures %v", g)
	}
	if _, sizes := look(t, g); fmt.Sprint(sizes) != "[(2,2) (2,2)]" {
		t.Errorf("pictures %v", sizes)
	}
	if len(FeatureMaps(features(), 99).Pictures) != 3 || len(FeatureMaps(features(), -1).Pictures) != 0 || len(FeatureMaps(nil, 3).Pictures) != 0 {
		t.Error("count is not bounded")
	}
}

func TestGram(t *testing.T) {
	want := []float64{1, 1.5, 15, 1.5, 3.5, 35, 15, 35, 350}
	if got := Gram(features()); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Gram %v, want %v", got, want)
	}
	if _, sizes := look(t, GramMatrices([]string{"a"}, features(), features())); fmt.Sprint(sizes) != "[(3,3) (3,3)]" {
		t.Errorf("pictures %v", sizes)
	}
}

func transfer() nst.Transfer {
	a, b := ramp(24, 20), ramp(24, 20)
	for i := range b.Pix {
		b.Pix[i] = float32(i%7) / 7
	}
	return nst.Transfer{
		Objective: nst.Objective{
			{Name: "content", Weight: 1, Loss: nst.Content{Target: a, Layers: nst.Layers("scale1"), Reduce: nst.Mean}},
			{Name: "style", Weight: 10, Loss: nst.Gram{Target: b, Layers: nst.Layers("scale1"), Normalize: nst.ByPositions, Reduce: nst.Mean}},
		},
		Optimizer: &nst.Adam{}, Steps: 6,
	}
}

func TestGradientIsTheSlope(t *testing.T) {
	tr := transfer()
	x := ramp(24, 20)
	_, g, err := Gradient(tr, x)
	if err != nil {
		t.Fatal(err)
	}
	norm := 0.0
	for _, v := range g.Pix {
		norm += float64(v) * float64(v)
	}
	norm = math.Sqrt(norm)
	const epsilon = 0.02
	up, down := x.Clone(), x.Clone()
	for i, v := range g.Pix {
		up.Pix[i] += float32(epsilon * float64(v) / norm)
		down.Pix[i] -= float32(epsilon * float64(v) / norm)
	}
	high, _, err1 := Gradient(tr, up)
	low, _, err2 := Gradient(tr, down)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if slope := (high - low) / (2 * epsilon); math.Abs(slope-norm) > 0.01*norm {
		t.Errorf("slope %v by differences, %v by the gradient", slope, norm)
	}
}

// attach shows what is displayed to a test.
func attach(t *testing.T) *[]string {
	var seen []string
	host.Attach(func(id string, update bool, data host.Data) error {
		if _, ok := data["text/plain"].(string); !ok {
			t.Errorf("no plain text: %v", data)
		}
		seen = append(seen, fmt.Sprint(id != "", update))
		return nil
	})
	t.Cleanup(func() { host.Attach(nil) })
	return &seen
}

func TestLivePanel(t *testing.T) {
	seen := attach(t)
	tr := transfer()
	p := &Panel{Interval: time.Nanosecond}
	p.place.next = time.Now().Add(time.Hour) // nothing before the end, which always shows
	if _, err := tr.Run(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(*seen) != "[true false]" {
		t.Errorf("displays %v, want the end's only", *seen)
	}
	*seen = nil
	live := Live()
	live.Interval = time.Nanosecond
	r, err := tr.Run(context.Background(), live)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(*seen); n < 2 || (*seen)[0] != "true false" || (*seen)[n-1] != "true true" {
		t.Errorf("displays %v, want one and its updates", *seen)
	}
	html, sizes := look(t, live)
	if len(sizes) != 2 || sizes[0] != "(24,20)" {
		t.Errorf("pictures %v", sizes)
	}
	if want := "step 6 of 6"; !strings.Contains(html, want) || !strings.Contains(html, "completed") {
		t.Errorf("no %q in %s", want, live)
	}
	if len(r.Trace) != len(live.trace) {
		t.Errorf("%d records, want %d", len(live.trace), len(r.Trace))
	}
}

// A run that ends before its last step says so in the panel.
func TestPanelOfAnEarlyEnd(t *testing.T) {
	attach(t)
	for want, end := range map[string]error{"stopped": nst.ErrStop, "failed: observer at step 2: oh": errors.New("oh")} {
		tr, p := transfer(), Live()
		tr.Run(context.Background(), p, nst.ObserverFunc(func(s *nst.Step) error {
			if s.Step == 2 {
				return end
			}
			return nil
		}))
		if line := p.line(); !strings.HasPrefix(line, "step 2 of 6 ") || !strings.HasSuffix(line, " · "+want) {
			t.Errorf("%q, want %q", line, want)
		}
	}
}

func TestOutsideANotebook(t *testing.T) {
	var b strings.Builder
	Writer = &b
	defer func() { Writer = nil }()
	Show(ramp(4, 4), Table{Header: []string{"x"}}, 42)
	if want := "image (4 x 4, mean colour 0.16 0.49 0.82)\nx\n42\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	b.Reset()
	tr := transfer()
	if _, err := tr.Run(Context(), Live()); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), "step 0 of 6 · loss ") || !strings.Contains(b.String(), "step 6 of 6") {
		t.Errorf("%q", b.String())
	}
	Writer = nil
	Show(1) // nobody hears it, nothing happens
}

func TestPresent(t *testing.T) {
	tr := transfer()
	r, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{"image": ramp(3, 3), "result": r, "maps": features(), "plot": plot.New()} {
		p, ok := Present(v).(rendered)
		if !ok {
			t.Errorf("%s: %T does not show itself", name, Present(v))
			continue
		}
		if _, sizes := look(t, p); len(sizes) == 0 {
			t.Errorf("%s: no picture", name)
		}
	}
	if Present(7) != 7 || Present((*nst.Image)(nil)) == nil {
		t.Error("what has no form is changed")
	}
}
