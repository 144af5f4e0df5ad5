package engine_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"github.com/gonst/workbench/experiments/config"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// Every preset is compared with its system, which was written a second time in PyTorch
// and float64: see testdata/presets/README.md. The comparison covers everything from
// the file to the tenth step. Only the weights, and the noise that some systems start
// with, come from outside.
type presetTolerance struct {
	value, gradient, step float64 // at the start; and after up to five steps
	late                  float64 // after ten steps
}

var narrowTolerance = presetTolerance{1e-4, 1e-4, 1e-4, 1e-3}

type presetGolden struct {
	Preset         string
	Content, Style goldenPicture
	Terms          map[string][]float64 // weighted
	Losses         map[int]float64      // by completed steps, as far as float32 resolves them
	UnitLosses     map[int]float64      `json:"unit_losses"` // with white = 1 for the optimiser
	Noise          *struct {
		Mean      [3]float64 // red, green, blue; white is 1
		Deviation float64
	}
	Start     goldenFloats // the picture, if it is noise
	Gradient  goldenFloats // the whole gradient, or
	Summary   *goldenGradient
	Pulls     map[string]goldenGradient // of each term alone
	Optimizer struct {
		Kind    string
		History int
		Search  bool
	}
	Rates map[int]float64
}

// goldenGradient is the norm of a gradient and its three projections onto noise.
type goldenGradient struct {
	Norm        float64
	Projections []float64
}

type goldenFloats []float32

func (f *goldenFloats) UnmarshalText(text []byte) error {
	data, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return err
	}
	for len(data) > 0 {
		*f = append(*f, math.Float32frombits(binary.LittleEndian.Uint32(data)))
		data = data[4:]
	}
	return nil
}

func readPresetGoldens(t *testing.T, name string) []presetGolden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "presets", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []presetGolden
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if want := len(plan.Published()); len(all) != want && (name != "vgg19.json" || len(all) != want-1) { // without titu1994, on VGG-16
		t.Fatalf("%d goldens for %d presets", len(all), len(plan.Published()))
	}
	return all
}

