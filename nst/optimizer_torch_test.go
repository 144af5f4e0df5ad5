package nst

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// trajectory is one case of testdata/optimizers/trajectories.json.
type trajectory struct {
	Name, Optimizer, Function string
	Options                   json.RawMessage
	Rate                      float64
	Evaluations               int
	Rows                      []struct {
		X            []float32
		Loss, Spread float64
	}
}

// TestTorchTrajectories follows torch step by step.
func TestTorchTrajectories(t *testing.T) {
	var cases []trajectory
	readTorch(t, "testdata/optimizers/trajectories.json", &cases)
	kinds := map[string]func() Optimizer{
		"SGD":     func() Optimizer { return &SGD{} },
		"Adam":    func() Optimizer { return &Adam{} },
		"RMSProp": func() Optimizer { return &RMSProp{} },
		"LBFGS":   func() Optimizer { return &LBFGS{LineSearch: FixedStep} },
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			o := kinds[c.Optimizer]()
			d := json.NewDecoder(bytes.NewReader(c.Options))
			d.DisallowUnknownFields()
			if err := d.Decode(o); err != nil {
				t.Fatal(err)
			}
			p := functionNamed(t, c.Function)
			f, count := p.objective()
			x := slices.Clone(p.start)
			var worst, spread float64
			for i, row := range c.Rows {
				before := slices.Clone(x)
				e, err := o.Step(f, x, c.Rate)
				if err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
				dx := relative(before, row.X)
				// Relative to the distance from the minimum plus what float32 in x
				// leaves undecided: a loss of 1e-9 next to a start at 24 has no digits left.
				dl := math.Abs(e.Loss-row.Loss) / (math.Abs(row.Loss) + 1e-3*c.Rows[0].Loss)
				worst, spread = max(worst, dx, dl), max(spread, row.Spread)
				// 1e-5: torch's float32 dot products and fused multiplications differ from ours
				// by some 1e-7, and most steps amplify that little. Where they amplify it much,
				// in torch itself too (generate.py), the same magnitude as there.
				if limit := max(1e-5, 5*spread); !(dx <= limit) || !(dl <= limit) {
					t.Fatalf("step %d: x %v, loss %v; torch has %v, %v (off by %.1e, %.1e)", i, before, e.Loss, row.X, row.Loss, dx, dl)
				}
			}
			t.Logf("%d steps, off by at most %.1e, spread %.1e", len(c.Rows), worst, spread)
			// torch evaluates anew at the start of each step; a line search of ours hands its last evaluation on.
			want := c.Evaluations
			if l, ok := o.(*LBFGS); ok && l.LineSearch == StrongWolfe {
				want -= len(c.Rows) - 1
			}
			if *count != want {
				t.Errorf("%d evaluations, torch needs %d", *count, want)
			}
		})
	}
}

// relative is |a-b| / |b|.
func relative(a, b []float32) float64 {
	var d, n float64
	for i := range b {
		d += math.Pow(float64(a[i])-float64(b[i]), 2)
		n += math.Pow(float64(b[i]), 2)
	}
	if d == 0 {
		return 0
	}
	return math.Sqrt(d / n)
}

func readTorch(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
