package nst

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// testFunction is an objective with a known minimum, computed in float64 as
// testdata/optimizers/generate.py computes it.
type testFunction struct {
	name    string
	start   []float32
	minimum []float32
	lowest  float64
	f       func(x, grad []float64) float64
}

var testFunctions = []testFunction{
	{"quadratic", make([]float32, 6), []float32{1, -2, 0.5, 3, -1, 0.25}, 1, func(x, grad []float64) float64 {
		loss := 1.0
		for i, c := range []float64{1, 2, 4, 7, 12, 20} {
			r := x[i] - []float64{1, -2, 0.5, 3, -1, 0.25}[i]
			loss += c * r * r / 2
			grad[i] = c * r
		}
		return loss
	}},
	// Rosenbrock 1960: the curved valley.
	{"rosenbrock", []float32{-1.2, 1}, []float32{1, 1}, 0, func(x, grad []float64) float64 {
		a, b := 1-x[0], x[1]-x[0]*x[0]
		grad[0], grad[1] = -2*a-400*x[0]*b, 200*b
		return a*a + 100*b*b
	}},
	// Beale 1958.
	{"beale", []float32{1, 0.5}, []float32{3, 0.5}, 0, func(x, grad []float64) float64 {
		var loss float64
		grad[0], grad[1] = 0, 0
		power := 1.0
		for i, c := range []float64{1.5, 2.25, 2.625} {
			slope := float64(i+1) * power // of power*x[1]
			power *= x[1]
			r := c - x[0] + x[0]*power
			loss += r * r
			grad[0] += 2 * r * (power - 1)
			grad[1] += 2 * r * x[0] * slope
		}
		return loss
	}},
}

func functionNamed(t testing.TB, name string) testFunction {
	t.Helper()
	for _, p := range testFunctions {
		if p.name == name {
			return p
		}
	}
	t.Fatalf("no function %q", name)
	return testFunction{}
}

// objective returns a Func that counts, and its counter.
func (p testFunction) objective() (Func, *int) {
	number := new(int)
	wide, slope := make([]float64, len(p.start)), make([]float64, len(p.start))
	return func(x, grad []float32) (Evaluation, error) {
		for i, v := range x {
			wide[i] = float64(v)
		}
		loss := p.f(wide, slope)
		for i, v := range slope {
			grad[i] = float32(v)
		}
		*number++
		return Evaluation{Number: *number, Loss: loss}, nil
	}, number
}

// variant is an optimiser with options, as a maker of fresh ones.
type variant struct {
	name string
	make func() Optimizer
	rate float64 // a rate that is stable on every testFunction
}

var variants = []variant{
	{"SGD", func() Optimizer { return &SGD{} }, 1e-3},
	{"SGD momentum", func() Optimizer { return &SGD{Momentum: 0.9} }, 1e-4},
	{"SGD dampening", func() Optimizer { return &SGD{Momentum: 0.9, Dampening: 0.5} }, 1e-4},
	{"SGD nesterov", func() Optimizer { return &SGD{Momentum: 0.9, Nesterov: true} }, 1e-4},
	{"Adam", func() Optimizer { return &Adam{} }, 0.05},
	{"RMSProp", func() Optimizer { return &RMSProp{} }, 0.005},
	{"RMSProp centered momentum", func() Optimizer { return &RMSProp{Centered: true, Momentum: 0.5} }, 0.002},
	{"LBFGS", func() Optimizer { return &LBFGS{LineSearch: FixedStep} }, 0.3},
	{"LBFGS history 2", func() Optimizer { return &LBFGS{LineSearch: FixedStep, History: 2} }, 0.3},
	{"LBFGS wolfe", func() Optimizer { return &LBFGS{LineSearch: StrongWolfe} }, 1},
	{"LBFGS wolfe history 2", func() Optimizer { return &LBFGS{LineSearch: StrongWolfe, History: 2} }, 1},
}

