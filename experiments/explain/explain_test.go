package explain

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// A table made by hand from the systems' sources: coefficients of E_l.
func TestPresetUnits(t *testing.T) {
	want := map[string][]float64{
		"gatys2015":       {200, 200, 200, 200, 200},
		"gatys-notebook":  {4000. / (64 * 64), 4000. / (128 * 128), 4000. / (256 * 256), 4000. / (512 * 512), 4000. / (512 * 512)},
		"jcjohnson":       {400. / (64 * 64), 400. / (128 * 128), 400. / (256 * 256), 400. / (512 * 512), 400. / (512 * 512)},
		"neural-style-pt": {400. / (64 * 64), 400. / (128 * 128), 400. / (256 * 256), 400. / (512 * 512), 400. / (512 * 512)},
		"anishathalye":    {400. / (64 * 64), 400. / (128 * 128), 400. / (256 * 256), 400. / (512 * 512), 400. / (512 * 512)},
		"cysmith":         {400, 400, 400, 400, 400},
		"keras":           {2e-7 * 455.1, 2e-7 * 113.8, 2e-7 * 28.44, 2e-7 * 7.111, 2e-7 * 0.4444},
		"tensorflow":      {0.008, 0.008, 0.008, 0.008, 0.008},
		"gordicaleksa":    {24000, 24000, 24000, 24000, 24000},
		"pytorch":         {4e6 / (64 * 64), 4e6 / (64 * 64), 4e6 / (128 * 128), 4e6 / (128 * 128), 4e6 / (256 * 256)},
	}
	for _, y := range PresetUnits(512, 384) {
		for i, v := range want[y.Name] {
			if len(y.Style) != 5 || math.Abs(y.Style[i]/v-1) > 1e-3 {
				t.Errorf("%s: %v, want %v", y.Name, y.Style, want[y.Name])
				break
			}
		}
		if !(y.Content > 0) {
			t.Errorf("%s: content %v", y.Name, y.Content)
		}
	}
}

