package nst

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// betweenLosses are the losses between layers and positions, with that mask and target.
func betweenLosses(target Target, mask *Mask) map[string]Loss {
	layers := Layers("scale1", "second1")
	return map[string]Loss{
		"cross-scale": CrossScale{Targets: []Target{target}, Mask: mask, Layers: layers, Reduce: Relative},
		"shifted":     ShiftedGram{Targets: []Target{target}, Mask: mask, Layers: layers, Reduce: Relative},
		"means":       Covariance{Targets: []Target{target}, Mask: mask, Layers: layers, Reduce: Relative, Means: true},
	}
}

// A mask of ones changes nothing. With a mask, what lies outside of it has no influence.
func TestBetweenMasks(t *testing.T) {
	n := open(t, "oriented", Options{Levels: 3})
	at, style := noiseImage(64, 48, 1), noiseImage(60, 52, 2)
	n, err := n.Calibrated(t.Context(), 0, at, style)
	if err != nil {
		t.Fatal(err)
	}
	value := func(l Loss, at *Image) float64 {
		t.Helper()
		r, _, err := gradientWith(n, Objective{{Name: "x", Weight: 1, Loss: l}}, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r.Total
	}
	ones, left := NewMask(8, 8), NewMask(8, 8)
	for i := range ones.Weights {
		ones.Weights[i] = 1
		if i%8 < 4 {
			left.Weights[i] = 1
		}
	}
	other := at.Clone()
	for i := range other.Pix { // far from the left half, for filters that read 7 pixels of the coarsest level
		if i%64 >= 60 {
			other.Pix[i] = 0.5
		}
	}
	for name, plain := range betweenLosses(Target{Image: style, Weight: 1}, nil) {
		masked := betweenLosses(Target{Image: style, Mask: ones, Weight: 1}, ones)[name]
		if a, b := value(plain, at), value(masked, at); math.Abs(a-b) > 1e-5*a {
			t.Errorf("%s: %v without a mask, %v with a mask of ones", name, a, b)
		}
		half := betweenLosses(Target{Image: style, Weight: 1}, left)[name]
		if a, b := value(plain, at), value(plain, other); a == b {
			t.Errorf("%s does not depend on the right edge", name)
		}
		if name == "cross-scale" {
			continue // its coarser layer sees the edge from the middle
		}
		if a, b := value(half, at), value(half, other); math.Abs(a-b) > 1e-6*a {
			t.Errorf("%s: %v with a mask, %v after a change outside of it", name, a, b)
		}
	}
}

// A style loss is 0 for its own target.
func TestBetweenOfItself(t *testing.T) {
	n := open(t, "oriented", Options{Levels: 3})
	m := noiseImage(45, 38, 1)
	n, err := n.Calibrated(t.Context(), 0, m)
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range betweenLosses(Target{Image: m, Weight: 1}, nil) {
		r, _, err := gradientWith(n, Objective{{Name: "x", Weight: 1, Loss: l}}, m, nil)
		if err != nil || r.Total > 1e-9 {
			t.Errorf("%s is %v (%v)", name, r.Total, err)
		}
	}
}

func TestCrossScalePartners(t *testing.T) {
	l := CrossScale{Layers: Layers("scale1", "second2", "relu1_2", "conv3_4", "pool1", "SCALE9", "down2", "energy1")}
	with, err := l.Partners()
	if got := strings.Join(with, " "); err != nil || got != "scale2 scale3 relu2_1 conv4_1 pool2 scale10 down3 energy2" {
		t.Errorf("partners %s (%v)", got, err)
	}
	for want, l := range map[string]CrossScale{
		"block1_conv1":    {Layers: Layers("block1_conv1")},
		"2 layers paired": {Layers: Layers("scale1", "scale2"), With: []string{"scale2"}},
		"scale1 twice":    {Layers: append(Layers("scale1"), Layers("scale1")...)},
		"no image":        {Layers: Layers("scale1")},
	} {
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", l.Layers, err, want)
		}
	}
	if err := (ShiftedGram{Layers: Layers("scale1"), Distance: -1}).Validate(); err == nil {
		t.Error("a distance of -1 is accepted")
	}
}

// Maps smaller than the distance are compared as far as they go.
func TestShiftedGramOfSmallMaps(t *testing.T) {
	n := open(t, "oriented", Options{Levels: 5})
	for _, side := range []int{16, 20, 33, 400} {
		at, style := noiseImage(max(16, 600/side), side, 1), noiseImage(side, 16, 2)
		n, err := n.Calibrated(t.Context(), 0, at, style)
		if err != nil {
			t.Fatal(err)
		}
		l := ShiftedGram{Target: style, Layers: Layers("scale1", "scale4", "scale5"), Reduce: Relative, Distance: 3}
		r, _, err := gradientWith(n, Objective{{Name: "x", Weight: 1, Loss: l}}, at, nil)
		if err != nil || math.IsNaN(r.Total) {
			t.Error(fmt.Sprint(side), r.Total, err)
		}
	}
}

// The same bits for any number of threads, with and without low memory.
func TestBetweenDeterministic(t *testing.T) {
	n := open(t, "oriented", Options{Levels: 3})
	at, style := noiseImage(67, 51, 1), noiseImage(58, 49, 2)
	n, err := n.Calibrated(t.Context(), 0, at, style)
	if err != nil {
		t.Fatal(err)
	}
	var o Objective
	for _, name := range []string{"cross-scale", "shifted", "means"} {
		o = append(o, Term{Name: name, Weight: 10, Loss: betweenLosses(Target{Image: style, Weight: 1}, nil)[name]})
	}
	o = append(o, Term{Name: "content", Weight: 1, Loss: Content{Target: at, Layers: Layers("scale2", "second2_conv"), Reduce: Relative}})
	var first *Image
	for _, threads := range []int{1, 3} {
		for _, memory := range []Memory{KeepMaps, LowMemory} {
			tr := Transfer{Network: n, Objective: o, Steps: 3, Threads: threads, Memory: memory, Optimizer: &LBFGS{LineSearch: StrongWolfe}}
			r, err := tr.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = r.Image
			}
			for i, v := range r.Image.Pix {
				if v != first.Pix[i] {
					t.Fatalf("%d threads, memory %s: another picture", threads, memory)
				}
			}
		}
	}
}
