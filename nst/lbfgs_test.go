package nst

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestLBFGSSeesTheChangeOfX: a caller clamps x between steps. The pair must hold
// the change that happened; then the method finds the minimum within the bounds,
// and its pairs fulfil y = A s for the quadratic's Hessian A.
func TestLBFGSSeesTheChangeOfX(t *testing.T) {
	p := functionNamed(t, "quadratic")
	curvature := []float32{1, 2, 4, 7, 12, 20}
	for _, search := range []LineSearch{FixedStep, StrongWolfe} {
		o, x := &LBFGS{LineSearch: search}, slices.Clone(p.start)
		f, _ := p.objective()
		project := func() {
			for i := range x {
				x[i] = min(max(x[i], -1), 2)
			}
		}
		clamped := 0
		for range 60 {
			if _, err := o.Step(f, x, 1); errors.Is(err, ErrConverged) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			before := slices.Clone(x)
			project()
			if !slices.Equal(x, before) {
				clamped++
			}
			for i := range o.pairs.count {
				s, y := o.pairs.vectors(o.pairs.slot(i))
				for j, c := range curvature {
					// 1e-4 of the greatest gradient seen, 21: float32 gradients, subtracted.
					if math.Abs(float64(y[j]-c*s[j])) > 1e-4*21 {
						t.Fatalf("%s: pair %d: s %v, y %v: y is not A s", search, i, s, y)
					}
				}
			}
		}
		if clamped < 5 {
			t.Errorf("%s: the bounds were met in %d steps only", search, clamped)
		}
		for i, m := range p.minimum {
			if want := min(max(m, -1), 2); math.Abs(float64(x[i]-want)) > 1e-3 {
				t.Errorf("%s: x[%d] is %v, the minimum within the bounds is %v", search, i, x[i], want)
			}
		}
	}
}

// TestLBFGSEvaluations: a search's last evaluation is the next step's first,
// unless x has been moved from there.
func TestLBFGSEvaluations(t *testing.T) {
	p := functionNamed(t, "quadratic")
	o, x := &LBFGS{LineSearch: StrongWolfe}, slices.Clone(p.start)
	f, count := p.objective()
	step := func() Evaluation {
		t.Helper()
		e, err := o.Step(f, x, 1)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	step()
	made := *count
	if e := step(); e.Number != made {
		t.Errorf("the second step begins with evaluation %d, the search ended with %d", e.Number, made)
	}
	made = *count
	x[0] = math.Nextafter32(x[0], 9)
	if e := step(); e.Number != made+1 {
		t.Errorf("x was moved by a bit: the step begins with evaluation %d after %d", e.Number, made)
	}
}

// TestLBFGSConverged: each reason, with a valid evaluation and x as it was.
func TestLBFGSConverged(t *testing.T) {
	flat := func(x, grad []float32) (Evaluation, error) {
		clear(grad)
		return Evaluation{Number: 3, Loss: 5}, nil
	}
	slope := func(g float32) Func {
		return func(x, grad []float32) (Evaluation, error) {
			for i := range grad {
				grad[i] = g
			}
			return Evaluation{Number: 3, Loss: 5}, nil
		}
	}
	for _, c := range []struct {
		name string
		o    *LBFGS
		f    Func
		says string
	}{
		{"zero", &LBFGS{LineSearch: FixedStep}, flat, "the gradient's greatest element is 0"},
		{"small gradient", &LBFGS{LineSearch: FixedStep, ToleranceGradient: 0.25}, slope(0.25), "the gradient's greatest element is 0.25"},
		{"small slope", &LBFGS{LineSearch: FixedStep}, slope(1e-5), "the slope along the L-BFGS direction is -2e-10, above -1e-09"},
		{"below float32", &LBFGS{LineSearch: FixedStep, ToleranceChange: -1}, slope(1e-9), "no step along the L-BFGS direction changes x"},
		// The gradient promises a descent that the constant loss never keeps.
		{"no lower point", &LBFGS{LineSearch: StrongWolfe}, slope(1), "no step along the L-BFGS direction changes x"},
	} {
		x := []float32{1, float32(math.Copysign(0, -1))}
		if c.name == "below float32" {
			x[1] = 1
		}
		want := bits(x)
		for range 2 { // asked again, the answer is the same
			e, err := c.o.Step(c.f, x, 1)
			if !errors.Is(err, ErrConverged) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.says)
			}
			if e.Number != 3 || e.Loss != 5 || !slices.Equal(bits(x), want) {
				t.Errorf("%s: %+v, x %v", c.name, e, x)
			}
		}
	}
	// Without the tolerance a slope that small is followed.
	o, x := &LBFGS{LineSearch: FixedStep, ToleranceChange: -1}, []float32{0, 0}
	if _, err := o.Step(slope(1e-5), x, 1); err != nil || x[0] != -1e-5 {
		t.Errorf("x %v, error %v", x, err)
	}
}