func explain(t *testing.T, text string, settings ...string) *Explanation {
	t.Helper()
	e, err := Run(context.Background(), planned.Of(t, text, settings...).Runs[0], 1)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const explained = fixture.Pictures + "[loss.content]\nweight = 2\n[loss.style]\nweight = 3\nlayers = ['relu1_1', 'relu2_1']\n%s[network]\nname = 'vgg19'\nwidth = 0.125\n"

// The same loss written in several ways has the same coefficient in Gatys' units, and
// the same share. If it is relative to its target, the coefficient is measured.
func TestCoefficientsAgree(t *testing.T) {
	for _, reduce := range []string{"relative", "mean"} {
		text := fmt.Sprintf(explained, "reduce = '"+reduce+"'\nnormalize = 'm'\n[start]\nfrom = 'noise'\n")
		e := explain(t, text, "loss.content.layers=relu2_2", "loss.content.reduce="+reduce)
		var layers []string
		for _, p := range e.Terms[1].Parts {
			layers = append(layers, fmt.Sprintf("%s = %v", p.Layer, p.Coefficient))
		}
		again := explain(t, strings.Replace(text, reduce+"'\nnormalize = 'm'", "gatys'", 1),
			"loss.content.layers=relu2_2", "loss.content.reduce=half", fmt.Sprint("loss.content.weight=", e.Terms[0].Parts[0].Coefficient),
			"loss.style.weight=1", "loss.style.layers={"+strings.Join(layers, ", ")+"}")
		near := func(what string, a, b float64) {
			t.Helper()
			if !(math.Abs(a/b-1) < 1e-4) {
				t.Errorf("%s: %s is %v, in Gatys' units %v", reduce, what, a, b)
			}
		}
		for i, term := range e.Terms {
			near(term.Name, term.Value, again.Terms[i].Value)
			near("share of "+term.Name, term.GradientShare, again.Terms[i].GradientShare)
			for k, p := range term.Parts {
				near(p.Layer, p.Value, again.Terms[i].Parts[k].Value)
				near("coefficient of "+p.Layer, p.Coefficient, again.Terms[i].Parts[k].Coefficient)
			}
		}
	}
}

// Shares add up to a whole. A run that starts from the content is also measured at a
// moved image.
func TestExplainShares(t *testing.T) {
	e := explain(t, fmt.Sprintf(explained, "[loss.tv]\nmaximize = true\n"))
	if !e.Moved || e.Terms[0].Value != 0 || e.Terms[0].GradientShare != 0 || e.Terms[0].MovedShare == 0 {
		t.Errorf("content at the start: %+v, measured again: %v", e.Terms[0].Effect, e.Moved)
	}
	var loss, gradient, further float64
	for _, term := range e.Terms {
		loss, gradient, further = loss+term.LossShare, gradient+term.GradientShare, further+term.MovedShare
		var within Effect
		for _, p := range term.Parts {
			within.Value += p.Value
			within.GradientShare += p.GradientShare
		}
		if math.Abs(within.Value-term.Value) > 1e-6*math.Abs(term.Value) || math.Abs(within.GradientShare-term.GradientShare) > 1e-9 {
			t.Errorf("%s: its layers sum to %+v, not to %+v", term.Name, within, term.Effect)
		}
	}
	for _, sum := range []float64{loss, gradient, further} {
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("shares sum to %v, %v and %v", loss, gradient, further)
		}
	}
	if tv := e.Terms[2]; tv.Value >= 0 || tv.Weight >= 0 || !math.IsNaN(tv.Parts[0].Coefficient) {
		t.Errorf("maximised variation: %+v", tv)
	}
	if only := explain(t, fmt.Sprintf(explained, "[loss.tv]\ngradient_only = true\n[optimizer]\nline_search = 'fixed'\n")).Terms[2]; !only.GradientOnly || only.Value != 0 || only.LossShare != 0 || only.GradientShare == 0 {
		t.Errorf("variation in the gradient only: %+v", only)
	}
	if y := e.Units; len(y.Style) != 2 || !(y.Content > 0) {
		t.Errorf("units %+v", y)
	}
}