// TestMinima runs every optimiser into the known minima.
func TestMinima(t *testing.T) {
	for _, v := range variants {
		for _, p := range testFunctions {
			t.Run(v.name+"/"+p.name, func(t *testing.T) {
				o, x := v.make(), slices.Clone(p.start)
				f, count := p.objective()
				// First-order methods crawl along Rosenbrock's valley with these rates.
				steps, near := 60000, 1e-2
				if strings.HasPrefix(v.name, "LBFGS") {
					steps, near = 200, 1e-3
				}
				// A rate that goes down lets those end that step by a constant length.
				s := Cosine{Initial: v.rate, Final: v.rate / 1000, Steps: steps}
				for i := range steps {
					rate := v.rate
					if steps > 1000 {
						rate = s.Rate(i)
					}
					if _, err := o.Step(f, x, rate); errors.Is(err, ErrConverged) {
						break
					} else if err != nil {
						t.Fatalf("step %d: %v", i, err)
					}
				}
				for i := range x {
					if d := math.Abs(float64(x[i] - p.minimum[i])); !(d <= near) {
						t.Fatalf("ended at %v, %g off the minimum at %v", x, d, p.minimum)
					}
				}
				t.Logf("%d evaluations", *count)
			})
		}
	}
}

// TestStepReturnsTheEvaluationAsFound: the loss is that of x before the move, the number the caller's.
func TestStepReturnsTheEvaluationAsFound(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			p := functionNamed(t, "rosenbrock")
			o, x := v.make(), slices.Clone(p.start)
			f, count := p.objective()
			check, _ := p.objective()
			last := 0
			for i := range 20 {
				want, _ := check(x, make([]float32, len(x)))
				before := slices.Clone(x)
				e, err := o.Step(f, x, v.rate)
				if err != nil {
					t.Fatal(err)
				}
				if e.Loss != want.Loss {
					t.Fatalf("step %d: loss %v, at x it is %v", i, e.Loss, want.Loss)
				}
				if e.Number <= last || e.Number > *count {
					t.Fatalf("step %d: evaluation %d after %d, of %d made", i, e.Number, last, *count)
				}
				last = e.Number
				if slices.Equal(x, before) {
					t.Fatalf("step %d did not move", i)
				}
			}
		})
	}
}

// TestFailedStepChangesNothing lets every single evaluation of a run fail once,
// those inside a line search too: x keeps its bits, and the run goes on as if nothing had been.
func TestFailedStepChangesNothing(t *testing.T) {
	broken := errors.New("broken")
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			p := functionNamed(t, "beale")
			const steps = 12
			run := func(fail func(n int) error) (points [][]float32) {
				o, x := v.make(), slices.Clone(p.start)
				plain, _ := p.objective()
				calls := 0
				f := func(x, grad []float32) (Evaluation, error) {
					calls++
					e, _ := plain(x, grad)
					return e, fail(calls)
				}
				for len(points) < steps {
					before := slices.Clone(x)
					_, err := o.Step(f, x, v.rate)
					if err != nil {
						if !errors.Is(err, broken) {
							t.Fatalf("the objective's error is lost: %v", err)
						}
						if !slices.Equal(x, before) {
							t.Fatalf("x moved from %v to %v in a failed step", before, x)
						}
						continue
					}
					points = append(points, slices.Clone(x))
				}
				return points
			}
			want := run(func(int) error { return nil })
			got := run(func(n int) error {
				if n%2 == 0 && n < 200 || n%7 == 3 { // at the start of a step and within a search
					return broken
				}
				return nil
			})
			// A search of many evaluations never gets through where every second call fails,
			// so let each call fail once, alone, as well.
			if !strings.Contains(v.name, "wolfe") {
				samePoints(t, got, want)
			}
			for k := 1; k <= 30; k++ {
				got := run(func(n int) error {
					if n == k {
						return broken
					}
					return nil
				})
				samePoints(t, got, want)
			}
		})
	}
}

