package nst

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gonst/workbench/nst/internal/cpu"
)

// Each part measured by itself must be what an objective of that part alone has.
func TestPulls(t *testing.T) {
	tr := small(&LBFGS{LineSearch: FixedStep})
	tr.PixelRange = 255
	style := tr.Objective[1].Loss.(Gram)
	style.Layers = LayerWeights{{"relu1_1", 0.25}, {"relu2_1", 2}}
	tr.Objective[1].Loss = style
	tr.Objective[1].Maximize = true
	tr.Objective[2].GradientOnly = true
	other := Noise{Seed: 4}
	pulls, err := tr.Pulls(context.Background(), nil, other)
	if err != nil {
		t.Fatal(err)
	}
	if len(pulls) != 2 {
		t.Fatalf("%d images measured, want 2", len(pulls))
	}
	if c := pulls[0][0]; c.Value != 0 || c.Norm != 0 {
		t.Errorf("content at the content image pulls: %+v", c)
	}
	if pulls[0][2].Value != 0 || pulls[0][2].Norm == 0 {
		t.Errorf("a term in the gradient only: %+v", pulls[0][2])
	}
	alone := func(term Term) (float64, float64) {
		net := tr.Network
		m, err := other.Begin(33, 22)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Objective{term}.bind(t.Context(), net, 33, 22, cpu.Device{Workers: 1}, resized{})
		if err != nil {
			t.Fatal(err)
		}
		gradient := make([]float32, len(m.Pix))
		_, total, err := p.evaluate(context.Background(), m.Pix, gradient)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, g := range gradient {
			sum += float64(g) * float64(g)
		}
		return total, math.Sqrt(sum)
	}
	same := func(what string, value, norm, wantValue, wantNorm float64) {
		t.Helper()
		if math.Abs(value-wantValue) > 1e-5*math.Abs(wantValue) || math.Abs(norm-wantNorm) > 1e-5*wantNorm {
			t.Errorf("%s: value %v, norm %v; alone %v, %v", what, value, norm, wantValue, wantNorm)
		}
	}
	for i, pull := range pulls[1] {
		term := tr.Objective[i]
		value, norm := alone(term)
		if term.GradientOnly {
			value = 0
		}
		same(pull.Name, pull.Value, pull.Norm, value, norm)
		if i != 1 {
			continue
		}
		for k, lw := range style.Layers {
			one := style
			one.Layers = LayerWeights{lw}
			term.Loss = one
			value, norm := alone(term)
			same(lw.Layer, pull.Layers[k].Value, pull.Layers[k].Norm, value, norm)
		}
	}
	again, err := tr.Pulls(context.Background(), other)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again[0] {
		if again[0][i].Norm != pulls[1][i].Norm || again[0][i].Value != pulls[1][i].Value {
			t.Errorf("measured again: %+v, before %+v", again[0][i], pulls[1][i])
		}
	}
}

func TestPullsRefusals(t *testing.T) {
	tr := small(nil)
	if _, err := tr.Pulls(context.Background(), Noise{}, File{Path: "nowhere.png"}); err == nil || !strings.Contains(err.Error(), "nowhere.png") {
		t.Errorf("error %v", err)
	}
	bad := wave(33, 22, 5)
	bad.Pix[7] = float32(math.Inf(1))
	if _, err := tr.Pulls(context.Background(), FromImage(bad)); !errors.Is(err, ErrNotFinite) {
		t.Errorf("error %v, want ErrNotFinite", err)
	}
	tr.Objective = nil
	if _, err := tr.Pulls(context.Background(), nil); err == nil {
		t.Error("an empty objective pulls")
	}
}

// In tiles the terms pull as on the whole image, each part for itself.
func TestPullsInTiles(t *testing.T) {
	m := wave(67, 50, 5)
	tr := &Transfer{Network: open(t, "vgg19", Options{Width: 1. / 16, Pooling: Average}), Start: FromImage(m), Width: 67, Height: 50}
	for _, term := range maskedObjective([]string{"relu1_1", "relu2_1", "relu3_1"}, 67, 50) {
		switch term.Name {
		case "relative", "regions", "guided", "dream", "palette":
			tr.Objective = append(tr.Objective, term)
		}
	}
	tr.Objective[2].GradientOnly = true
	whole, err := tr.Pulls(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tr.Tile = 32
	tiles, err := tr.Pulls(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-4*math.Abs(b) }
	for i, w := range whole[0] {
		p := tiles[0][i]
		if p.Name != w.Name || !near(p.Value, w.Value) || !near(p.Norm, w.Norm) || len(p.Layers) != len(w.Layers) {
			t.Errorf("in tiles %+v, want %+v", p, w)
			continue
		}
		for k, l := range w.Layers {
			if q := p.Layers[k]; q.Layer != l.Layer || !near(q.Value, l.Value) || !near(q.Norm, l.Norm) {
				t.Errorf("%s: in tiles %+v, want %+v", w.Name, q, l)
			}
		}
	}
	tr.Objective = Objective{{Name: "patches", Weight: 1, Loss: Histogram{Target: m, Layers: Layers("relu1_1")}}}
	if _, err := tr.Pulls(t.Context(), nil); !errors.Is(err, ErrTiles) {
		t.Errorf("error %v, want ErrTiles", err)
	}
}
