package measure_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// The goldens were made with scikit-image, SciPy, NumPy and PyTorch:
// testdata/generate.py.

func load(t *testing.T, name string) *nst.Image {
	t.Helper()
	m, err := nst.LoadWith("testdata/"+name, nst.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// narrowVGG returns the weights of a VGG-19 with a sixteenth of its channels, as the
// generator makes them: nst/testdata/oracle/README.md.
type narrowVGG struct{}

func (narrowVGG) Convolution(layer string) (weight, bias []float32, err error) {
	var block, index int
	if _, err := fmt.Sscanf(layer, "conv%d_%d", &block, &index); err != nil {
		return nil, nil, fmt.Errorf("layer %q: %w", layer, err)
	}
	channels := []int{3, 4, 8, 16, 32, 32}
	in, out := channels[block], channels[block]
	if index == 1 {
		in = channels[block-1]
	}
	uniform := func(name string, count int, a float64) []float32 {
		h := fnv.New64a()
		h.Write([]byte("vgg19/" + layer + name))
		state, values := h.Sum64(), make([]float32, count)
		for i := range values {
			state += 0x9E3779B97F4A7C15
			z := state
			z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
			z = (z ^ z>>27) * 0x94D049BB133111EB
			values[i] = float32((float64((z^z>>31)>>40) - 1<<23) / (1 << 23) * a)
		}
		return values
	}
	return uniform("/weight", out*in*9, math.Sqrt(6/float64(in*9))), uniform("/bias", out, 0.5), nil
}

func narrow(t *testing.T) measure.Yardstick {
	t.Helper()
	net, err := nst.Open("vgg19", nst.Options{Width: 1.0 / 16, Weights: narrowVGG{}})
	if err != nil {
		t.Fatal(err)
	}
	return measure.Yardstick{Network: net, Content: []string{"relu2_2", "relu4_2"}, Style: []string{"relu1_1", "relu3_1"}}
}

func TestGoldens(t *testing.T) {
	data, err := os.ReadFile("testdata/goldens.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens struct {
		One, Two map[string]float64
		Colours  [][3]float64
		Lab      [][3]float64
	}
	if err := json.Unmarshal(data, &goldens); err != nil {
		t.Fatal(err)
	}
	content, style, style2, picture := load(t, "content.png"), load(t, "style.png"), load(t, "style2.png"), load(t, "picture.png")
	two := []nst.Target{{Image: style, Weight: 3}, {Image: style2, Weight: 1}}
	for _, c := range []struct {
		name  string
		style []nst.Target
		want  map[string]float64
	}{
		{"one style", measure.Style(style), goldens.One},
		{"two styles", two, goldens.Two},
	} {
		list, err := measure.With(t.Context(), narrow(t), picture, measure.References{Content: content, Style: c.style})
		if err != nil {
			t.Fatal(err)
		}
		got, means := map[string]float64{}, 0
		for _, v := range list {
			if v.Layer == "" && slices.ContainsFunc(list, func(o measure.Value) bool { return o.Name == v.Name && o.Layer != "" }) {
				means++ // checked by TestMeans
				continue
			}
			got[v.Key()] = v.Value
			if !math.IsNaN(v.OfContent) {
				got["content:"+v.Key()] = v.OfContent
			}
			if !math.IsNaN(v.OfStyle) {
				got["style:"+v.Key()] = v.OfStyle
			}
		}
		if means != 4 || len(got) != len(c.want) {
			t.Errorf("%s: %d means and %d values, want 4 and %d", c.name, means, len(got), len(c.want))
		}
		for key, want := range c.want {
			tolerance := 1e-9
			switch {
			case strings.Contains(key, ".relu"):
				tolerance = 2e-5 // float32 in the network
			case strings.Contains(key, "colour"):
				tolerance = 1e-6
			case key == "ssim" || strings.Contains(key, "variation") || strings.Contains(key, "ratio") || strings.Contains(key, "frequency") || key == "gradient_correlation":
				tolerance = 1e-6 // pixels are float32
			}
			if v, ok := got[key]; !ok || math.Abs(v-want) > tolerance*math.Max(math.Abs(want), 1e-3) {
				t.Errorf("%s: %s = %v, want %v", c.name, key, v, want)
			}
		}
	}
	for i, c := range goldens.Colours {
		got := measure.Lab(c[0]/255, c[1]/255, c[2]/255)
		for k, want := range goldens.Lab[i] {
			if math.Abs(got[k]-want) > 1e-5 {
				t.Errorf("Lab%v = %v, want %v", c, got, goldens.Lab[i])
			}
		}
	}
}
