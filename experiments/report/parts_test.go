package report

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"

	"github.com/gonst/workbench/experiments/result"
)

// The formats of numbers. TestPageNumbers checks the page's script with the same
// values.
var (
	shortNumbers = map[float64]string{
		0: "0", 1: "1", 0.5: "0.5", 1234: "1234", 12345: "12345", 0.0123456: "0.01235", -2.5: "−2.5", 99994: "99994",
		99996: "1e5", 1.2341e7: "1.234e7", 0.0001: "1e−4", -3.21e-9: "−3.21e−9", 9.9996: "10",
		math.Inf(1): "∞", math.Inf(-1): "−∞",
	}
	writtenSeconds = map[float64]string{
		0: "0 s", 4.21: "4.2 s", 99.9: "99.9 s", 99.96: "1 min 39 s", 185: "3 min 05 s", 3599.9: "59 min 59 s", 7800: "2 h 10 min", -1: "–", math.Inf(1): "–",
	}
)

func TestNumbersForPeople(t *testing.T) {
	for v, want := range shortNumbers {
		if got := short(v); got != want {
			t.Errorf("short(%v) = %s, want %s", v, got, want)
		}
	}
	for v, want := range writtenSeconds {
		if got := seconds(v); got != want {
			t.Errorf("seconds(%v) = %s, want %s", v, got, want)
		}
	}
	at := time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)
	for to, want := range map[time.Time]string{
		{}:                     "4 May 2026, 09:30 UTC",
		at.Add(time.Second):    "4 May 2026, 09:30 UTC",
		at.Add(2 * time.Hour):  "4 May 2026, 09:30–11:30 UTC",
		at.Add(24 * time.Hour): "4 May 2026, 09:30 – 5 May 2026, 09:30 UTC",
	} {
		if got := when(at, to); got != want {
			t.Errorf("when to %v = %s, want %s", to, got, want)
		}
	}
	data, err := json.Marshal([]number{1.0 / 3, number(math.NaN()), number(math.Inf(-1)), 123456789, 0})
	must(t, err)
	if want := "[0.33333,null,null,1.2346e+08,0]"; string(data) != want {
		t.Errorf("%s, want %s", data, want)
	}
}

func TestLogarithmic(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		curves [][]float64
		ok     bool
		left   int
	}{
		{[][]float64{{1, 2}, {3, nan, inf}}, true, 0},
		{[][]float64{{0, 2, 3}}, true, 1}, // a content loss that starts at zero
		{[][]float64{{-1, -2, 3}}, false, 2},
		{[][]float64{{0, 0}}, false, 2},
		{nil, false, 0},
	} {
		if ok, left := logarithmic(c.curves); ok != c.ok || left != c.left {
			t.Errorf("%v: %v, %d", c.curves, ok, left)
		}
	}
	got := pieces([]float64{0, 1, 2, 3, 4}, []float64{0, 5, nan, 6, 7}, true)
	if len(got) != 2 || len(got[0]) != 1 || got[0][0].Y != 5 || len(got[1]) != 2 {
		t.Errorf("pieces %v", got)
	}
}

var tickRanges = [][2]float64{{1.02, 1.05}, {0.7, 30}, {1e-9, 1e9}, {3, 4}, {99, 101}, {1e-300, 1e300}}

func TestTicksLabelEveryRange(t *testing.T) {
	for _, r := range tickRanges {
		for name, ticks := range map[string][]plot.Tick{"log": logTicks(r[0], r[1], plotTicks), "linear": linearTicks(r[0], r[1], plotTicks)} {
			labels := map[string]bool{}
			for _, tick := range ticks {
				if room := 1e-6 * (r[1] - r[0]); tick.Value < r[0]-room || tick.Value > r[1]+room {
					t.Errorf("%s ticks of %v: one at %v", name, r, tick.Value)
				}
				if tick.Label != "" && labels[tick.Label] {
					t.Errorf("%s ticks of %v: %s twice", name, r, tick.Label)
				}
				labels[tick.Label] = tick.Label != ""
			}
			delete(labels, "")
			if len(labels) < 2 || len(labels) > 20 {
				t.Errorf("%s ticks of %v: labels %v", name, r, labels)
			}
		}
	}
}

// Thinning keeps the start, the end, the order and every spike.
func TestThin(t *testing.T) {
	total := make([]float64, 5000)
	for i := range total {
		total[i] = 1 / float64(i+1)
	}
	total[3333], total[4100] = 99, -99
	rows := thin(total, len(total), 200)
	if len(rows) > 200 || rows[0] != 0 || rows[19] != 19 || rows[len(rows)-1] != 4999 {
		t.Errorf("%d rows, from %d to %d", len(rows), rows[0], rows[len(rows)-1])
	}
	has := map[int]bool{}
	for i, r := range rows {
		if i > 0 && r <= rows[i-1] {
			t.Fatalf("row %d after row %d", r, rows[i-1])
		}
		has[r] = true
	}
	if !has[3333] || !has[4100] {
		t.Error("a spike was lost")
	}
	if got := thin(total, 3, 200); !reflect.DeepEqual(got, []int{0, 1, 2}) {
		t.Errorf("short: %v", got)
	}
}

