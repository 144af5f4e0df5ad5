package nst

import (
	"context"
	"math"
	"testing"
)

// Options that exist because published programs differ in them; whole programs
// are compared in experiments/engine.

func TestAdamEpsilonHat(t *testing.T) {
	f := func(x, grad []float32) (Evaluation, error) {
		grad[0] = 3
		return Evaluation{Loss: 3 * float64(x[0])}, nil
	}
	// The first step's corrected mean is the gradient; TensorFlow's documentation
	// has rate * sqrt(1-beta2)/(1-beta1) * m / (sqrt(v) + epsilon).
	const rate, epsilon, beta2 = 0.5, 0.1, 0.999
	m, v := (1-0.9)*3, (1-beta2)*9
	for hat, want := range map[bool]float64{
		false: rate * 3 / (3 + epsilon),
		true:  rate * math.Sqrt(1-beta2) / (1 - 0.9) * m / (math.Sqrt(v) + epsilon),
	} {
		x := []float32{0}
		if _, err := (&Adam{Epsilon: epsilon, EpsilonHat: hat}).Step(f, x, rate); err != nil {
			t.Fatal(err)
		}
		if got := -float64(x[0]); math.Abs(got-want) > 1e-5*want {
			t.Errorf("hat %v: a step of %v, want %v", hat, got, want)
		}
	}
}

// A term in the gradient only moves the image and leaves the total alone.
func TestGradientOnly(t *testing.T) {
	content := goldenImage{"photo", 12, 16}.image()
	run := func(only bool, weight float64) *Result {
		tr := Transfer{
			Network: mustOpen(t, goldenNetwork{Name: "vgg19", Width: 1.0 / 16}),
			Objective: Objective{
				{Name: "content", Weight: 1, Loss: Content{Target: content, Layers: Layers("relu1_1")}},
				{Name: "tv", Weight: weight, GradientOnly: only, Loss: Variation{Kind: Cropped}},
			},
			Optimizer: &SGD{}, Schedule: Constant{Value: 1e-3}, Steps: 1, Threads: 1,
		}
		r, err := tr.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	with, only, without := run(false, 2), run(true, 2), run(false, 0)
	if apart(with.Image.Pix, only.Image.Pix) != 0 || apart(with.Image.Pix, without.Image.Pix) == 0 {
		t.Error("the image does not move as in a run with the term")
	}
	for i, r := range only.Trace {
		tv := with.Trace[i].Terms[1]
		if got, want := r.Total, with.Trace[i].Total-2*tv.Value; math.Abs(got-want) > 1e-6*with.Trace[i].Total || tv.Value == 0 {
			t.Errorf("record %d: total %v, want %v without the term's %v", i, got, want, tv.Value)
		}
		if r.Terms[1].Value != tv.Value {
			t.Errorf("record %d: the term's own value is %v, want %v", i, r.Terms[1].Value, tv.Value)
		}
	}
}

// On a straight slope with clamped steps torch's s is not what x has seen.
func TestLBFGSBlind(t *testing.T) {
	f := func(x, grad []float32) (Evaluation, error) {
		grad[0] = x[0] - 3
		return Evaluation{Loss: float64(grad[0]) * float64(grad[0]) / 2}, nil
	}
	for blind, want := range map[bool]float64{
		// The first step, of length 1, is cut to 0.25. The gradient changes by 0.25:
		false: 0.25 + 2.75,   // s = 0.25 finds the curvature 1 and so the minimum
		true:  0.25 + 4*2.75, // s = 1 finds the curvature 0.25
	} {
		o, x := &LBFGS{LineSearch: FixedStep, Blind: blind}, []float32{0}
		for step := range 2 {
			if _, err := o.Step(f, x, 1); err != nil {
				t.Fatal(err)
			}
			if step == 0 {
				x[0] = 0.25
			}
		}
		if math.Abs(float64(x[0])-want) > 1e-5 {
			t.Errorf("blind %v: x is %v, want %v", blind, x[0], want)
		}
	}
}
