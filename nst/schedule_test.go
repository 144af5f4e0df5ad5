package nst

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

var _ = []Schedule{Constant{}, Exponential{}, StepDecay{}, Piecewise{}, Cosine{}, Warmup{}}

// TestTorchSchedules compares with torch's lr_scheduler (testdata/optimizers/generate.py).
func TestTorchSchedules(t *testing.T) {
	var cases []struct {
		Name  string
		Rates []float64
	}
	readTorch(t, "testdata/optimizers/schedules.json", &cases)
	ours := map[string]Schedule{
		"constant":    Constant{3},
		"exponential": Exponential{Initial: 2, Decay: 0.9},
		"lecture":     Exponential{Initial: 100, Decay: 0.96, Every: 100},
		"staircase":   Exponential{Initial: 100, Decay: 0.96, Every: 7, Staircase: true},
		"step":        StepDecay{Initial: 0.5, Factor: 0.3, Every: 13},
		"piecewise":   Piecewise{Boundaries: []int{5, 20, 21}, Rates: []float64{1, 0.5, 0.25, 0.125}},
		"cosine":      Cosine{Initial: 1.5, Final: 0.25, Steps: 59},
		"warmup":      Warmup{Steps: 10, Then: Exponential{Initial: 2, Decay: 0.9}},
	}
	if len(cases) != len(ours) {
		t.Fatalf("%d cases, %d schedules", len(cases), len(ours))
	}
	for _, c := range cases {
		s := ours[c.Name]
		if err := s.(interface{ Validate() error }).Validate(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		for step, want := range c.Rates {
			// 1e-12: torch multiplies step by step, which adds up some 60 roundings of 1e-16.
			if got := s.Rate(step); math.Abs(got-want) > 1e-12*want {
				t.Errorf("%s: step %d: %v, torch %v", c.Name, step, got, want)
			}
		}
	}
}

// TestScheduleEnds: before the first step and after the last one.
func TestScheduleEnds(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		step int
		want float64
	}{
		{Exponential{Initial: 2, Decay: 0.5}, -7, 2},
		{StepDecay{Initial: 2, Every: 3}, 3, 0.2},
		{StepDecay{Initial: 2, Every: 3}, -1, 2},
		{Piecewise{Rates: []float64{4}}, 1000, 4},
		{Piecewise{Boundaries: []int{3}, Rates: []float64{4, 0}}, -1, 4},
		{Piecewise{Boundaries: []int{3}, Rates: []float64{4, 0}}, math.MaxInt, 0},
		{Cosine{Initial: 1, Steps: 10}, 10, 0},
		{Cosine{Initial: 1, Final: 0.5, Steps: 10}, 11, 0.5},
		{Cosine{Initial: 1, Final: 0.5, Steps: 10}, -5, 1},
		{Warmup{Steps: 0, Then: Constant{3}}, 0, 3},
		{Warmup{Steps: 4, Then: Constant{4}}, -9, 1},
		{Warmup{Steps: 2, Then: Warmup{Steps: 2, Then: Constant{4}}}, 0, 1},
	} {
		if got := c.s.Rate(c.step); got != c.want {
			t.Errorf("%#v at %d: %v, want %v", c.s, c.step, got, c.want)
		}
	}
	for _, s := range []Schedule{Warmup{Steps: 3}, Piecewise{}, Piecewise{Boundaries: []int{1}, Rates: []float64{1}}} {
		if got := s.Rate(5); !math.IsNaN(got) {
			t.Errorf("%#v: %v, want NaN", s, got)
		}
	}
}

func TestScheduleRefusals(t *testing.T) {
	nan := math.NaN()
	for says, s := range map[string]interface{ Validate() error }{
		"Constant.Value is 0: allowed is a finite number above 0":   Constant{},
		"Exponential.Initial is -1":                                 Exponential{Initial: -1, Decay: 1},
		"Exponential.Decay is 0":                                    Exponential{Initial: 1},
		"Exponential.Every is -1":                                   Exponential{Initial: 1, Decay: 1, Every: -1},
		"StepDecay.Initial is NaN":                                  StepDecay{Initial: nan, Every: 1},
		"StepDecay.Factor is -1":                                    StepDecay{Initial: 1, Factor: -1, Every: 1},
		"StepDecay.Every is 0: allowed is 1 or more steps":          StepDecay{Initial: 1},
		"the number of Piecewise.Rates is 0: allowed is 1, one":     Piecewise{},
		"Piecewise.Boundaries[1] is 5: allowed is a step after 5":   Piecewise{Boundaries: []int{5, 5}, Rates: []float64{1, 1, 1}},
		"Piecewise.Boundaries[0] is 0: allowed is a step after 0":   Piecewise{Boundaries: []int{0}, Rates: []float64{1, 1}},
		"Piecewise.Rates[1] is -2: allowed is a finite number of 0": Piecewise{Boundaries: []int{5}, Rates: []float64{1, -2}},
		"Cosine.Initial is +Inf":                                    Cosine{Initial: math.Inf(1), Steps: 1},
		"Cosine.Final is -1":                                        Cosine{Initial: 1, Final: -1, Steps: 1},
		"Cosine.Steps is 0":                                         Cosine{Initial: 1},
		"Warmup.Steps is -1":                                        Warmup{Steps: -1, Then: Constant{1}},
		"Warmup.Then is <nil>":                                      Warmup{Steps: 1},
		"nst: Constant.Value is -3":                                 Warmup{Steps: 1, Then: Constant{-3}},
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%#v: error %v, want %q", s, err, says)
		}
	}
}

func printRates(s Schedule, steps ...int) {
	for _, step := range steps {
		fmt.Printf("%d: %.4g\n", step, s.Rate(step))
	}
}

// The schedule of the Keras example: 100, less 4 percent every 100 steps.
func ExampleExponential() {
	printRates(Exponential{Initial: 100, Decay: 0.96, Every: 100}, 0, 50, 100, 4000)
	// Output:
	// 0: 100
	// 50: 97.98
	// 100: 96
	// 4000: 19.54
}

func ExampleStepDecay() {
	printRates(StepDecay{Initial: 10, Factor: 0.5, Every: 200}, 0, 199, 200, 400)
	// Output:
	// 0: 10
	// 199: 10
	// 200: 5
	// 400: 2.5
}

func ExamplePiecewise() {
	printRates(Piecewise{Boundaries: []int{300, 400}, Rates: []float64{10, 3, 1}}, 0, 299, 300, 400)
	// Output:
	// 0: 10
	// 299: 10
	// 300: 3
	// 400: 1
}

func ExampleCosine() {
	printRates(Cosine{Initial: 10, Final: 1, Steps: 500}, 0, 250, 500, 600)
	// Output:
	// 0: 10
	// 250: 5.5
	// 500: 1
	// 600: 1
}

// Ten steps up to the rate, then down along a cosine.
func ExampleWarmup() {
	printRates(Warmup{Steps: 10, Then: Cosine{Initial: 10, Steps: 490}}, 0, 4, 9, 10, 255, 500)
	// Output:
	// 0: 1
	// 4: 5
	// 9: 10
	// 10: 10
	// 255: 5
	// 500: 0
}
