package engine_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/nst"
)

// TestBuild checks that the values of a file reach the library.
func TestBuild(t *testing.T) {
	p := planned.Of(t, `
seed = 5
[images]
content = "c.png"
style = {"s.png" = 1, "styles/one.png" = 3}
size = 24
style_size = 20
side = "rows"
[loss.content]
weight = 2
maximize = true
reduce = "half"
layers = {scale2 = 0.25, scale1 = 4}
[loss.style]
reduce = "gatys"
layers = ["scale1", "scale2"]
[loss.cov]
kind = "covariance"
reduce = "sum"
layers = "scale3"
[loss.corr]
kind = "correlation"
weight = 1
layers = "scale3"
[loss.tv]
difference = "power"
range = 255
[start]
from = "blend"
b = "noise"
ratio = 0.75
scale = 0.5
mean = [0, 0.5, 1]
[optimizer]
kind = "rmsprop"
alpha = 0.5
[schedule]
kind = "cosine"
warmup = 2
final = 0.001
[run]
steps = 7
pixel_range = 255
project = true
[log]
every = 3
`)
	tr, err := engine.Build(context.Background(), p.Runs[0].Config, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	content := tr.Objective[0].Loss.(nst.Content).Target
	styles := tr.Objective[1].Loss.(nst.Gram).Targets
	if content.Width != 32 || content.Height != 24 || tr.Width != 32 || tr.Height != 24 || len(styles) != 2 || styles[0].Image.Height != 20 || styles[1].Weight != 3 {
		t.Errorf("images %d x %d and %+v", content.Width, content.Height, styles)
	}
	want := nst.Objective{
		{Name: "content", Weight: 2, Maximize: true, Loss: nst.Content{Target: content, Reduce: nst.Half,
			Layers: nst.LayerWeights{{Layer: "scale2", Weight: 0.25}, {Layer: "scale1", Weight: 4}}}},
		{Name: "style", Weight: 1, Loss: nst.Gram{Targets: styles, Layers: nst.Layers("scale1", "scale2"), Normalize: nst.Raw, Reduce: nst.Gatys}},
		{Name: "cov", Weight: 1, Loss: nst.Covariance{Targets: styles, Layers: nst.Layers("scale3"), Reduce: nst.Sum}},
		{Name: "corr", Weight: 1, Loss: nst.Correlation{Targets: styles, Layers: nst.Layers("scale3"), Reduce: nst.Relative}},
		{Name: "tv", Weight: 1, Loss: nst.Variation{Kind: nst.Power, Reduce: nst.Sum, Range: 255}},
	}
	for i := range want {
		want[i].Normalize = nst.Unscaled
	}
	if !reflect.DeepEqual(tr.Objective, want) {
		t.Errorf("objective\n%+v\nwant\n%+v", tr.Objective, want)
	}
	for _, same := range []struct{ got, want any }{
		{tr.Optimizer, &nst.RMSProp{Alpha: 0.5, Epsilon: 1e-8}},
		{tr.Schedule, nst.Warmup{Steps: 2, Then: nst.Cosine{Initial: 2.55, Final: 0.001, Steps: 5}}},
		{tr.Start, nst.Blend{A: nst.FromImage(content), B: nst.Noise{Seed: 5, Scale: 0.5, Mean: []float64{0, 0.5, 1}}, Ratio: 0.75}},
		{[]any{tr.Steps, tr.PixelRange, tr.Project, tr.Every, tr.Threads}, []any{7, 255.0, true, 3, 2}},
	} {
		if !reflect.DeepEqual(same.got, same.want) {
			t.Errorf("built %+v, want %+v", same.got, same.want)
		}
	}
}

// TestEveryKindRuns checks that every choice of every table makes a transfer that runs.
func TestEveryKindRuns(t *testing.T) {
	p := planned.Of(t, `
[images]
content = "c.png"
style = "s.png"
size = 24
[network]
filters = 4
[loss.content]
[loss.style]
[run]
steps = 2
[schedule]
rate = 0.01
[sweep.runs]
plain = {}
square = {images.stretch = true}
gram = {loss.style = {reduce = "keras"}}
covariance = {loss.style.kind = "covariance"}
correlation = {loss.style.kind = "correlation"}
root = {loss.content.reduce = "root"}
squared = {loss.tv = {}}
absolute = {loss.tv = {difference = "absolute", reduce = "sum"}}
power = {loss.tv = {difference = "power"}}
style = {start.from = "style"}
noise = {start.from = "noise"}
file = {start = {from = "file", path = "styles/one.png"}}
blend = {start.from = "blend"}
texture = {loss.content = false, start.from = "noise"}
adam = {optimizer.kind = "adam"}
sgd = {optimizer = {kind = "sgd", momentum = 0.9, nesterov = true}}
rmsprop = {optimizer = {kind = "rmsprop", momentum = 0.5, centered = true}}
wolfe = {optimizer.line_search = "strong-wolfe"}
exponential = {schedule.kind = "exponential"}
step = {schedule = {kind = "step", warmup = 1}}
piecewise = {schedule = {kind = "piecewise", boundaries = [1], rates = [0.1, 0.01]}}
cosine = {schedule.kind = "cosine"}
vgg16 = {network = {name = "vgg16", width = 0.06, pooling = "average"}}
vgg19 = {network = {name = "vgg19", width = 0.06, padding = "replicate", pooling = "l2"}}
`)
	images := map[string]string{}
	for _, run := range p.Runs {
		tr, err := engine.Build(context.Background(), run.Config, 1, nil)
		if err != nil {
			t.Fatalf("%s: %v", run.Name, err)
		}
		result, err := tr.Run(context.Background())
		if err != nil {
			t.Errorf("%s: %v", run.Name, err)
			continue
		}
		var b strings.Builder
		if err := result.Image.EncodePNG(&b); err != nil {
			t.Fatal(err)
		}
		images[b.String()] = run.Name
	}
	if len(images) < len(p.Runs)/2 { // many options have no effect within two steps, but most do
		t.Errorf("%d different pictures from %d runs", len(images), len(p.Runs))
	}
}
