package sweep

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/explain"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// made sweeps a configuration and reads its first run.
func made(t *testing.T, plan *plan.Plan, results string) result.RunState {
	t.Helper()
	mustSweep(t, plan, Options{Results: results})
	e, err := result.Open(filepath.Join(results, plan.Name))
	if err != nil || len(e.Warnings) > 0 {
		t.Fatal(err, e.Warnings)
	}
	return e.Runs[0]
}

// What is logged can be measured again by anybody, from image.png alone.
func TestMeasuresOfTheSavedPicture(t *testing.T) {
	plan, dir := planned.Small(t, "sweep=false")
	run := made(t, plan, filepath.Join(dir, "results"))
	if got := run.Yardstick.Column("step"); !reflect.DeepEqual(got, []float64{0, 5, 10, 12}) {
		t.Errorf("rows of the steps %v", got)
	}
	load := func(path string, size int) *nst.Image {
		m, err := nst.LoadWith(path, nst.LoadOptions{Size: size})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	stick, err := measure.Pyramid(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if stick.Size = plan.Runs[0].Config.Yardstick.Size; stick.Size != config.MinYardstick {
		t.Errorf("the yardstick's size is %d", stick.Size)
	}
	content, style := filepath.Join(dir, "c.png"), filepath.Join(dir, "s.png")
	ruler, err := stick.Against(t.Context(), measure.References{Content: load(content, stick.Size), Style: measure.Style(load(style, stick.Size))})
	if err != nil {
		t.Fatal(err)
	}
	picture := load(filepath.Join(dir, "results", "exp", run.Image), 0)
	reading, err := ruler.Read(t.Context(), picture)
	if err != nil {
		t.Fatal(err)
	}
	want := append(append([]float64{12}, reading.Content...), reading.Style...)
	if got := row(run.Yardstick, 3); !reflect.DeepEqual(got, want) {
		t.Errorf("the last row is %v, measured again %v", got, want)
	}
	if got := len(run.Yardstick.Columns); got != 1+2+5 {
		t.Errorf("columns %q", run.Yardstick.Columns)
	}
	pixels, err := measure.Pixels(t.Context(), picture, measure.References{Content: load(content, 24), Style: measure.Style(load(style, 24))})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range append(ruler.Values(reading), pixels...) {
		m := run.Measures.Find(v.Key())
		if m == nil || float64(m.Value) != v.Value && !math.IsNaN(v.Value) || m.Unit == "" || m.Group != v.Group {
			t.Errorf("%s: logged %+v, measured again %v", v.Key(), m, v.Value)
		}
	}
	order := -1
	for _, m := range run.Measures.Measures {
		if g := slices.Index(result.Groups(), m.Group); g < order {
			t.Errorf("%s of the group %s comes late", m.Key(), m.Group)
		} else {
			order = g
		}
	}
	y := run.Measures.Yardstick
	if y == nil || y.Network != "pyramid" || y.Width != 64 || y.Height != 53 || run.Measures.Step != 12 {
		t.Errorf("yardstick %+v at step %d", y, run.Measures.Step)
	}
}

// A layer counts as held out where the run did not optimise it.
func TestHeldOut(t *testing.T) {
	plan, dir := planned.Small(t, "sweep=false", "network.levels=3", `loss.style.layers=["scale1", "scale3"]`)
	m := made(t, plan, filepath.Join(dir, "results")).Measures
	for key, want := range map[string]bool{
		"own_content_cosine.scale2": false, "own_content_cosine.scale1": true, "own_content_cosine.scale3": true,
		"own_gram_cosine.scale1": false, "own_gram_cosine.scale3": false, "own_gram_cosine.scale2": true,
		"own_gram_cosine": false, "heldout_gram_cosine": true,
		"gram_cosine": true, "gram_cosine.scale1": true, "content_distance.scale3": true, // other filters: nothing of them was optimised
		"ssim": false, "total_variation": false,
	} {
		if v := m.Find(key); v == nil || v.HeldOut != want {
			t.Errorf("%s: %+v, want held out %v", key, v, want)
		}
	}
	if a, b, c := m.Find("own_gram_cosine"), m.Find("own_gram_cosine.scale1"), m.Find("own_gram_cosine.scale3"); math.Abs(float64(a.Value)-float64(b.Value+c.Value)/2) > 1e-15 {
		t.Errorf("the mean is %v of %v and %v", a.Value, b.Value, c.Value)
	}
}

// With the real VGG-19 the yardstick is it, and shares its filters.
func TestYardstickVGG19(t *testing.T) {
	weights := os.Getenv("NST_VGG19")
	if weights == "" {
		t.Skip("NST_VGG19 does not name a file of VGG-19's weights")
	}
	dir := fixture.Files(t, map[string]string{"a.toml": strings.Split(planned.SmallSweep, "[network]")[0] + fmt.Sprintf(`
[network]
name = "vgg19"
weights = %q
pooling = "average"
[loss.content]
layers = "block4_conv2"
[loss.style]
layers = ["relu1_1", "relu3_3"]
[run]
steps = 2
`, weights), "c.png": fixture.PNG(t, 24, 20, 0.2), "s.png": fixture.PNG(t, 24, 24, 0.9)})
	plan, err := plan.Read(filepath.Join(dir, "a.toml"))
	if err != nil {
		t.Fatal(err)
	}
	y := plan.Runs[0].Config.Yardstick
	if y.Network != "vgg19" || y.Weights != weights || y.Preprocess != "caffe" {
		t.Errorf("yardstick %+v", y)
	}
	m := made(t, plan, filepath.Join(dir, "results")).Measures
	for key, want := range map[string]bool{
		"content_cosine.relu4_2": false, "content_cosine": false, "style_distance.relu1_1": false, "style_distance.relu2_1": true, "style_distance": false,
		"own_gram_cosine.relu3_3": false, "own_gram_cosine.relu2_2": true, "own_content_cosine.relu4_2": false, // block4_conv2
	} {
		if v := m.Find(key); v == nil || v.HeldOut != want {
			t.Errorf("%s: %+v, want held out %v", key, v, want)
		}
	}
	if m.Yardstick.Weights == "" || m.Yardstick.Network != "vgg19" {
		t.Errorf("%+v", m.Yardstick)
	}
}

// The shares at the start are those that nst explain tells.
func TestSharesAreExplains(t *testing.T) {
	plan, dir := planned.Small(t, "sweep=false", "start.from=noise")
	e, err := explain.Run(context.Background(), plan.Runs[0], 1)
	if err != nil {
		t.Fatal(err)
	}
	m := made(t, plan, filepath.Join(dir, "results")).Measures
	var loss, gradient, layers float64
	for _, s := range m.Shares {
		if s.At != result.AtStart {
			continue
		}
		if s.Layer != "" {
			layers += float64(s.Gradient)
			continue
		}
		loss += float64(s.Loss)
		gradient += float64(s.Gradient)
		i := slices.IndexFunc(e.Terms, func(x explain.TermExplained) bool { return x.Name == s.Term })
		if x := e.Terms[i]; float64(s.Gradient) != x.GradientShare || float64(s.Loss) != x.LossShare || float64(s.Value) != x.Value {
			t.Errorf("%+v, explained %+v", s, x.Effect)
		}
	}
	for _, sum := range []float64{loss, gradient, layers} {
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("shares sum to %v, %v, %v", loss, gradient, layers)
		}
	}
	if n := len(m.Shares); n != 2*(2+2) {
		t.Errorf("%d shares", n)
	}
}

// Whatever a run lacks or leaves out, the rest is there.
func TestMeasuresOfOddRuns(t *testing.T) {
	const texture = "[images]\nstyle = \"s.png\"\nsize = 24\n[network]\nlevels = 2\nfilters = 8\n[loss.style]\nlayers = \"scale1\"\n[start]\nfrom = 'noise'\n[run]\nsteps = 3\n"
	for _, c := range []struct {
		name, text string
		set        []string
		has, hasN  string // files, columns and measures
	}{
		{"texture", texture, nil, "yardstick.csv measures.json style.scale1 gram_cosine own_gram_cosine.scale2 clipped", "content.scale3 content_cosine ssim"},
		{"neither image", texture, []string{"images.style=''", "loss.style=false", "loss.tv.weight=1"}, "", ""},
		{"no curve", texture, []string{"log.yardstick=0"}, "measures.json gram_cosine", "yardstick.csv style.scale1"},
		{"no measures", texture, []string{"log.measures=false"}, "yardstick.csv style.scale5", "measures.json gram_cosine"},
		{"long and narrow", texture, nil, "style.scale1 style.scale3 gram_cosine", "style.scale4"},
	} {
		if c.name == "neither image" {
			c.text = "[images]\nsize = 24\n[loss.tv]\n[start]\nfrom = 'noise'\n[run]\nsteps = 3\n"
			c.set, c.has, c.hasN = nil, "measures.json clipped", "yardstick.csv gram_cosine ssim colour_mean_style"
		}
		if c.name == "long and narrow" {
			c.text = strings.NewReplacer("s.png", "long.png", "24", "128").Replace(c.text)
		}
		dir := fixture.Files(t, map[string]string{"a.toml": c.text, "s.png": fixture.PNG(t, 24, 20, 0.2), "long.png": fixture.PNG(t, 128, 5, 0.2)})
		plan, err := plan.Read(filepath.Join(dir, "a.toml"), c.set...)
		if err != nil {
			t.Fatal(c.name, err)
		}
		run := made(t, plan, filepath.Join(dir, "results"))
		have := func(what string) bool {
			if strings.HasSuffix(what, ".csv") || strings.HasSuffix(what, ".json") {
				_, err := os.Stat(filepath.Join(dir, "results", "a", run.Dir, what))
				return err == nil
			}
			return run.Measures.Find(what) != nil || run.Yardstick.Column(what) != nil
		}
		for _, what := range strings.Fields(c.has) {
			if !have(what) {
				t.Errorf("%s: no %s", c.name, what)
			}
		}
		for _, what := range strings.Fields(c.hasN) {
			if have(what) {
				t.Errorf("%s: a %s", c.name, what)
			}
		}
	}
}

// A run that went astray is measured at its last good picture.
func TestMeasuresOfADivergedRun(t *testing.T) {
	plan, dir := planned.Small(t, "sweep=false", "optimizer={kind='sgd'}", "schedule.rate=1e15", "log.yardstick=1")
	results := filepath.Join(dir, "results")
	sum, err := Run(t.Context(), plan, Options{Results: results})
	if err != nil || sum.Count(Failed) != 1 {
		t.Fatal(sum, err)
	}
	e, err := result.Open(filepath.Join(results, "exp"))
	if err != nil {
		t.Fatal(err)
	}
	run := e.Runs[0]
	if run.Measures == nil || run.Measures.Find("clipped") == nil || run.Yardstick.Len() == 0 || run.Run.Sums[result.MeasuresFile] == "" {
		t.Errorf("%+v", run)
	}
}

// A curve goes on only with the yardstick that it was begun with.
func TestOtherYardstickMeanwhile(t *testing.T) {
	planned, dir := planned.Small(t, "sweep=false", "log.yardstick=1")
	results := filepath.Join(dir, "results")
	whole := made(t, planned, filepath.Join(dir, "whole")).Yardstick
	interrupt := func() {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := Run(ctx, planned, Options{Results: results, Watch: func(p Progress) {
			if p.Runs[0].Step >= 4 {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	interrupt()
	other, err := plan.Read(filepath.Join(dir, "exp.toml"), "sweep=false", "log.yardstick=1", "yardstick.size=100")
	if err != nil {
		t.Fatal(err)
	}
	got := made(t, other, results).Yardstick
	if steps := got.Column("step"); steps[0] < 4 || steps[len(steps)-1] != 12 {
		t.Skipf("the run was over, or had not begun, when it was interrupted: %v", steps)
	}
	if reflect.DeepEqual(row(got, got.Len()-1), row(whole, whole.Len()-1)) {
		t.Error("another size measures the same")
	}
}

// row returns a row of a table.
func row(m *result.Metrics, i int) []float64 {
	var values []float64
	for _, column := range m.Values {
		values = append(values, column[i])
	}
	return values
}

// Another number of threads gives the same bytes, shares included.
func TestMeasuresAreBytes(t *testing.T) {
	plan, dir := planned.Small(t, "sweep=false")
	var want string
	for threads := 1; threads < 5; threads++ {
		results := filepath.Join(dir, fmt.Sprint(threads))
		mustSweep(t, plan, Options{Results: results, Threads: threads})
		data := fixture.ContentOf(t, results, "exp", plan.Runs[0].Name, result.MeasuresFile)
		if want == "" {
			want = data
		}
		if data != want || !json.Valid([]byte(data)) {
			t.Errorf("%d threads:\n%s\nwith one:\n%s", threads, data, want)
		}
	}
}
