package nst

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gonst/workbench/weights"
)

// drawnWeights are random filters of a VGG-19.
type drawnWeights struct{ first map[string][]float32 } // conv1_1's filters that are not random

func (d drawnWeights) Convolution(layer string) (weight, bias []float32, err error) {
	n, err := Open("vgg19", Options{})
	if err != nil {
		return nil, nil, err
	}
	l, _ := n.table.Find(layer)
	in := n.table.InChannels(l)
	r := rand.New(rand.NewPCG(1, uint64(l.Channels*in)))
	weight, bias = make([]float32, l.Channels*in*9), make([]float32, l.Channels)
	for i := range weight {
		weight[i] = float32(r.NormFloat64()) / 10
	}
	for i := range bias {
		bias[i] = float32(r.NormFloat64())
	}
	if layer == "conv1_1" {
		for m, f := range d.first {
			i, err := strconv.Atoi(m)
			if err != nil {
				return nil, nil, err
			}
			copy(weight[27*i:], f)
		}
	}
	return weight, bias, nil
}

func publishedFilters(t *testing.T) map[string]map[string][]float32 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "known", "published.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string][]float32
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// Filters that were printed somewhere, the others random: those are all that is known.
func TestRecognizePublished(t *testing.T) {
	for name, filters := range publishedFilters(t) {
		network, preprocess, _ := strings.Cut(name, "-")
		if preprocess == "oxford" {
			preprocess = "caffe"
		}
		r, err := Recognize(t.Context(), network, drawnWeights{filters})
		if err != nil || r.Name != name || r.Preprocess != preprocess || r.Reversed || r.Fault != "" || r.About == "" {
			t.Errorf("%s is taken for %+v, %v", name, r, err)
		}
		if r, err := Recognize(t.Context(), "vgg11", drawnWeights{filters}); err != nil || !strings.Contains(r.Fault, "not for vgg11") {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		filters["0"][3] += 0.1 // one number of three filters
		if r, err := Recognize(t.Context(), network, drawnWeights{filters}); err != nil || r.Name != "" {
			t.Errorf("%s, changed, is taken for %+v, %v", name, r, err)
		}
	}
	if r, err := Recognize(t.Context(), "vgg19", drawnWeights{}); err != nil || r != (Recognition{}) {
		t.Errorf("random filters are taken for %+v, %v", r, err)
	}
}

// The catalogue speaks of weights that are known, and rightly.
func TestCatalogueIsKnown(t *testing.T) {
	var known []knownWeights
	if err := json.Unmarshal(knownText, &known); err != nil {
		t.Fatal(err)
	}
	for _, e := range weights.Catalogue() {
		i := slices.IndexFunc(known, func(k knownWeights) bool { return k.Name == e.Known })
		if e.Known != "" && (i < 0 || known[i].Network != e.Network || known[i].Preprocess != e.Preprocess) {
			t.Errorf("%s: known as %q", e.Name, e.Known)
		}
	}
}

// A layout that is wrong is named.
func TestRecognizeFaults(t *testing.T) {
	filters := drawnWeights{publishedFilters(t)["vgg19-torchvision"]}
	for _, c := range changes[1:] {
		r, err := Recognize(t.Context(), "vgg19", changed{filters, c.order})
		if err != nil || r.Name != "vgg19-torchvision" || r.Reversed != c.order.reversed || r.Fault != c.fault {
			t.Errorf("%v: %+v, %v", c, r, err)
		}
	}
}

func TestRecognizeGenuine(t *testing.T) {
	file := os.Getenv("NST_VGG19")
	if file == "" {
		t.Skip("NST_VGG19 names no file with VGG-19's convolutions: the deeper layers' checksum is not tried")
	}
	w, err := weights.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Recognize(t.Context(), "vgg19", w)
	if err != nil || r.Name != "vgg19-oxford" || r.Preprocess != "caffe" || r.Fault != "" {
		t.Errorf("%+v, %v", r, err)
	}
	for layer, want := range map[string]string{"conv2_1": "relu2_1", "conv3_4": "relu3_4"} {
		r, err := Recognize(t.Context(), "vgg19", shuffled{w, layer})
		if err != nil || !strings.Contains(r.Fault, want) {
			t.Errorf("%s damaged: %+v, %v", layer, r, err)
		}
	}
	if r, err := Recognize(t.Context(), "vgg19", changed{w, changes[1].order}); err != nil || r.Name != "vgg19-oxford" || !r.Reversed || r.Fault != "" {
		t.Errorf("RGB for BGR: %+v, %v", r, err)
	}
}

// shuffled has the maps that a layer reads in another order.
type shuffled struct {
	Weights
	layer string
}

func (s shuffled) Convolution(layer string) (weight, bias []float32, err error) {
	weight, bias, err = s.Weights.Convolution(layer)
	if layer == s.layer {
		weight = append(weight[9:len(weight):len(weight)], weight[:9]...)
	}
	return weight, bias, err
}
