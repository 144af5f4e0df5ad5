package nst

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// withScaled is a transfer whose gradients are scaled in both ways.
func withScaled(t *testing.T) Transfer {
	photo, paint := wave(20, 16, 7), wave(18, 20, 5)
	return Transfer{
		Network: open(t, "pyramid", Options{Levels: 3, Filters: 6, Seed: 1}), Steps: 6, Optimizer: &Adam{}, Start: Noise{Seed: 3}, Threads: 1,
		Objective: Objective{
			{Name: "content", Weight: 2, Loss: Content{Target: photo, Layers: Layers("scale2")}, Normalize: ByTerm},
			{Name: "style", Weight: 3, Loss: Gram{Target: paint, Layers: Layers("scale1", "scale3")}, Normalize: ByLayer},
			{Name: "tv", Weight: 1e-3, Loss: Variation{}},
		},
	}
}

// A run with scaled gradients does not depend on threads, and continues bit for bit.
func TestScaledGradientsResume(t *testing.T) {
	tr := withScaled(t)
	whole, err := tr.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tr.Threads = 3
	half, err := tr.Run(t.Context(), stopAfter(3))
	if err != nil {
		t.Fatal(err)
	}
	c, err := half.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	rest, err := tr.Resume(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rest.Image.Pix, whole.Image.Pix) {
		t.Error("interrupted after three steps, the run ends with another picture")
	}
}

// The norm of a term's gradient is its weight, and Pulls reports scaled gradients.
func TestScaledGradientsHaveTheirNorm(t *testing.T) {
	tr := withScaled(t)
	tr.Objective = tr.Objective[:1]
	var gradient []float32
	tr.Optimizer = standstill(func(f Func, x []float32) error {
		gradient = make([]float32, len(x))
		_, err := f(x, gradient)
		return err
	})
	tr.Steps = 1
	if _, err := tr.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sum := absoluteSum(gradient); math.Abs(sum/2-1) > 1e-5 {
		t.Errorf("the absolute values of the gradient sum to %v, want 2", sum)
	}
	for _, all := range []Objective{withScaled(t).Objective[:1], withScaled(t).Objective[1:2]} {
		tr.Objective = all
		tr.Width, tr.Height = 20, 16
		if _, err := tr.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		square := 0.0
		for _, g := range gradient {
			square += float64(g) * float64(g)
		}
		pulls, err := tr.Pulls(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := pulls[0][0].Norm, math.Sqrt(square); math.Abs(got/want-1) > 1e-4 {
			t.Errorf("%s: Pulls says %v, the gradient's norm is %v", all[0].Name, got, want)
		}
	}
}

func TestScaledGradientsRefused(t *testing.T) {
	tr := withScaled(t)
	tr.Optimizer = &LBFGS{}
	if _, err := tr.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `term "content" has a scaled gradient, which a line search`) {
		t.Errorf("error %v with a line search", err)
	}
	tr.Optimizer, tr.Tile = &Adam{}, 16
	if _, err := tr.Run(t.Context()); !errors.Is(err, ErrTiles) || !strings.Contains(err.Error(), `"content"`) {
		t.Errorf("error %v in tiles", err)
	}
	tr.Tile, tr.Objective[0].Normalize = 0, "pixel"
	if _, err := tr.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `gradient of term "content" "pixel" is unknown: choose none, layer or term`) {
		t.Errorf("error %v with an unknown normalization", err)
	}
	tr.Objective[0].Normalize, tr.Optimizer = ByTerm, &LBFGS{LineSearch: FixedStep}
	if _, err := tr.Run(t.Context()); err != nil {
		t.Errorf("error %v with fixed steps", err)
	}
}
