package nst

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
)

// Every loss's gradient against central differences of its own value, through
// the public interface only: no golden, no second implementation.
//
// The gradient g is tested along directions d, the first of which is g itself
// and the others g in a random half of the pixels and 0 in the rest: by how much
// the loss changes from x-hd to x+hd against 2h times the product of g and d.
// All these are steep, so that h can be chosen for the loss to change by one
// part in a few hundred. A loss that changes by less drowns in the network's
// rounding (up to 10^-5 of it, so 5e-3 of a change of 1/500), one that changes
// by more meets curvature and the kinks of ReLU, max pooling and absolute
// values; which is worse differs, so the best of three h counts. A gradient
// that is wrong in some pixels, a factor or a part is off at all of them.
const (
	differenceTolerance  = 1e-2
	differenceDirections = 3
)

var differenceChanges = []float64{1. / 1500, 1. / 500, 1. / 150}

func noiseImage(width, height int, seed uint64) *Image {
	random := rand.New(rand.NewPCG(seed, 0))
	m := NewImage(width, height)
	for i := range m.Pix {
		m.Pix[i] = random.Float32()
	}
	return m
}

func TestGradientsByDifferences(t *testing.T) {
	const width, height = 22, 19
	at, photo := noiseImage(width, height, 1), noiseImage(width, height, 2)
	style, other := noiseImage(17, 26, 3), noiseImage(24, 18, 4)
	blend := []Target{{Image: style, Weight: 2}, {Image: other, Weight: 1}}
	// Every patch has one that is by far the nearest: where another becomes the nearest, the
	// loss of patches jumps.
	near := noiseImage(width, height, 1)
	for i, v := range noiseImage(width, height, 5).Pix {
		near.Pix[i] += (v - near.Pix[i]) / 5
	}
	alike := []Target{{Image: near, Weight: 1}, {Image: other, Weight: 1}}

	losses := func(layers LayerWeights) map[string]Loss {
		all := map[string]Loss{
			// A user's own, of ordinary Gorgonia operations: the mean of F^4.
			"own": LossFunc{Layers: layers.Names()[:1], Func: func(c *Context) (*gorgonia.Node, error) {
				f := c.Feature(layers[0].Layer).Matrix()
				square, err := gorgonia.Square(f)
				if err != nil {
					return nil, err
				}
				if square, err = gorgonia.Square(square); err != nil {
					return nil, err
				}
				return gorgonia.Mean(square)
			}},
		}
		for _, r := range []Reduction{Sum, Half, Mean, Root, Relative} {
			all[fmt.Sprintf("content %s", r)] = Content{Target: photo, Layers: layers, Reduce: r}
		}
		for _, r := range []Reduction{Gatys, Keras} {
			all[fmt.Sprintf("gram %s", r)] = Gram{Target: style, Layers: layers, Reduce: r}
		}
		for _, r := range []Reduction{Sum, Mean, Relative} {
			for _, n := range []Normalization{Raw, ByPositions, ByEverything} {
				all[fmt.Sprintf("gram %s %s", n, r)] = Gram{Targets: blend, Layers: layers, Normalize: n, Reduce: r}
			}
			all[fmt.Sprintf("covariance %s", r)] = Covariance{Targets: blend, Layers: layers, Reduce: r}
			all[fmt.Sprintf("covariance and means %s", r)] = Covariance{Targets: blend, Layers: layers, Reduce: r, Means: true}
			names := layers.Names()
			all[fmt.Sprintf("cross-scale %s", r)] = CrossScale{Targets: blend, Layers: layers[:2], With: names[1:3], Reduce: r}
			all[fmt.Sprintf("shifted %s", r)] = ShiftedGram{Targets: blend, Layers: layers, Reduce: r}
			all[fmt.Sprintf("correlation %s", r)] = Correlation{Targets: blend, Layers: layers, Reduce: r}
			all[fmt.Sprintf("mean-variance %s", r)] = MeanVariance{Targets: blend, Layers: layers, Reduce: r}
			all[fmt.Sprintf("sliced %s", r)] = Sliced{Targets: blend, Layers: layers, Reduce: r, Seed: 8}
			all[fmt.Sprintf("histogram %s", r)] = Histogram{Targets: blend, Layers: layers, Reduce: r}
			all[fmt.Sprintf("nearest patches %s", r)] = NearestPatches{Targets: alike, Layers: layers[:3], Reduce: r, Size: 3}
			// Its gradient is that of its value where the root has converged.
			all[fmt.Sprintf("wasserstein %s", r)] = Wasserstein{Targets: blend, Layers: layers, Reduce: r, Epsilon: 0.05, Iterations: 25}
		}
		all["nearest patches by distance"] = NearestPatches{Targets: alike, Layers: layers[:2], By: ByDistance}
		all["nearest patches of 5"] = NearestPatches{Target: near, Layers: layers[:2], Size: 5}
		all["nearest features"] = NearestFeatures{Targets: alike, Layers: layers}
		for _, k := range []VariationKind{Squared, Absolute} {
			all[fmt.Sprintf("variation %s", k)] = Variation{Kind: k}
			all[fmt.Sprintf("variation %s mean", k)] = Variation{Kind: k, Reduce: Mean}
		}
		all["variation nine-point"] = Variation{Kind: NinePoint, Reduce: Mean}
		all["variation power"] = Variation{Kind: Power}
		// Masks that fade, of the image and of one of the targets.
		mask := noiseImage(11, 7, 5).Mask()
		masked := []Target{{Image: style, Mask: noiseImage(9, 8, 6).Mask(), Weight: 2}, {Image: other, Weight: 1}}
		for name, l := range map[string]Loss{
			"content":       Content{Target: photo, Mask: mask, Layers: layers, Reduce: Relative},
			"gram":          Gram{Targets: masked, Mask: mask, Layers: layers, Reduce: Relative},
			"covariance":    Covariance{Targets: masked, Mask: mask, Layers: layers, Means: true},
			"cross-scale":   CrossScale{Targets: masked, Mask: mask, Layers: layers[:2], With: layers.Names()[1:3]},
			"shifted":       ShiftedGram{Targets: masked, Mask: mask, Layers: layers},
			"mean-variance": MeanVariance{Targets: masked, Mask: mask, Layers: layers},
			"sliced":        Sliced{Targets: masked, Mask: leftMask(22, 19), Layers: layers[:1], Seed: 8},
			"histogram":     Histogram{Targets: masked, Mask: leftMask(22, 19), Layers: layers[:1]},
			"palette":       Palette{Targets: masked, Mask: mask},
			"wasserstein":   Wasserstein{Targets: masked, Mask: mask, Layers: layers, Epsilon: 0.05, Iterations: 25},
		} {
			all["masked "+name] = l
		}
		guides := []Guide{{mask, 2, []Target{{style, noiseImage(9, 8, 6).Mask(), 1}}}, {leftMask(22, 19), 0.5, []Target{{style, nil, 1}, {other, nil, 3}}}}
		all["guided gram"] = Guided{Gram{Targets: blend, Layers: layers, Reduce: Mean, Normalize: ByPositions}, guides, 0.5}
		all["guided nearest patches"] = Guided{NearestPatches{Target: style, Layers: layers[:2]}, guides, 0}
		all["activation"] = Activation{Layers: layers, Mask: mask}
		all["activation of a map"] = Activation{Layers: layers, Map: 2}
		all["regions"] = Regions{{Gram{Targets: masked, Mask: mask, Layers: layers}, 0.25}, {MeanVariance{Target: style, Layers: layers[:2]}, 3}}
		return all
	}

	vgg := LayerWeights{{"relu1_2", 0.5}, {"conv2_1", 1}, {"pool2", 0.25}, {"relu4_1", 2}}
	// Every loss on a pyramid and on one VGG; what is particular to the others is
	// in the network, for which a few losses will do.
	few := []string{"content half", "gram gatys", "covariance mean", "correlation mean", "own"}
	networks := []struct {
		name   string
		o      Options
		layers LayerWeights
		losses []string // nil: all
	}{
		{"pyramid", Options{Filters: 7, Levels: 3}, LayerWeights{{"scale1", 1}, {"scale2_conv", 0.5}, {"scale3", 2}}, nil},
		{"oriented", Options{Levels: 3}, LayerWeights{{"scale1", 1}, {"scale2_conv", 0.5}, {"second1", 2}, {"second2_conv", 1}}, nil},
		{"oriented", Options{Levels: 3}, LayerWeights{{"image", 1}, {"down2", 0.5}, {"energy1", 2}, {"second1", 1}}, append(few, "nearest patches relative", "nearest patches by distance", "cross-scale relative")},
		{"vgg19", Options{Pooling: Average, Padding: Reflect}, vgg, nil},
		{"vgg16", Options{Pooling: Max, Padding: Zero}, vgg, few},
		{"vgg19", Options{Pooling: L2, PoolScale: 0.78, Padding: Replicate}, vgg, few},
	}
	for _, n := range networks {
		if strings.HasPrefix(n.name, "vgg") {
			n.o.Width = 1.0 / 16
			p := Torchvision()
			if n.o.Pooling == Max {
				p = Caffe()
			}
			n.o.Preprocess = &p
		}
		n.o.Seed = 5
		net, err := Open(n.name, n.o)
		if err != nil {
			t.Fatal(err)
		}
		if net.NeedsCalibration() {
			if net, err = net.Calibrated(context.Background(), 0, photo, style); err != nil {
				t.Fatal(err)
			}
		}
		all := losses(n.layers)
		names := n.losses
		if names == nil {
			names = slices.Sorted(maps.Keys(all))
		}
		for _, name := range names {
			for _, maximize := range []bool{false, true} {
				if maximize && name != "gram gatys" && name != "content half" {
					continue
				}
				o := Objective{{Name: name, Weight: 0.7, Maximize: maximize, Loss: all[name]}}
				what := fmt.Sprintf("%s %s %s, %s, maximise %v", n.name, n.o.Pooling, n.o.Padding, name, maximize)
				worst, err := compareDifferences(net, o, at)
				if err != nil {
					t.Errorf("%s: %v", what, err)
				} else if !(worst < differenceTolerance) {
					t.Errorf("%s: the loss changes otherwise than its gradient says, by %.1e of the change", what, worst)
				}
				t.Logf("%s: %.1e", what, worst)
			}
		}
	}
}