func TestColours(t *testing.T) {
	for name, distinct := range map[string]int{"six": 6, "line": 5, "twenty": 20, "waiting": 4, "hundreds": 200} {
		s := studies()[name]
		dir := t.TempDir()
		s.status = func(int) result.Status { return result.Waiting }
		s.make(t, dir)
		e, err := result.Open(dir)
		must(t, err)
		seen := map[string]bool{}
		for _, r := range newStudy(e).Runs {
			if len(r.Colour) != 7 {
				t.Fatalf("%s: the colour %q", name, r.Colour)
			}
			seen[r.Colour] = true
		}
		if len(seen) < distinct*9/10 {
			t.Errorf("%s: %d colours for %d runs", name, len(seen), distinct)
		}
	}
	// White, black and red by Ottosson's reference values.
	for want, c := range map[string][3]float64{"#ffffff": {1, 0, 0}, "#000000": {0, 0, 0}, "#ff0000": {.62796, .25768, 29.234}} {
		if got := oklch(c); got != want {
			t.Errorf("oklch(%v) = %s, want %s", c, got, want)
		}
	}
}

// A picture of noise, the worst case, stays within its share of the page.
func TestEmbedKeepsToItsBudget(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	m := image.NewNRGBA(image.Rect(0, 0, 700, 300))
	for i := range m.Pix {
		m.Pix[i] = uint8(rng.Uint32())
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, m))
	must(t, os.WriteFile(filepath.Join(dir, "noise.png"), b.Bytes(), 0o644))
	e := &result.Experiment{Dir: dir}
	const budget = 30_000
	p, err := embedFile(e, "noise.png", 640, budget, false)
	must(t, err)
	if len(p.data) > budget {
		t.Errorf("%d bytes for a budget of %d", len(p.data), budget)
	}
	if p.Width != 700 || p.Height != 300 {
		t.Errorf("the size %d x %d is not the original's", p.Width, p.Height)
	}
	if _, err := embedFile(e, "../noise.png", 640, budget, false); err == nil {
		t.Error("a file outside of the directory was read")
	}
}

func TestShrink(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 100, 40)) // transparent
	small := shrink(m, 50)
	if small.Bounds().Size() != image.Pt(50, 20) {
		t.Errorf("size %v", small.Bounds())
	}
	if c := color.RGBAModel.Convert(small.At(10, 10)); c != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("transparent became %v, want white", c)
	}
	if b := shrink(image.NewNRGBA(image.Rect(0, 0, 1000, 1)), 64).Bounds(); b.Dy() != 1 {
		t.Errorf("a thin picture became %v", b)
	}
}

// The page stays below 20 MB for any amount of data.
func TestWeightOfAPage(t *testing.T) {
	const numberBytes = 9 // at most "1.2346e+08" with its comma in most cases
	if weight := (max(pageBytes, exactBytes)+framesBytes+inputsBytes)*4/3 + maxNumbers*numberBytes + len(pageScript) + len(pageStyle); weight > 20e6 {
		t.Errorf("a page may weigh %d bytes", weight)
	}
}

// The page's sources are reviewed by people: no line is longer than a window. `make
// format-check` checks the rest of their format.
func TestLinesOfThePage(t *testing.T) {
	entries, err := pageFiles.ReadDir("page")
	must(t, err)
	const columns = 100
	for _, e := range entries {
		data, err := pageFiles.ReadFile("page/" + e.Name())
		must(t, err)
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			if len([]rune(strings.TrimRight(line, "\n"))) > columns {
				t.Errorf("page/%s:%d is longer than %d columns: run `make format`, or break the text", e.Name(), n, columns)
			}
		}
	}
}

// No plot of one term overwrites another's, also where file names ignore case.
func TestPlotFilesDiffer(t *testing.T) {
	s := &study{Terms: []string{"style-evaluations", "style", "Style", "a b", "a-b", "total"}}
	taken := map[string]string{}
	for _, f := range plotFiles(s) {
		name := strings.ToLower(f.Name)
		if other, twice := taken[name]; twice {
			t.Errorf("the plots of %s and %s are both %s", other, f.column, f.Name)
		}
		taken[name] = f.column
	}
	if len(taken) != 14 {
		t.Errorf("%d plots: %v", len(taken), taken)
	}
}
