package search

import (
	"math"
	"math/rand/v2"
	"testing"
)

// For a sum of functions of single axes, the error that shuffling an axis adds is twice the
// variance of that axis' function, so the shares are known.
func TestImportant(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const n = 300
	strong, weak, idle := Factor{Ordered: true}, Factor{Ordered: true}, Factor{Ordered: true}
	var choice Factor
	var outcomes []float64
	of := []float64{0, 3, 0} // the second choice differs: variance 9·(1/3)·(2/3) = 2
	for range n {
		a, b, c, d := r.Float64(), r.Float64(), float64(r.IntN(3)), r.Float64()
		strong.Values, weak.Values, choice.Values, idle.Values = append(strong.Values, math.Exp(5*a)), append(weak.Values, b), append(choice.Values, c), append(idle.Values, d)
		outcomes = append(outcomes, 7*a+3*b+of[int(c)]) // variances 49/12 and 9/12
	}
	im, ok := Important([]Factor{strong, weak, choice, idle}, outcomes)
	if !ok || im.Fit < 0.9 {
		t.Fatalf("%+v %v", im, ok)
	}
	total := 49./12 + 9./12 + 2
	for i, want := range []float64{49. / 12 / total, 9. / 12 / total, 2 / total, 0} {
		if math.Abs(im.Shares[i]-want) > 0.06 { // leaves are flat, so small effects come out smaller
			t.Errorf("axis %d has the share %.3f; expected %.3f", i, im.Shares[i], want)
		}
	}
	again, _ := Important([]Factor{strong, weak, choice, idle}, outcomes)
	for i := range again.Shares {
		if again.Shares[i] != im.Shares[i] {
			t.Error("the same outcomes have other shares")
		}
	}

	// Noise alone: the forest says that it explains nothing.
	var noise []float64
	for range n {
		noise = append(noise, r.NormFloat64())
	}
	if im, ok := Important([]Factor{strong, weak}, noise); ok && im.Fit > 0.1 {
		t.Errorf("noise: %+v", im)
	}
	for name, y := range map[string][]float64{"few": {1, 2, 3}, "equal": make([]float64, 20), "endless": {1, 2, 3, 4, 5, 6, 7, math.Inf(1)}, "unknown": {1, 2, 3, 4, 5, 6, 7, math.NaN()}} {
		f := Factor{Ordered: true, Values: make([]float64, len(y))}
		for i := range y {
			f.Values[i] = float64(i)
		}
		if im, ok := Important([]Factor{f}, y); ok {
			t.Errorf("%s: %+v", name, im)
		}
	}
}
