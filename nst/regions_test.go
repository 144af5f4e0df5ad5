package nst

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"
)

// TestMaskRules compares the weights at layers with the definition, computed pixel by pixel.
func TestMaskRules(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16})
	const width, height = 48, 32
	// What a position sees beyond its own pixels: 1 for each 3x3 convolution, times the
	// poolings before it.
	sees := map[string][2]int{"relu1_1": {1, 1}, "relu1_2": {1, 2}, "relu2_1": {2, 4}, "relu3_1": {4, 10}}
	for _, factor := range []int{1, 2} { // a mask may have more pixels than the image
		mask := NewMask(width*factor, height*factor)
		for y := range mask.Height {
			for x := range mask.Width {
				if x >= 9*factor && x < 43*factor && y < 30*factor {
					mask.Weights[y*mask.Width+x] = float32(1+x%3) / 3
				}
			}
		}
		for layer, see := range sees {
			size, beyond := see[0]*factor, see[1]*factor
			for _, rule := range []Propagation{"", Simple, Inside, All} {
				mask.Rule = rule
				got, err := net.Guide(mask, layer, width, height)
				if err != nil {
					t.Fatal(err)
				}
				want, sum := make([]float64, len(got.Weights)), 0.0
				for i := range want {
					px, py := i%got.Width*size, i/got.Width*size
					reach := beyond
					if rule == Simple || rule == "" {
						reach = 0
					}
					least, most, total := math.Inf(1), 0.0, 0.0
					for y := max(py-reach, 0); y < min(py+size+reach, mask.Height); y++ {
						for x := max(px-reach, 0); x < min(px+size+reach, mask.Width); x++ {
							v := float64(mask.Weights[y*mask.Width+x])
							least, most, total = min(least, v), max(most, v), total+v
						}
					}
					switch rule {
					case Inside:
						want[i] = least
					case All:
						want[i] = most
					default:
						want[i] = total / float64(size*size)
					}
					sum += want[i]
				}
				for i, v := range got.Weights {
					if w := want[i] * float64(len(want)) / sum; math.Abs(float64(v)-w) > 1e-5 {
						t.Fatalf("%s of a mask %d times as large, rule %q: weight %d is %v, want %v", layer, factor, rule, i, v, w)
					}
				}
			}
		}
	}
}

// TestMaskedByDefinition compares losses with masks with their definitions, computed from
// extracted features.
func TestMaskedByDefinition(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16})
	at, paint := wave(32, 24, 7), wave(28, 36, 5)
	own, theirs := leftMask(32, 24), leftMask(28, 36)
	for i := range own.Weights {
		own.Weights[i] *= float32(1 + i/32%4)
	}
	const layer = "relu2_1"
	extractor, err := net.Extractor(layer)
	if err != nil {
		t.Fatal(err)
	}
	features, err := extractor.Extract(context.Background(), at, paint)
	if err != nil {
		t.Fatal(err)
	}
	f, g := features[0][layer], features[1][layer]
	guide := func(m *Mask, width, height int) []float64 {
		w, err := net.Guide(m, layer, width, height)
		if err != nil {
			t.Fatal(err)
		}
		var all []float64
		for _, v := range w.Weights {
			all = append(all, float64(v))
		}
		return all
	}
	w, v := guide(own, 32, 24), guide(theirs, 28, 36)
	n, m, k := f.Channels, f.Width*f.Height, g.Width*g.Height
	gram := func(f *FeatureMaps, w []float64, i, j int) (sum float64) {
		m := len(w)
		for p := range m {
			sum += w[p] * float64(f.Data[i*m+p]) * float64(f.Data[j*m+p])
		}
		return sum / float64(m)
	}
	wantGram, wantHistogram := 0.0, 0.0
	for i := range n {
		for j := range n {
			d := gram(f, w, i, j) - gram(g, v, i, j)
			wantGram += d * d / float64(n*n)
		}
		a, b := weighted(f.Data[i*m:][:m], w), weighted(g.Data[i*k:][:k], v)
		for _, one := range a {
			d := one.value - b.at(one.share)
			wantHistogram += one.weight * d * d / float64(n*m)
		}
	}
	targets := []Target{{paint, theirs, 1}}
	for name, c := range map[string]struct {
		loss Loss
		want float64
	}{
		"gram":      {Gram{Targets: targets, Mask: own, Layers: Layers(layer), Reduce: Mean, Normalize: ByPositions}, wantGram},
		"histogram": {Histogram{Targets: targets, Mask: own, Layers: Layers(layer)}, wantHistogram},
		"in place":  {InPlace(Gram{Targets: targets, Mask: own, Layers: Layers(layer), Reduce: Mean, Normalize: ByPositions}, own), wantGram * own.Share()},
	} {
		if got := valueAt(t, net, c.loss, at); math.Abs(got-c.want) > 1e-4*c.want {
			t.Errorf("%s: %v, by definition %v", name, got, c.want)
		}
	}
}

