package nst

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
)

// Every loss's gradient against central differences of its own value, through
// the public interface only: no golden, no second implementation.
//
// The gradient is tested along directions d: (L(x+hd) - L(x-hd)) / 2h against
// its product with d. One direction is the gradient itself, where the slope is
// steepest and rounding matters least; the others are noise, where a gradient
// that is wrong in some pixels or in some loss's small part shows. L is float32
// and its parts are rounded to one in 10^7; with h = 1/512 a loss changes by
// one part in a hundred or so along its gradient, which leaves 10^-5 of error.
// Across the kinks of ReLU and of max pooling the slope itself changes by about
// as much: these, not rounding, decide the tolerance. A noise direction's slope
// is smaller than the steepest by about the root of the number of pixels, and
// so its tolerance is of that expected size.
const (
	differenceStep      = 1.0 / 512
	differenceSteepest  = 2e-3
	differenceAnywhere  = 2e-2
	differenceDirection = 3
)

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
	blend := []WeightedImage{{Image: style, Weight: 2}, {Image: other, Weight: 1}}

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
			all[fmt.Sprintf("correlation %s", r)] = Correlation{Targets: blend, Layers: layers, Reduce: r}
		}
		for _, k := range []VariationKind{Squared, Absolute} {
			all[fmt.Sprintf("variation %s", k)] = Variation{Kind: k}
			all[fmt.Sprintf("variation %s mean", k)] = Variation{Kind: k, Reduce: Mean}
		}
		all["variation power"] = Variation{Kind: Power}
		return all
	}

	vgg := LayerWeights{{"relu1_2", 0.5}, {"conv2_1", 1}, {"pool2", 0.25}, {"relu4_1", 2}}
	networks := []struct {
		name   string
		o      Options
		layers LayerWeights
	}{
		{"pyramid", Options{Filters: 7, Levels: 3}, LayerWeights{{"scale1", 1}, {"scale2_conv", 0.5}, {"scale3", 2}}},
		{"vgg19", Options{Pooling: Average, Padding: Reflect}, vgg},
		{"vgg16", Options{Pooling: Max, Padding: Zero}, vgg},
		{"vgg19", Options{Pooling: L2, PoolScale: 0.78, Padding: Replicate}, vgg},
	}
	for _, n := range networks {
		if n.name != "pyramid" {
			n.o.Width = 1.0 / 16
			p := Torchvision()
			n.o.Preprocess = &p
		}
		n.o.Seed = 5
		net, err := Open(n.name, n.o)
		if err != nil {
			t.Fatal(err)
		}
		if net.NeedsCalibration() {
			if net, err = net.Calibrated(photo, style); err != nil {
				t.Fatal(err)
			}
		}
		for name, loss := range losses(n.layers) {
			for _, maximize := range []bool{false, true} {
				if maximize && name != "gram gatys" && name != "content half" {
					continue
				}
				o := Objective{{Name: name, Weight: 0.7, Maximize: maximize, Loss: loss}}
				if err := compareDifferences(t, net, o, at); err != nil {
					t.Errorf("%s %s %s, %s, maximise %v: %v", n.name, n.o.Pooling, n.o.Padding, name, maximize, err)
				}
			}
		}
	}
}

// compareDifferences compares an objective's gradient with central differences.
func compareDifferences(t *testing.T, net *Network, o Objective, at *Image) error {
	var failed error
	_, _, err := gradientWith(net, o, at, func(f Func, x []float32) error {
		gradient, scratch := make([]float32, len(x)), make([]float32, len(x))
		if _, err := f(x, gradient); err != nil {
			return err
		}
		norm, largest := 0.0, 0.0
		for _, g := range gradient {
			norm += float64(g) * float64(g)
			largest = max(largest, math.Abs(float64(g)))
		}
		norm = math.Sqrt(norm)
		random := rand.New(rand.NewPCG(6, 7))
		for k := range differenceDirection {
			d := make([]float32, len(x))
			length, tolerance := 0.0, differenceSteepest
			for i := range d {
				if d[i] = float32(float64(gradient[i]) / largest); k > 0 {
					d[i] = 2*random.Float32() - 1
				}
				length += float64(d[i]) * float64(d[i])
			}
			length = math.Sqrt(length)
			if k > 0 {
				tolerance = differenceAnywhere / math.Sqrt(float64(len(x)))
			}
			var values [2]float64
			slope := 0.0
			for side, h := range []float32{-differenceStep, differenceStep} {
				moved := make([]float32, len(x))
				for i := range x {
					moved[i] = x[i] + h*d[i]
				}
				e, err := f(moved, scratch)
				if err != nil {
					return err
				}
				values[side] = e.Loss
				for i := range x { // of what was really added, after rounding
					slope += float64(gradient[i]) * (float64(moved[i]) - float64(x[i])) * float64(2*side-1)
				}
			}
			found := values[1] - values[0]
			e := math.Abs(found-slope) / (norm * length * 2 * differenceStep)
			t.Logf("%s direction %d: %.1e", o[0].Name, k, e*map[bool]float64{true: 1, false: math.Sqrt(float64(len(x)))}[k == 0])
			if !(e < tolerance) && failed == nil {
				failed = fmt.Errorf("along direction %d the loss changes by %.6g, by its gradient %.6g: error %.1e of the steepest, want %.1e",
					k, found, slope, e, tolerance)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return failed
}
