package nst

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// TestGuidedTorch compares value and gradient with PyTorch: testdata/place.
func TestGuidedTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/place/guided.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Layers   []string
		Strength float64
		Pictures []struct {
			goldenImage
			Share float64
		}
		Regions []struct {
			Mask    []float32
			Weight  float64
			Targets []struct {
				Name   string
				Mask   []float32
				Weight float64
			}
		}
		Value    float64
		Gradient []float32
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	at := golden.Pictures[0].image()
	images := map[string]*Image{}
	gram := Gram{Layers: Layers(golden.Layers...), Reduce: Relative, Normalize: ByPositions}
	for _, p := range golden.Pictures {
		if p.Share > 0 {
			images[p.Name] = p.image()
			gram.Targets = append(gram.Targets, Target{Image: images[p.Name], Weight: p.Share})
		}
	}
	l := Guided{Loss: gram, Strength: golden.Strength}
	for _, r := range golden.Regions {
		g := Guide{Mask: &Mask{Width: at.Width, Height: at.Height, Weights: r.Mask}, Weight: r.Weight}
		for _, there := range r.Targets {
			m := images[there.Name]
			target := Target{Image: m, Weight: there.Weight}
			if there.Mask != nil {
				target.Mask = &Mask{Width: m.Width, Height: m.Height, Weights: there.Mask}
			}
			g.Targets = append(g.Targets, target)
		}
		l.Regions = append(l.Regions, g)
	}
	net := mustOpen(t, goldenNetwork{Name: "vgg19", Width: 1. / 16})
	record, gradient, err := gradientWith(net, Objective{{Name: "guided", Weight: 1, Loss: l}}, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(record.Total/golden.Value-1) > 1e-5 {
		t.Errorf("value %v, want %v", record.Total, golden.Value)
	}
	if e := apart(gradient, golden.Gradient); !(e < 1e-4) {
		t.Errorf("the gradient is off by %.1e", e)
	}
}

// TestGuidedPatches: in each half, the nearest patches are those of the picture of this half.
func TestGuidedPatches(t *testing.T) {
	net := open(t, "oriented", Options{})
	a, b := wave(24, 24, 7), wave(24, 24, 5)
	at := a.Clone() // a on the left, b on the right
	for i := range at.Pix {
		if i%24 >= 12 {
			at.Pix[i] = b.Pix[i]
		}
	}
	left, right := leftMask(24, 24), leftMask(24, 24)
	for i, v := range right.Weights {
		right.Weights[i] = 1 - v
	}
	loss := func(here, there *Image, strength float64) Loss {
		return Guided{Loss: NearestPatches{Targets: []Target{{a, nil, 1}, {b, nil, 1}}, Layers: Layers("scale1")}, Strength: strength,
			Regions: []Guide{{left, 1, []Target{{here, nil, 2}}}, {right, 1, []Target{{there, nil, 2}}}}}
	}
	value := func(here, there *Image, strength float64) float64 {
		return valueAt(t, net, loss(here, there, strength), at)
	}
	// Patches across the border have no counterpart in either picture.
	if own, other := value(a, b, 3), value(b, a, 3); !(own < other/1.1) {
		t.Errorf("%v with each picture in its half, %v the other way round", own, other)
	}
	if own, other := value(a, b, 1e-6), value(b, a, 1e-6); math.Abs(own-other) > 1e-4*own {
		t.Errorf("%v and %v without strength", own, other)
	}
}

func TestBadGuides(t *testing.T) {
	photo := wave(20, 20, 7)
	gram, mask := Gram{Target: photo, Layers: Layers("scale1")}, leftMask(20, 20)
	for want, l := range map[string]Loss{
		"guided regions without a loss":                    Guided{Regions: []Guide{{Mask: mask}}},
		"no regions":                                       Guided{Loss: gram},
		"region 1 has no mask":                             Guided{Loss: gram, Regions: []Guide{{}}},
		"region 1 has weight -1: must be 0 or more":        Guided{Loss: gram, Regions: []Guide{{mask, -1, nil}}},
		"region 1 has weight NaN: must be 0 or more":       Guided{Loss: gram, Regions: []Guide{{mask, 1, []Target{{photo, nil, math.NaN()}}}}},
		"a mask of 2 x 2 zeros: nothing would count":       Guided{Loss: gram, Regions: []Guide{{mask, 1, []Target{{photo, NewMask(2, 2), 1}}}}},
		"guided regions with strength -1: must be above 0": Guided{Loss: gram, Strength: -1, Regions: []Guide{{mask, 1, nil}}},
		"no image to compare with":                         Guided{Loss: Gram{Layers: Layers("scale1")}, Regions: []Guide{{mask, 1, nil}}},
		"guided regions of a loss without targets":         Guided{Loss: Activation{Layers: Layers("scale1")}, Regions: []Guide{{mask, 1, nil}}},
	} {
		tr := Transfer{Start: FromImage(photo), Objective: Objective{{Name: "term", Weight: 1, Loss: l}}}
		if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "nst: ") != 1 {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}
