package engine_test

import (
	"os"
	"testing"

	"github.com/gonst/workbench/weights"
)

// The same comparison with the real VGG-19, if its file exists. It has many ReLUs and
// pools. Some inputs are within float32's rounding of a kink, and each of these can
// change the gradient, and everything that depends on it, by a part in a thousand.
var realTolerance = presetTolerance{value: 1e-4, gradient: 2e-3, step: 1e-3, late: 1e-2}

func TestPresetsOnVGG19(t *testing.T) {
	file := os.Getenv("NST_VGG19")
	if file == "" {
		t.Skip("NST_VGG19 names no safetensors file with VGG-19's convolutions: presets are compared on random filters only")
	}
	if testing.Short() {
		t.Skip("the real network takes a minute")
	}
	opened, err := weights.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	real := vgg19File{opened}
	for _, g := range readPresetGoldens(t, "vgg19.json") {
		t.Run(g.Preset, func(t *testing.T) {
			g.check(t, g.transfer(t, real), g.transfer(t, real, "run.pixel_range=1"), realTolerance)
		})
	}
}

// vgg19File returns the convolutions of a file with the layer names of this package.
type vgg19File struct{ *weights.File }

func (f vgg19File) Convolution(layer string) (weight, bias []float32, err error) {
	if weight, err = f.Read(layer + ".weight"); err == nil {
		bias, err = f.Read(layer + ".bias")
	}
	return weight, bias, err
}