func samePoints(t *testing.T, got, want [][]float32) {
	t.Helper()
	for i := range want {
		for j := range want[i] {
			if math.Float32bits(got[i][j]) != math.Float32bits(want[i][j]) {
				t.Fatalf("step %d: x is %v, want the bits of %v", i, got[i], want[i])
			}
		}
	}
}

// TestNotFinite: an objective that is not finite ends the step with x and state untouched.
func TestNotFinite(t *testing.T) {
	nan, inf := math.NaN(), float32(math.Inf(-1))
	for _, v := range variants {
		for name, f := range map[string]Func{
			"loss": func(x, grad []float32) (Evaluation, error) {
				clear(grad)
				grad[0] = 1
				return Evaluation{Number: 7, Loss: nan}, nil
			},
			"gradient": func(x, grad []float32) (Evaluation, error) {
				clear(grad)
				grad[1] = inf
				return Evaluation{Number: 7, Loss: 1}, nil
			},
		} {
			t.Run(v.name+"/"+name, func(t *testing.T) {
				o, x := v.make(), []float32{1, 2}
				o.Init(2)
				before, _ := saveState(o)
				_, err := o.Step(f, x, v.rate)
				if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "evaluation 7") {
					t.Fatalf("error %v", err)
				}
				after, _ := saveState(o)
				if x[0] != 1 || x[1] != 2 || !slices.Equal(before, after) {
					t.Fatalf("x is %v; state changed: %v", x, !slices.Equal(before, after))
				}
			})
		}
	}
}