// transfer builds the preset's transfer: ten steps on the golden's pictures.
func (g presetGolden) transfer(t *testing.T, weights nst.Weights, settings ...string) *nst.Transfer {
	t.Helper()
	dir := fixture.Files(t, map[string]string{
		"c.png": g.Content.png(t), "s.png": g.Style.png(t),
		"a.toml": "base = 'preset:" + g.Preset + "'\n[images]\ncontent = 'c.png'\nstyle = 's.png'\n[run]\nsteps = 10\n",
	})
	file := filepath.Join(dir, "a.toml")
	size := func(n int) []string {
		settings := append([]string{fmt.Sprint("images.size=", n), "network.weights=random"}, settings...)
		if g.Preset == "crowson" { // its last stage alone; TestCrowsonStages compares all
			settings = append(settings, fmt.Sprint("stages.from=", n), "stages.steps=[10]", "run.average=0")
		}
		return settings
	}
	p, err := plan.Read(file, size(g.Content.Width)...)
	if err == nil && (p.Runs[0].Config.Images.Side == "rows" || p.Runs[0].Config.Images.Side == "short") {
		p, err = plan.Read(file, size(g.Content.Height)...)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := p.Runs[0].Config
	tr, err := engine.Build(context.Background(), c, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tr.Width != g.Content.Width || tr.Height != g.Content.Height {
		t.Fatalf("the result has %d x %d pixels", tr.Width, tr.Height)
	}
	if len(tr.Stages) == 1 {
		tr.Stages = nil
	}
	o := engine.NetworkOptions(c.Network)
	o.Weights = weights
	if tr.Network, err = nst.Open(c.Network.Name, o); err != nil {
		t.Fatal(err)
	}
	if (c.Start.From == "noise") != (g.Noise != nil) {
		t.Fatalf("the preset starts from %s", c.Start.From)
	}
	history := 0
	if o, ok := c.Optimizer.Options.(*config.LBFGS); ok {
		history = o.History
	}
	if o := c.Optimizer; o.Kind != g.Optimizer.Kind || history != g.Optimizer.History || o.Options.Searches() != g.Optimizer.Search {
		t.Errorf("the optimizer is %s with %+v, want %+v", o.Kind, o.Options, g.Optimizer)
	}
	for step, want := range g.Rates {
		if got := tr.Schedule.Rate(step); math.Abs(got/want-1) > 1e-12 {
			t.Errorf("the rate of step %d is %v, want %v", step, got, want)
		}
	}
	if n := g.Noise; n != nil {
		near := func(a, b float64) bool { return math.Abs(a/b-1) < 1e-6 }
		for i, mean := range n.Mean {
			if !near(c.Start.Mean[i], mean) || !near(c.Start.Scale, n.Deviation) {
				t.Errorf("the start is noise of %v around %v, want %v", c.Start.Scale, c.Start.Mean, *n)
			}
		}
		img := nst.NewImage(tr.Width, tr.Height)
		copy(img.Pix, g.Start)
		tr.Start = nst.FromImage(img)
	}
	return tr
}

// firstGradient is an optimiser that stores the first gradient it receives.
type firstGradient struct {
	nst.Optimizer
	gradient []float32
}

func (o *firstGradient) Step(f nst.Func, x []float32, rate float64) (nst.Evaluation, error) {
	return o.Optimizer.Step(func(x, grad []float32) (nst.Evaluation, error) {
		e, err := f(x, grad)
		if o.gradient == nil {
			o.gradient = append([]float32(nil), grad...)
		}
		return e, err
	}, x, rate)
}

// check compares the transfer with the golden. unit is the same transfer with white = 1
// for the optimiser.
func (g presetGolden) check(t *testing.T, tr, unit *nst.Transfer, allowed presetTolerance) {
	t.Helper()
	watch := &firstGradient{Optimizer: tr.Optimizer}
	tr.Optimizer, tr.Every, tr.Steps = watch, 1, lastStep(g.Losses)
	result, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var report []string
	compare := func(what string, got, want, scale, tolerance float64) {
		t.Helper()
		e := math.Abs(got-want) / scale
		report = append(report, fmt.Sprintf("%s %.0e", what, e))
		if !(e < tolerance) {
			t.Errorf("%s is %.9g, want %.9g: relative error %.1e", what, got, want, e)
		}
	}
	first := result.Trace[0]
	found := map[string]nst.TermValue{}
	for _, term := range first.Terms {
		found[term.Name] = term
	}
	for name, parts := range g.Terms {
		term, ok := found[name]
		if !ok || len(term.Layers) != len(parts) {
			t.Fatalf("term %s has %d parts, want %d", name, len(term.Layers), len(parts))
		}
		for i, want := range parts {
			l := term.Layers[i]
			// A content loss that starts from the content is zero: zero to the last
			// bit, because the same kernels compute both.
			scale := math.Abs(want)
			if want == 0 {
				scale = g.Losses[0]
			}
			compare(name+" "+l.Layer, term.Weight*l.Weight*l.Value, want, scale, allowed.value)
		}
		delete(found, name)
	}
	for name := range found {
		if !(g.Preset == "jcjohnson" && name == "tv") { // this term has a gradient only
			t.Errorf("the system has no term %s", name)
		}
	}
	compareLosses := func(what string, trace []nst.Record, losses map[int]float64) {
		t.Helper()
		for _, k := range []int{0, 1, 2, 5, 10} {
			want, ok := losses[k]
			tolerance := allowed.step
			if k > 5 {
				tolerance = allowed.late
			}
			if ok {
				compare(fmt.Sprint(what, " after ", k), trace[k].Total, want, want, tolerance)
			}
		}
	}
	compareLosses("loss", result.Trace, g.Losses)
	if g.UnitLosses != nil {
		unit.Every, unit.Steps = 1, lastStep(g.UnitLosses)
		result, err := unit.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		compareLosses("loss in units of white", result.Trace, g.UnitLosses)
	}
	if g.Gradient != nil {
		difference, norm := 0.0, 0.0
		for i, want := range g.Gradient {
			d := float64(watch.gradient[i]) - float64(want)
			difference += d * d
			norm += float64(want) * float64(want)
		}
		compare("gradient's difference", math.Sqrt(difference), 0, math.Sqrt(norm), allowed.gradient)
	}
	compareGradient := func(what string, got []float32, want goldenGradient) {
		t.Helper()
		if want.Norm == 0 { // only rounding, compared with the gradients of the other terms
			compare(what, length(got), 0, length(watch.gradient), allowed.gradient)
			return
		}
		compare(what+"'s norm", length(got), want.Norm, want.Norm, allowed.gradient)
		for k, projection := range want.Projections {
			sum := 0.0
			for i, p := range symmetric32(fmt.Sprintf("projection%d", k), len(got), 1) {
				sum += float64(p) * float64(got[i])
			}
			compare(fmt.Sprint(what, "'s projection ", k), sum, projection, want.Norm, allowed.gradient)
		}
	}
	if g.Summary != nil {
		compareGradient("gradient", watch.gradient, *g.Summary)
	}
	for _, term := range tr.Objective {
		alone := *tr
		alone.Objective, alone.Steps = nst.Objective{term}, 1
		var pull []float32
		alone.Optimizer = gradientOnly(func(gradient []float32) { pull = gradient })
		if _, err := alone.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		compareGradient("gradient of "+term.Name, pull, g.Pulls[term.Name])
	}
	t.Log(strings.Join(report, ", "))
}

// lastStep returns the last step before the system diverges.
func lastStep(losses map[int]float64) int {
	last := 1
	for k := range losses {
		last = max(last, k)
	}
	return last
}

func TestPresetsAreTheSystems(t *testing.T) {
	for _, g := range readPresetGoldens(t, "presets.json") {
		t.Run(g.Preset, func(t *testing.T) {
			width, weights := fmt.Sprint("network.width=", narrow), narrowVGG("vgg19")
			if g.Preset == "titu1994" {
				weights = "vgg16"
			}
			g.check(t, g.transfer(t, weights, width), g.transfer(t, weights, width, "run.pixel_range=1"), narrowTolerance)
		})
	}
}

// length returns the length of a gradient.
func length(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// gradientOnly is an optimiser that records the gradient and moves nothing.
type gradientOnly func(gradient []float32)

func (gradientOnly) Init(int) {}

func (show gradientOnly) Step(f nst.Func, x []float32, _ float64) (nst.Evaluation, error) {
	gradient := make([]float32, len(x))
	e, err := f(x, gradient)
	if err == nil {
		show(gradient)
	}
	return e, err
}
