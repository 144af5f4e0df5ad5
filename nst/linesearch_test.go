package nst

import (
	"math"
	"testing"
)

// The functions of Moré and Thuente 1994, (5.1) to (5.3), with their slopes.
var moreThuente = map[string]func(a float64) (loss, slope float64){
	"mt1": func(a float64) (float64, float64) {
		q := a*a + 2
		return -a / q, -1/q + 2*a*a/(q*q)
	},
	"mt2": func(a float64) (float64, float64) {
		b := a + 0.004
		return math.Pow(b, 5) - 2*math.Pow(b, 4), 5*math.Pow(b, 4) - 8*math.Pow(b, 3)
	},
	"mt3": func(a float64) (float64, float64) {
		const beta, l = 0.01, 39
		var base, slope float64
		switch {
		case a <= 1-beta:
			base, slope = 1-a, -1
		case a >= 1+beta:
			base, slope = a-1, 1
		default:
			base, slope = (a-1)*(a-1)/(2*beta)+beta/2, (a-1)/beta
		}
		return base + 2*(1-beta)/(l*math.Pi)*math.Sin(l*math.Pi/2*a), slope + (1-beta)*math.Cos(l*math.Pi/2*a)
	},
}

// TestTorchLineSearch compares every trial with torch's _strong_wolfe.
func TestTorchLineSearch(t *testing.T) {
	var cases []struct {
		Name    string
		First   float64
		Limit   int
		T, Loss float64
		Trials  []float64
	}
	readTorch(t, "testdata/optimizers/linesearch.json", &cases)
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		phi := moreThuente[c.Name]
		var trials []float64
		f := func(x, grad []float32) (Evaluation, error) {
			trials = append(trials, float64(x[0])) // x = 0 + t*1
			loss, slope := phi(float64(x[0]))
			grad[0] = float32(slope)
			return Evaluation{Number: len(trials), Loss: loss}, nil
		}
		w := wolfe{f: f, x: []float32{0}, d: []float32{1}}
		w.init(1)
		loss, slope := phi(0)
		end, err := w.search(probe{loss: loss, slope: float64(float32(slope)), buffer: -1}, c.First, c.Limit)
		if err != nil {
			t.Fatal(err)
		}
		// 1e-6, ten float32 roundings: points and slopes are the same float32 on both sides.
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Abs(b)+1e-9 }
		same := len(trials) == len(c.Trials)
		for i := range min(len(trials), len(c.Trials)) {
			same = same && near(trials[i], c.Trials[i])
		}
		if !same || !near(end.t, c.T) || !near(end.loss, c.Loss) {
			t.Errorf("%s from %v, at most %d: trials %v, end at %v with %v;\ntorch: %v, %v, %v",
				c.Name, c.First, c.Limit, trials, end.t, end.loss, c.Trials, c.T, c.Loss)
		}
		if end.buffer >= 0 {
			if _, slope := phi(float64(float32(end.t))); w.grads[end.buffer][0] != float32(slope) {
				t.Errorf("%s from %v: the gradient handed on is %v, at t = %v it is %v", c.Name, c.First, w.grads[end.buffer][0], end.t, slope)
			}
		}
	}
}

// TestLineSearchStaysInTheDomain: a trial where the objective is not finite is a
// step too far, to be shortened, not the end.
func TestLineSearchStaysInTheDomain(t *testing.T) {
	// -log(1-x) - 2x has its minimum at 1/2 and is not defined from 1 on.
	count := 0
	f := func(x, grad []float32) (Evaluation, error) {
		count++
		v := float64(x[0])
		grad[0] = float32(1/(1-v) - 2)
		return Evaluation{Number: count, Loss: -math.Log(1-v) - 2*v}, nil
	}
	for _, rate := range []float64{1, 1.5, 40, 1e4} {
		o, x := &LBFGS{LineSearch: StrongWolfe}, []float32{0}
		for range 12 {
			e, err := o.Step(f, x, rate)
			if err != nil {
				break // converged
			}
			if notFinite(e.Loss) || !(x[0] < 1) {
				t.Fatalf("rate %v: at %v with loss %v", rate, x[0], e.Loss)
			}
		}
		if math.Abs(float64(x[0])-0.5) > 1e-3 {
			t.Errorf("rate %v: ended at %v", rate, x[0])
		}
	}
}