// TestRefusals: what Step does not accept, and how it says so.
func TestRefusals(t *testing.T) {
	p := functionNamed(t, "rosenbrock")
	f, _ := p.objective()
	for _, v := range variants {
		for _, c := range []struct {
			f    Func
			n    int
			rate float64
			says string
		}{
			{nil, 2, 1, "f is nil"},
			{f, 3, 1, "x has 3 variables, the optimiser was prepared for 2"},
			{f, 2, -1, "the rate is -1"},
			{f, 2, math.NaN(), "the rate is NaN"},
			{f, 2, math.Inf(1), "the rate is +Inf"},
		} {
			o := v.make()
			o.Init(2)
			if _, err := o.Step(c.f, make([]float32, c.n), c.rate); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: error %v, want %q", v.name, err, c.says)
			}
		}
	}
	for says, o := range map[string]Optimizer{
		"SGD.Momentum is 1: allowed is 0 to below 1":         &SGD{Momentum: 1},
		"SGD.Momentum is NaN":                                &SGD{Momentum: math.NaN()},
		"SGD.Dampening is 1.5: allowed is 0 to 1":            &SGD{Momentum: 0.5, Dampening: 1.5},
		"SGD.Dampening is 0.5: allowed is 0 where":           &SGD{Dampening: 0.5},
		"SGD.Nesterov is true: allowed is false":             &SGD{Nesterov: true},
		"SGD.Dampening is 0.1: allowed is 0 where SGD.Neste": &SGD{Momentum: 0.9, Nesterov: true, Dampening: 0.1},
		"Adam.Beta1 is 1: ":                                  &Adam{Beta1: 1},
		"Adam.Beta2 is -0.1: ":                               &Adam{Beta2: -0.1},
		"Adam.Epsilon is 1e-60: ":                            &Adam{Epsilon: 1e-60},
		"RMSProp.Alpha is 2: ":                               &RMSProp{Alpha: 2},
		"RMSProp.Epsilon is -1: ":                            &RMSProp{Epsilon: -1},
		"RMSProp.Momentum is 1: ":                            &RMSProp{Momentum: 1},
		"LBFGS.History is -1: ":                              &LBFGS{History: -1},
		"LBFGS.History is 1001: ":                            &LBFGS{History: 1001},
		`LBFGS.LineSearch is "armijo": allowed is "strong-wolfe" (the default) or "fixed"`: &LBFGS{LineSearch: "armijo"},
		"LBFGS.MaxEvaluations is -2: ":    &LBFGS{MaxEvaluations: -2},
		"LBFGS.ToleranceGradient is -1: ": &LBFGS{ToleranceGradient: -1},
		"LBFGS.ToleranceChange is NaN: ":  &LBFGS{ToleranceChange: math.NaN()},
		"LBFGS.MinCurvature is +Inf: ":    &LBFGS{MinCurvature: math.Inf(1)},
	} {
		x := slices.Clone(p.start)
		_, err := o.Step(f, x, 1)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
		if verr := o.(interface{ Validate() error }).Validate(); verr == nil || verr.Error() != err.Error() {
			t.Errorf("Validate says %v, Step %v", verr, err)
		}
		if !slices.Equal(x, p.start) {
			t.Errorf("%s: x moved", says)
		}
		o.Init(-3) // and nothing of this panics
	}
	for name, change := range map[string]func() (Optimizer, func()){
		"SGD":     func() (Optimizer, func()) { o := &SGD{}; return o, func() { o.Momentum = 0.5 } },
		"RMSProp": func() (Optimizer, func()) { o := &RMSProp{}; return o, func() { o.Centered = true } },
		"LBFGS": func() (Optimizer, func()) {
			o := &LBFGS{LineSearch: FixedStep}
			return o, func() { o.LineSearch = StrongWolfe }
		},
	} {
		o, f2 := change()
		o.Init(2)
		f2()
		if _, err := o.Step(f, make([]float32, 2), 1); err == nil || !strings.Contains(err.Error(), "changed after Init") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestStepDoesNotAllocate once the history, where there is one, is full.
func TestStepDoesNotAllocate(t *testing.T) {
	for _, v := range variants {
		p := functionNamed(t, "rosenbrock")
		f, _ := p.objective()
		o, x := v.make(), slices.Clone(p.start)
		for range 12 {
			if _, err := o.Step(f, x, v.rate); err != nil {
				t.Fatal(err)
			}
		}
		if n := testing.AllocsPerRun(15, func() {
			if _, err := o.Step(f, x, v.rate); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a step", v.name, n)
		}
	}
}

// TestFirstStepInits: Init may be left out, and Init makes a used optimiser new.
func TestFirstStepInits(t *testing.T) {
	p := functionNamed(t, "beale")
	for _, v := range variants {
		used, fresh := v.make(), v.make()
		f, _ := p.objective()
		scratch := slices.Clone(p.start)
		for range 5 {
			if _, err := used.Step(f, scratch, v.rate); err != nil {
				t.Fatal(err)
			}
		}
		used.Init(len(p.start))
		a, b := slices.Clone(p.start), slices.Clone(p.start)
		for range 5 {
			if _, err := used.Step(f, a, v.rate); err != nil {
				t.Fatal(err)
			}
			if _, err := fresh.Step(f, b, v.rate); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(a, b) {
			t.Errorf("%s: %v after Init, %v fresh", v.name, a, b)
		}
	}
}

// An optimiser works on any objective: here (x-3)².
func ExampleOptimizer() {
	number := 0
	f := func(x, grad []float32) (Evaluation, error) {
		number++
		d := x[0] - 3
		grad[0] = 2 * d
		return Evaluation{Number: number, Loss: float64(d * d)}, nil
	}
	var o Optimizer = &LBFGS{LineSearch: FixedStep}
	x := []float32{0}
	for {
		e, err := o.Step(f, x, 1)
		if errors.Is(err, ErrConverged) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("evaluation %d: loss %.4g, then x = %.4g\n", e.Number, e.Loss, x[0])
	}
	// Output:
	// evaluation 1: loss 9, then x = 1
	// evaluation 2: loss 4, then x = 3
}
