package nst

import (
	"context"
	"math"
	"strings"
	"testing"
)

// TestBadLossOptions: each is refused before the first step, with what was found and what
// is accepted.
func TestBadLossOptions(t *testing.T) {
	photo := noiseImage(20, 20, 1)
	layers := Layers("scale1")
	for want, l := range map[string]Loss{
		`term "style": an epsilon of -1: 0 (the default, 1e-4) or a finite number above is required`:   Wasserstein{Target: photo, Layers: layers, Epsilon: -1},
		`term "style": an epsilon of NaN: 0 (the default, 1e-4) or a finite number above is required`:  Wasserstein{Target: photo, Layers: layers, Epsilon: math.NaN()},
		`term "style": an epsilon of +Inf: 0 (the default, 1e-4) or a finite number above is required`: Wasserstein{Target: photo, Layers: layers, Epsilon: math.Inf(1)},
		`term "style": 41 iterations: 0 (the default, 12) to 40 are accepted`:                          Wasserstein{Target: photo, Layers: layers, Iterations: 41},
		`term "style": reduction "half" is unknown: choose mean, sum or relative`:                      Wasserstein{Target: photo, Layers: layers, Reduce: Half},
		`term "style": reduction "gatys" is unknown: choose mean, sum or relative`:                     MeanVariance{Target: photo, Layers: layers, Reduce: Gatys},
		`term "style": 4097 directions: 0 (the default, the number of maps) to 4096 are accepted`:      Sliced{Target: photo, Layers: layers, Directions: 4097},
		`term "style": reduction "root" is unknown: choose mean, sum or relative`:                      Histogram{Target: photo, Layers: layers, Reduce: Root},
		`term "style": patches of 4 positions: 0 (the default, 3) or an odd number to 9 is accepted`:   NearestPatches{Target: photo, Layers: layers, Size: 4},
		`term "style": nearness "angle" is unknown: choose direction or distance`:                      NearestPatches{Target: photo, Layers: layers, By: "angle"},
		`term "style": reduction "keras" is unknown: choose mean, sum or relative`:                     NearestPatches{Target: photo, Layers: layers, Reduce: Keras},
		`term "style": a style image with a mask: losses of nearest patches have none`:                 NearestFeatures{Targets: []Target{{photo, leftMask(20, 20), 1}}, Layers: layers},
		`term "style": style images with the weights 1 and 2: the nearest patch is found among all, so the weights must be equal`: NearestFeatures{
			Targets: []Target{{photo, nil, 1}, {photo, nil, 2}}, Layers: layers},
		`scale5 has 2 x 2 positions, a patch 3 x 3`: NearestPatches{Target: photo, Layers: Layers("scale5")},
	} {
		tr := Transfer{Start: FromImage(photo), Steps: 1, Objective: Objective{{Name: "style", Weight: 1, Loss: l}}}
		_, err := tr.Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "nst: ") != 1 {
			t.Errorf("error %v, want one that says %s", err, want)
		}
	}
}

// leftMask is a mask of the left half.
func leftMask(width, height int) *Mask {
	m := NewMask(width, height)
	for i := range m.Weights {
		if i%width < width/2 {
			m.Weights[i] = 1
		}
	}
	return m
}