// A weight that is computed from a share has that share, and the run's file contains
// the weight.
func TestShare(t *testing.T) {
	for name, test := range map[string]struct {
		settings []string
		want     []float64 // shares of content, style, tv
	}{
		"one":        {[]string{"loss.style.share=0.7"}, []float64{0, 0.7, 0}},
		"two":        {[]string{"loss.style.share=0.7", "loss.content.share=0.1"}, []float64{0.1, 0.7, 0.2}},
		"all":        {[]string{"loss.style.share=0.5", "loss.content.share=0.3", "loss.tv.share=0.2"}, []float64{0.3, 0.5, 0.2}},
		"from noise": {[]string{"loss.style.share=0.7", "loss.content.share=0.1", "start.from=noise"}, []float64{0.1, 0.7, 0.2}},
	} {
		text := fmt.Sprintf(explained, "[loss.tv]\nweight = 5\n")
		e := explain(t, text, test.settings...)
		for i, want := range test.want {
			got := e.Terms[i].GradientShare
			if e.Moved {
				got = e.Terms[i].MovedShare
			}
			if want != 0 && math.Abs(got-want) > 1e-3 {
				t.Errorf("%s: %s has a share of %v, want %v", name, e.Terms[i].Name, got, want)
			}
		}
		r := planned.Of(t, text, test.settings...).Runs[0]
		before := r.Identity
		settled, err := engine.Settle(context.Background(), r.Config, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Config.Losses[1].Weight != 0 {
			t.Errorf("%s: the plan's own configuration was changed", name)
		}
		written := string(settled.TOML(""))
		if want := fmt.Sprintf("share = %v # weight = %s\n", e.Terms[1].Share, config.WriteFloat(e.Terms[1].Weight)); !strings.Contains(written, want) {
			t.Errorf("%s: no %q in\n%s", name, want, written)
		}
		// The file that a run writes describes the same run.
		file := filepath.Join(t.TempDir(), "again.toml")
		fixture.PutFile(t, file, written)
		again, err := plan.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if again.Runs[0].Identity != before {
			t.Errorf("%s: run again, another identity", name)
		}
	}
}

func TestShareRefused(t *testing.T) {
	const text = fixture.Pictures + "[loss.content]\n[loss.style]\nshare = 0.7\n"
	for _, test := range []struct{ text, want string }{
		{text + "weight = 2\n", "DIR/a.toml:8:1: loss.style.weight: found a weight and a share; expected one of them"},
		{text + "[loss.tv]\nshare = 0.3\n", "DIR/a.toml:9:9: loss.tv.share: found shares that sum to 1; expected less than 1 in all: the rest goes to the losses with weights"},
		{strings.Replace(text, "[loss.content]\n", "[loss.content]\nshare = 0.2\n", 1), "DIR/a.toml:8:9: loss.style.share: found shares that sum to 0.9; expected 1 in all, for every loss has a share"},
	} {
		file := fixture.Project(t, test.text)
		_, err := plan.Read(file)
		if err == nil || !strings.Contains(fixture.Unixly(strings.ReplaceAll(err.Error(), filepath.Dir(file), "DIR")), test.want) {
			t.Errorf("said %v, want %s", err, test.want)
		}
	}
	// A share replaces an inherited weight, and a weight replaces an inherited share.
	p := planned.Of(t, text, "loss.style.weight=3", "loss.content.share=0.5").Runs[0].Config
	if p.Losses[1].Share != 0 || p.Losses[1].Weight != 3 || p.Losses[0].Share != 0.5 || p.Losses[0].Weight != 0 {
		t.Errorf("%+v", p.Losses)
	}
	// A setting removes an axis of the other key, as it removes an axis of its own key.
	fixed := planned.Of(t, text+"[sweep.axes]\nloss.style.share = [0.2, 0.4]\n", "loss.style.weight=3")
	if len(fixed.Runs) != 1 || fixed.Runs[0].Config.Losses[1].Weight != 3 {
		t.Errorf("%d runs of %+v", len(fixed.Runs), fixed.Runs[0].Config.Losses)
	}
	// There is nothing to take a share of.
	c := planned.Of(t, text, "loss.content.weight=0").Runs[0].Config
	if _, err := engine.Build(context.Background(), c, 1, nil); err == nil || !strings.Contains(err.Error(), "no weight gives it a share of 0.7") {
		t.Errorf("said %v", err)
	}
}

// TestMasksExplained: where a mask is used, and which positions of each layer it reaches.
func TestMasksExplained(t *testing.T) {
	dir := t.TempDir()
	mask := nst.NewImage(4, 4) // the left quarter is white
	for i := range mask.Pix {
		if i%4 == 0 {
			mask.Pix[i] = 1
		}
	}
	file := filepath.Join(dir, "mask.png")
	if err := mask.Save(file); err != nil {
		t.Fatal(err)
	}
	e := explain(t, fmt.Sprintf(explained, ""), "region.a.mask="+file, "images.size=40", "images.stretch=true")
	if len(e.Masks) != 1 {
		t.Fatalf("%+v", e.Masks)
	}
	m := e.Masks[0]
	if m.Key != "region.a.mask" || m.File != file || m.On != "" || m.Rule != nst.Simple || m.Share != 0.25 || len(m.Layers) != 2 {
		t.Errorf("%+v", m)
	}
	for i, l := range m.Layers {
		if l.Layer != []string{"relu1_1", "relu2_1"}[i] || l.Width != e.Width>>i || math.Abs(l.Counting-0.25) > 0.06 || l.Bytes != int64(8*l.Width*l.Height) {
			t.Errorf("%+v", l)
		}
	}
}
