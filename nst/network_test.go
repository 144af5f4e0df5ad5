package nst

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, name string, o Options) *Network {
	t.Helper()
	n, err := Open(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func extract(t *testing.T, n *Network, m *Image, layers ...string) map[string]*FeatureMaps {
	t.Helper()
	e, err := n.Extractor(layers...)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Extract(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return f[0]
}

// checkPrefix wants the package's name before an error, once.
func checkPrefix(t *testing.T, err error) {
	t.Helper()
	if err != nil && (!strings.HasPrefix(err.Error(), "nst: ") || strings.Count(err.Error(), "nst: ") != 1) {
		t.Errorf("error %q has not exactly one prefix, in front", err)
	}
}

// narrow is a small network of every name.
func narrow(t *testing.T, name string, o Options) *Network {
	t.Helper()
	switch name {
	case "pyramid":
		o.Filters = 12
	case "oriented": // its filters are fixed
	default:
		o.Width = 1.0 / 16
	}
	return open(t, name, o)
}

func TestOpenRefuses(t *testing.T) {
	cases := []struct {
		name string
		o    Options
		want string
	}{
		{"vgg91", Options{}, `did you mean "vgg19"?`},
		{"resnet", Options{}, "there are pyramid, oriented, vgg19, vgg16"},
		{"vgg19", Options{Pooling: "mean"}, "choose max, average or l2"},
		{"vgg19", Options{Padding: "same"}, "choose zero, replicate, reflect, replicate-first or circular"},
		{"vgg19", Options{PoolScale: -1}, "above 0"},
		{"vgg19", Options{Width: math.NaN()}, "above 0"},
		{"pyramid", Options{Levels: 99}, "1 to 12"},
		{"pyramid", Options{Size: 4}, "3, 5 or 7"},
		{"vgg19", Options{Precision: "float64"}, "choose float32, bf16x3 or bf16"},
		{"pyramid", Options{Pooling: Max}, "network pyramid has no option Pooling: its options are Levels, Filters, Size, Padding, Precision, Preprocess, Weights, Seed"},
		{"oriented", Options{Filters: 7}, "network oriented has no option Filters: its options are Levels, Padding, Precision, Preprocess, Weights, Seed"},
		{"pyramid", Options{Padding: Zero}, `padding "zero" in network pyramid: choose replicate or circular`},
		{"pyramid", Options{PoolScale: 1}, "no option PoolScale"},
		{"pyramid", Options{Width: 1}, "no option Width"},
		{"vgg19", Options{Levels: 5}, "network vgg19 has no option Levels"},
		{"vgg16", Options{Filters: 5}, "no option Filters"},
		{"vgg16", Options{Size: 3}, "no option Size"},
	}
	for _, c := range cases {
		_, err := Open(c.name, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%q, %+v): error %v, want one that says %q", c.name, c.o, err, c.want)
		}
		checkPrefix(t, err)
	}
	if _, err := Open("nothing", Options{}); !errors.Is(err, ErrUnknownNetwork) {
		t.Errorf("error %v is not ErrUnknownNetwork", err)
	}
}

func TestLayersOfEveryNetworkCanBeHad(t *testing.T) {
	for _, name := range NetworkNames() {
		n := narrow(t, name, Options{})
		e, err := n.Extractor() // all of them
		if err != nil {
			t.Fatal(err)
		}
		batch, err := e.Extract(t.Context(), wave(36, 33, 7), wave(36, 33, 9))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range batch {
			for _, l := range n.Layers() {
				m := f[l.Name]
				if m == nil || m.Channels != l.Channels || len(m.Data) != m.Channels*m.Height*m.Width {
					t.Errorf("%s: image %d has %+v at %s", name, i, m, l.Name)
				}
			}
		}
		listed := map[string]LayerInfo{"": {Channels: 3}}
		for _, l := range n.Layers() {
			from, ok := listed[l.Reads]
			listed[l.Name] = l
			if !ok || (l.Kind == "convolution") != (l.Kernel > 0) || (l.Kind == "convolution") != (l.Inputs > 0) {
				t.Errorf("%s: %+v reads a layer that is not before it, or has no filters", name, l)
			}
			if l.Inputs > 0 && l.Inputs != from.Channels {
				t.Errorf("%s: %+v, expected %d inputs", name, l, from.Channels)
			}
			for _, alias := range append(l.Aliases, strings.ToUpper(l.Name), " "+l.Name) {
				if err := n.CheckLayer(alias); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		var unknown *UnknownLayerError
		if err := n.CheckLayer("scale99"); !errors.As(err, &unknown) {
			t.Errorf("%s: layer scale99: error %v, want an UnknownLayerError", name, err)
		}
	}
}

// Fusing a ReLU with its convolution changes nothing.
func TestFusedReLU(t *testing.T) {
	n := open(t, "vgg19", Options{Width: 1.0 / 16})
	m := wave(21, 17, 6)
	fused := extract(t, n, m, "relu2_1")["relu2_1"]
	both := extract(t, n, m, "conv2_1", "relu2_1", "conv1_1")
	for i, v := range both["relu2_1"].Data {
		if v != fused.Data[i] || v != max(0, both["conv2_1"].Data[i]) {
			t.Fatalf("feature %d: %v alone, %v beside its convolution, which is %v", i, fused.Data[i], v, both["conv2_1"].Data[i])
		}
	}
}

func TestRandomFiltersDependOnTheSeedOnly(t *testing.T) {
	m := wave(20, 20, 6)
	same := extract(t, open(t, "pyramid", Options{Seed: 1, Filters: 8}), m, "scale2")["scale2"].Data
	again := extract(t, open(t, "pyramid", Options{Seed: 1, Filters: 8, Levels: 3}), m, "scale2")["scale2"].Data
	other := extract(t, open(t, "pyramid", Options{Seed: 2, Filters: 8}), m, "scale2")["scale2"].Data
	if fmt.Sprint(same) != fmt.Sprint(again) {
		t.Error("one seed, two networks")
	}
	if fmt.Sprint(same) == fmt.Sprint(other) {
		t.Error("two seeds, one network")
	}
}

func TestUnitNormFilters(t *testing.T) {
	n := open(t, "pyramid", Options{Filters: 10, Size: 5})
	l, err := n.layer("scale1_conv")
	if err != nil {
		t.Fatal(err)
	}
	weight, _, err := n.numbers(l)
	if err != nil {
		t.Fatal(err)
	}
	for o := range 10 {
		norm, worst := 0.0, 0.0
		for c := range 3 {
			sum := 0.0
			for _, v := range weight[(o*3+c)*25:][:25] {
				norm += float64(v) * float64(v)
				sum += float64(v)
			}
			worst = max(worst, math.Abs(sum))
		}
		if math.Abs(norm-1) > 1e-6 {
			t.Errorf("filter %d has a squared norm of %v, want 1", o, norm)
		}
		if blind := worst < 1e-6; blind != (o%5 != 4) {
			t.Errorf("filter %d: largest sum over space is %g; four in five are to have none", o, worst)
		}
	}
}

func TestCalibrated(t *testing.T) {
	n := open(t, "pyramid", Options{Filters: 12})
	if !n.NeedsCalibration() {
		t.Fatal("a pyramid wants no calibration")
	}
	images := []*Image{wave(60, 40, 11), wave(35, 50, 5)}
	c, err := n.Calibrated(context.Background(), 2, images...)
	if err != nil {
		t.Fatal(err)
	}
	if c.NeedsCalibration() {
		t.Error("a calibrated pyramid wants calibration")
	}
	for _, layer := range []string{"scale1_conv", "scale3_conv"} {
		for i := range 12 {
			mean, square := 0.0, 0.0
			for _, m := range images {
				f := extract(t, c, m, layer)[layer]
				area := f.Height * f.Width
				for _, v := range f.Data[i*area:][:area] {
					mean += float64(v) / float64(area*len(images))
					square += float64(v) * float64(v) / float64(area*len(images))
				}
			}
			if math.Abs(mean) > 1e-4 || math.Abs(square-1) > 1e-3 { // float32 responses of norm one
				t.Errorf("%s, filter %d: mean %g, mean square %g; want 0 and 1", layer, i, mean, square)
			}
		}
	}
	if _, err := n.Calibrated(context.Background(), 1); err == nil {
		t.Error("calibrated on nothing")
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := n.Calibrated(cancelled, 1, images...); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Calibration keeps trained weights and biases, measures each layer behind calibrated
// ones, and can be repeated.
func TestCalibratedTrainedWeights(t *testing.T) {
	images := []*Image{wave(60, 48, 11), wave(35, 50, 5)}
	for name, layers := range map[string][]string{
		"pyramid": {"scale1_conv", "scale3_conv"},
		"vgg16":   {"conv1_1", "conv1_2", "conv2_1", "conv4_1"},
	} {
		drawn := narrow(t, name, Options{})
		n := narrow(t, name, Options{Weights: biased{drawn}})
		other, err := n.Calibrated(context.Background(), 1, wave(44, 60, 3))
		if err != nil {
			t.Fatal(err)
		}
		once, err := n.Calibrated(context.Background(), 1, images...)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := other.Calibrated(context.Background(), 3, images...)
		if err != nil {
			t.Fatal(err)
		}
		for _, layer := range layers {
			for _, c := range []*Network{once, twice} {
				var plain, fitted []*FeatureMaps
				for _, m := range images {
					plain = append(plain, extract(t, n, m, layer)[layer])
					fitted = append(fitted, extract(t, c, m, layer)[layer])
				}
				for i := range plain[0].Channels {
					var mean, square, product float64
					for k, f := range fitted {
						area := f.Height * f.Width
						for p, v := range f.Data[i*area:][:area] {
							mean += float64(v) / float64(area*len(images))
							square += float64(v) * float64(v) / float64(area*len(images))
							product += float64(plain[k].Data[i*area+p]) * float64(v)
						}
					}
					first := layer == "scale1_conv" || layer == "conv1_1" // others read other maps than before
					if math.Abs(mean) > 1e-3 || math.Abs(square-1) > 1e-2 || first && product <= 0 {
						t.Errorf("%s, %s, filter %d: mean %g, mean square %g, product with the trained filter's %g; want 0, 1, above 0",
							name, layer, i, mean, square, product)
					}
				}
			}
		}
	}
}

// biased has the filters of a network, twice as large, and biases.
type biased struct{ of *Network }

func (b biased) Convolution(layer string) (weight, bias []float32, err error) {
	l, err := b.of.layer(layer)
	if err != nil {
		return nil, nil, err
	}
	weight, bias, err = b.of.numbers(l)
	for i := range weight {
		weight[i] *= 2
	}
	for i := range bias {
		bias[i] = float32(i%5) - 1
	}
	return weight, bias, err
}

// few has weights for nothing but a first layer of the wrong size.
type few struct{}

func (few) Convolution(layer string) (weight, bias []float32, err error) {
	if layer != "conv1_1" {
		return nil, nil, errors.New("no such tensor")
	}
	return make([]float32, 10), make([]float32, 64), nil
}

func TestBadWeights(t *testing.T) {
	n := open(t, "vgg19", Options{Weights: few{}})
	e, err := n.Extractor("relu1_1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Extract(t.Context(), wave(20, 20, 5)); err == nil || !strings.Contains(err.Error(), "found 10 weights") {
		t.Errorf("error %v, want one that says what was found", err)
	}
}

func TestNetworkIsSafeForConcurrentUse(t *testing.T) {
	n := open(t, "vgg16", Options{Width: 1.0 / 16})
	want := extract(t, n, wave(24, 24, 5), "relu3_1")["relu3_1"].Data
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			e, err := n.Extractor("relu3_1", "relu2_2")
			if err != nil {
				t.Error(err)
				return
			}
			f, err := e.Extract(t.Context(), wave(24, 24, 5))
			if err != nil {
				t.Error(err)
				return
			}
			if fmt.Sprint(f[0]["relu3_1"].Data) != fmt.Sprint(want) {
				t.Error("other features than alone")
			}
		})
	}
	wg.Wait()
}

// Gram matrices come out of the same pass, and are those of the maps.
func TestExtractorGrams(t *testing.T) {
	n := open(t, "vgg19", Options{Width: 1.0 / 16, Seed: 3})
	e, err := n.ExtractorWith(ExtractorOptions{Maps: []string{"relu2_1"}, Grams: []string{"relu1_1", "block2_conv1", "relu2_1"}, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Image{wave(40, 26, 7), wave(22, 31, 5)} {
		batch, err := e.Extract(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		f := batch[0]["relu2_1"]
		if batch[0]["relu1_1"].Data != nil || batch[0]["block2_conv1"].Gram == nil || len(f.Gram) != f.Channels*f.Channels {
			t.Fatalf("not what was asked for: %+v", batch[0])
		}
		area := f.Height * f.Width
		for a := range f.Channels {
			for b := range f.Channels {
				want := 0.0
				for i := range area {
					want += float64(f.Data[a*area+i]) * float64(f.Data[b*area+i])
				}
				if got := float64(f.Gram[a*f.Channels+b]); math.Abs(got-want) > 1e-4*(1+want) {
					t.Fatalf("%d, %d: %v, want %v", a, b, got, want)
				}
			}
		}
	}
	for want, o := range map[string]ExtractorOptions{
		"without a layer": {},
		"did you mean":    {Grams: []string{"relu1_l"}},
	} {
		if _, err := n.ExtractorWith(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", o, err, want)
		}
	}
	if _, err := e.Extract(t.Context(), &Image{}); !errors.Is(err, ErrImageTooSmall) {
		t.Errorf("an empty image: %v", err)
	}
}

// Weights of other shapes than the network's are refused when they are first used.
func TestWeightsOfAnotherNetwork(t *testing.T) {
	n, err := Open("vgg19", Options{Weights: drawnWeights{}, Width: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	e, err := n.Extractor("relu1_1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Extract(t.Context(), NewImage(8, 8)); err == nil || !strings.Contains(err.Error(), "found 1728 weights and 64 biases, the network has 864") || !strings.Contains(err.Error(), "is this a file for vgg19?") {
		t.Errorf("error %v", err)
	}
}

// The colour filters of a grey picture respond with rounding errors only. Calibration
// must not amplify these to the strength of a texture.
func TestCalibratedGrey(t *testing.T) {
	grey := noiseImage(40, 32, 1)
	plane := len(grey.Pix) / 3
	for c := 1; c < 3; c++ {
		copy(grey.Pix[c*plane:], grey.Pix[:plane])
	}
	n, err := Open("oriented", Options{Levels: 2})
	if err != nil {
		t.Fatal(err)
	}
	if n, err = n.Calibrated(context.Background(), 1, grey, grey); err != nil {
		t.Fatal(err)
	}
	e, err := n.Extractor("scale1")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := e.Extract(context.Background(), grey)
	if err != nil {
		t.Fatal(err)
	}
	f := maps[0]["scale1"]
	norm := func(channel int) (sum float64) {
		for _, v := range f.Data[channel*f.Width*f.Height:][:f.Width*f.Height] {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum)
	}
	if colour, luminance := norm(2*12), norm(0); colour > 1e-3*luminance {
		t.Errorf("a filter for red against green responds with %v, one for luminance with %v", colour, luminance)
	}
}

// A level of a few pixels has no second layer: the others must still be calibrated.
func TestCalibratedSmall(t *testing.T) {
	n, err := Open("oriented", Options{})
	if err != nil {
		t.Fatal(err)
	}
	small := noiseImage(20, 16, 1)
	if n, err = n.Calibrated(context.Background(), 1, small); err != nil {
		t.Fatal(err)
	}
	for layer, want := range map[string]error{"scale5": nil, "second4": nil, "second5": ErrTooSmall} {
		e, err := n.Extractor(layer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = e.Extract(context.Background(), small); !errors.Is(err, want) {
			t.Errorf("%s of 20 x 16 pixels: %v, want %v", layer, err, want)
		}
	}
	if w, h, err := n.MapSize("second2", 21, 16); err != nil || w != 5 || h != 4 {
		t.Errorf("second2 of 21 x 16 pixels has %d x %d positions (%v), want 5 x 4", w, h, err)
	}
}