type weightedValue struct{ value, weight, share float64 }

type weightedValues []weightedValue

// weighted sorts the values that have a weight. A share is that of the weight below a value.
func weighted(values []float32, weights []float64) (all weightedValues) {
	for i, v := range values {
		if weights[i] > 0 {
			all = append(all, weightedValue{value: float64(v), weight: weights[i]})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].value < all[j].value })
	sum := 0.0
	for i := range all {
		all[i].share = (sum + all[i].weight/2) / float64(len(values))
		sum += all[i].weight
	}
	return all
}

// at interpolates the value at a share.
func (a weightedValues) at(share float64) float64 {
	i := sort.Search(len(a), func(i int) bool { return a[i].share >= share })
	if i == 0 || i == len(a) {
		return a[max(i-1, 0)].value
	}
	t := (share - a[i-1].share) / (a[i].share - a[i-1].share)
	return a[i-1].value + t*(a[i].value-a[i-1].value)
}

// TestRegions: regions add up, one part for each layer, and regions that are everywhere are
// the loss itself.
func TestRegions(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16})
	at, a, b := wave(32, 24, 7), wave(28, 36, 5), wave(20, 20, 3)
	left, right := leftMask(32, 24), leftMask(32, 24)
	for i, v := range right.Weights {
		right.Weights[i] = 1 - v
	}
	gram := func(m *Image, mask *Mask, layers ...string) Loss {
		return Gram{Target: m, Mask: mask, Layers: Layers(layers...)}
	}
	one := valueAt(t, net, gram(a, left, "relu1_1", "relu2_1"), at)
	two := valueAt(t, net, gram(b, right, "relu2_1"), at)
	both := Regions{{gram(a, left, "relu1_1", "relu2_1"), 2}, {gram(b, right, "relu2_1"), 0.5}}
	record, _, err := gradientWith(net, Objective{{Name: "both", Weight: 1, Loss: both}}, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*one + 0.5*two; math.Abs(record.Total-want) > 1e-6*want {
		t.Errorf("%v in two regions, %v by themselves", record.Total, want)
	}
	if parts := record.Terms[0].Layers; len(parts) != 2 || parts[0].Layer != "relu1_1" || parts[1].Layer != "relu2_1" {
		t.Errorf("parts %v", parts)
	}
	everywhere := NewMask(3, 3)
	for i := range everywhere.Weights {
		everywhere.Weights[i] = 1
	}
	whole := valueAt(t, net, gram(a, nil, "relu2_1"), at)
	if got := valueAt(t, net, InPlace(gram(a, everywhere, "relu2_1"), everywhere), at); math.Abs(got-whole) > 1e-5*whole {
		t.Errorf("%v with a mask of ones, %v without", got, whole)
	}
	if l := gram(a, nil, "relu1_1"); fmt.Sprint(InPlace(l, nil)) != fmt.Sprint(l) {
		t.Error("no mask changes a loss")
	}
}

func TestBadRegions(t *testing.T) {
	photo := wave(40, 40, 7)
	small := NewMask(40, 40)
	small.Weights[20*40+20] = 1
	inside := *small
	inside.Rule = Inside
	odd := *small
	odd.Rule = "outside"
	gram := func(m *Mask) Loss { return Gram{Target: photo, Mask: m, Layers: Layers("scale3")} }
	for want, l := range map[string]Loss{
		`no regions`:           Regions{},
		`region 1 has no loss`: Regions{{nil, 1}},
		`region 1 has weight -1: must be 0 or more`:                                               Regions{{gram(nil), -1}},
		`rule of a mask "outside" is unknown: choose simple, inside or all`:                       gram(&odd),
		`no position lies inside the mask: layer scale3 of 10 x 10 positions, each of which sees`: gram(&inside),
		`a mask of 2 x 2 zeros: nothing would count`:                                              Sliced{Target: photo, Mask: NewMask(2, 2), Layers: Layers("scale1")},
	} {
		tr := Transfer{Start: FromImage(photo), Objective: Objective{{Name: "term", Weight: 1, Loss: l}}}
		if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "nst: ") != 1 {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	net := open(t, "vgg19", Options{Width: 1. / 16})
	for want, f := range map[error]func() error{
		ErrUnknownLayer: func() error { _, err := net.Guide(small, "relu9_1", 40, 40); return err },
		ErrTooSmall:     func() error { _, err := net.Guide(small, "relu5_1", 8, 8); return err },
		ErrMaskEmpty:    func() error { _, err := net.Guide(&inside, "relu3_1", 40, 40); return err },
	} {
		if err := f(); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
}