// TestLBFGSCurvatureGuard: a pair with no positive curvature is not remembered.
func TestLBFGSCurvatureGuard(t *testing.T) {
	// -x²: the gradient grows on the way down.
	number := 0
	f := func(x, grad []float32) (Evaluation, error) {
		number++
		grad[0] = -2 * x[0]
		return Evaluation{Number: number, Loss: -float64(x[0] * x[0])}, nil
	}
	o, x := &LBFGS{LineSearch: FixedStep}, []float32{1}
	for range 5 {
		if _, err := o.Step(f, x, 0.1); err != nil {
			t.Fatal(err)
		}
	}
	if o.pairs.count != 0 || o.scale != 1 || x[0] <= 1 {
		t.Errorf("%d pairs, scale %v, x %v", o.pairs.count, o.scale, x)
	}
	// 1e-6 x²/2, step 1e-6: y.s is 1e-6 * 1e-12 = 1e-18, below the guard unless it is lowered.
	tiny := func(x, grad []float32) (Evaluation, error) {
		number++
		grad[0] = 1e-6 * x[0]
		return Evaluation{Number: number, Loss: 5e-7 * float64(x[0]*x[0])}, nil
	}
	for guard, want := range map[float64]int{0: 0, 1e-12: 0, -1: 1} {
		o, x := &LBFGS{LineSearch: FixedStep, MinCurvature: guard, ToleranceChange: -1}, []float32{1}
		for range 2 {
			if _, err := o.Step(tiny, x, 1); err != nil {
				t.Fatal(err)
			}
		}
		if o.pairs.count != want {
			t.Errorf("MinCurvature %v: %d pairs, want %d", guard, o.pairs.count, want)
		}
	}
}

// TestLBFGSRateZero evaluates and leaves everything as it is.
func TestLBFGSRateZero(t *testing.T) {
	p := functionNamed(t, "beale")
	for _, search := range []LineSearch{FixedStep, StrongWolfe} {
		o, x := &LBFGS{LineSearch: search}, slices.Clone(p.start)
		f, _ := p.objective()
		for range 3 {
			if _, err := o.Step(f, x, 0.5); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := saveState(o)
		at := bits(x)
		if _, err := o.Step(f, x, 0); err != nil {
			t.Fatal(err)
		}
		if after, _ := saveState(o); !slices.Equal(before, after) || !slices.Equal(bits(x), at) {
			t.Errorf("%s: a rate of 0 changed something", search)
		}
	}
}

func BenchmarkLBFGS(b *testing.B) {
	const n = 3 * 256 * 256
	for _, history := range []int{10, 100} {
		for _, search := range []LineSearch{FixedStep, StrongWolfe} {
			b.Run(string(search)+"/"+map[int]string{10: "10", 100: "100"}[history], func(b *testing.B) {
				o, x := &LBFGS{History: history, LineSearch: search}, make([]float32, n)
				number := 0
				f := func(x, grad []float32) (Evaluation, error) {
					number++
					var loss float64
					for i, v := range x {
						c := 1 + float32(i%1000)
						r := v - 1
						grad[i] = c * r
						loss += float64(c * r * r)
					}
					return Evaluation{Number: number, Loss: loss / 2}, nil
				}
				o.Init(n)
				for b.Loop() {
					if _, err := o.Step(f, x, 0.5); errors.Is(err, ErrConverged) {
						clear(x)
						x[number%n] = 9
					} else if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// The default of L-BFGS never increases an objective, whatever the scale. Fixed steps do.
func TestLBFGSDefaultDescends(t *testing.T) {
	rises := map[LineSearch]float64{}
	for _, search := range []LineSearch{"", FixedStep} {
		for _, p := range testFunctions {
			o, x := &LBFGS{LineSearch: search}, slices.Clone(p.start)
			f, _ := p.objective()
			last := math.Inf(1)
			for range 50 {
				e, err := o.Step(f, x, o.DefaultRate())
				if err != nil {
					break
				}
				if e.Loss > last {
					rises[search] = max(rises[search], e.Loss/last)
				}
				last = e.Loss
			}
		}
	}
	if rises[""] > 0 || !(rises[FixedStep] > 10) {
		t.Errorf("the loss rose by these factors: %v", rises)
	}
}

// The first step is so short that rounding hides its decrease, as for a large picture with a
// large loss. The line search goes on with longer ones, and reaches the minimum.
func TestLBFGSFirstStepBelowRounding(t *testing.T) {
	const n, curvature = 1000, 1000
	x := make([]float32, n)
	number := 0
	f := func(x, gradient []float32) (Evaluation, error) {
		sum := 0.0
		for i, v := range x {
			d := float64(v) - 1
			sum += curvature / 2 * d * d
			gradient[i] = float32(curvature * d)
		}
		number++
		return Evaluation{Number: number, Loss: float64(float32(1e11 + sum))}, nil // to a multiple of 8192
	}
	o := &LBFGS{LineSearch: StrongWolfe}
	for range 20 {
		if _, err := o.Step(f, x, 1); errors.Is(err, ErrConverged) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range x {
		if math.Abs(float64(v)-1) > 0.2 { // what is left is below rounding
			t.Fatalf("x[%d] is %v after %d evaluations, not near 1", i, v, number)
		}
	}
}
