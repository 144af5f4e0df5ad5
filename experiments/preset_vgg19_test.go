package experiments

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// The same against the real VGG-19, where it is there. It has so many ReLUs and
// pools that some lie within float32's rounding of their kink, each of which may
// move the gradient by a part in a thousand, and what follows from it.
var realTolerance = presetTolerance{value: 1e-4, gradient: 2e-3, step: 1e-3, late: 1e-2}

func TestPresetsOnVGG19(t *testing.T) {
	file := os.Getenv("NST_VGG19")
	if file == "" {
		t.Skip("NST_VGG19 names no safetensors file with VGG-19's convolutions: presets are compared on random filters only")
	}
	if testing.Short() {
		t.Skip("the real network takes a minute")
	}
	weights := readTestWeights(t, file)
	for _, g := range readPresetGoldens(t, "vgg19.json") {
		t.Run(g.Preset, func(t *testing.T) {
			g.check(t, g.transfer(t, weights), g.transfer(t, weights, "run.pixel_range=1"), realTolerance)
		})
	}
}

// testWeights are tensors of a safetensors file that is known to be good.
type testWeights map[string][]float32

func (w testWeights) Convolution(layer string) (weight, bias []float32, err error) {
	weight, bias = w[layer+".weight"], w[layer+".bias"]
	if weight == nil || bias == nil {
		err = fmt.Errorf("the file has no %s", layer)
	}
	return weight, bias, err
}

func readTestWeights(t *testing.T, file string) testWeights {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 8 + binary.LittleEndian.Uint64(data)
	var header map[string]struct {
		Type    string `json:"dtype"`
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(data[8:n], &header); err != nil {
		t.Fatal(err)
	}
	w := testWeights{}
	for name, e := range header {
		raw := data[n:][e.Offsets[0]:e.Offsets[1]]
		switch e.Type {
		case "F32":
			for ; len(raw) > 0; raw = raw[4:] {
				w[name] = append(w[name], math.Float32frombits(binary.LittleEndian.Uint32(raw)))
			}
		case "F16":
			for ; len(raw) > 0; raw = raw[2:] {
				w[name] = append(w[name], half(binary.LittleEndian.Uint16(raw)))
			}
		}
	}
	return w
}

// half is a number of IEEE's binary16; trained weights are finite.
func half(bits uint16) float32 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	v := math.Ldexp(1024+fraction, exponent-25)
	if exponent == 0 {
		v = math.Ldexp(fraction, -24)
	}
	if bits>>15 == 1 {
		v = -v
	}
	return float32(v)
}