// compareDifferences compares an objective's gradient with central differences
// and returns the largest error, as a part of the expected change.
func compareDifferences(net *Network, o Objective, at *Image) (worst float64, err error) {
	_, _, err = gradientWith(net, o, at, func(f Func, x []float32) error {
		gradient, scratch := make([]float32, len(x)), make([]float32, len(x))
		here, err := f(x, gradient)
		if err != nil {
			return err
		}
		random := rand.New(rand.NewPCG(6, 7))
		for k := range differenceDirections {
			d := make([]float64, len(x))
			product := 0.0
			for i, g := range gradient {
				if k == 0 || random.IntN(2) == 0 {
					d[i] = float64(g)
				}
				product += float64(g) * d[i]
			}
			best := math.Inf(1)
			for _, change := range differenceChanges {
				h := change * math.Abs(here.Loss) / (2 * product)
				var values [2]float64
				want := 0.0
				for side, sign := range []float64{-1, 1} {
					moved := make([]float32, len(x))
					for i := range x {
						moved[i] = float32(float64(x[i]) + sign*h*d[i])
						// By what was really added, after rounding.
						want += float64(gradient[i]) * (float64(moved[i]) - float64(x[i])) * sign
					}
					e, err := f(moved, scratch)
					if err != nil {
						return err
					}
					values[side] = e.Loss
				}
				best = min(best, math.Abs((values[1]-values[0])/want-1))
			}
			worst = max(worst, best)
		}
		return nil
	})
	return worst, err
}
