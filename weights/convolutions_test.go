package weights

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gonst/workbench/weights/internal/weightstest"
)

func openConvolutions(t *testing.T, file string) *Convolutions {
	t.Helper()
	c, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestConvolutionsByPyTorchsOrder(t *testing.T) {
	for _, network := range []struct {
		layers []int
		want   map[string]float32
	}{
		{weightstest.TorchVGG19, map[string]float32{"conv1_1": 0, "conv1_2": 2, "conv2_1": 5, "conv3_4": 16, "conv4_1": 19, "conv5_4": 34}},
		{weightstest.TorchVGG16, map[string]float32{"conv1_1": 0, "conv3_3": 14, "conv4_1": 17, "conv5_3": 28}},
	} {
		c := openConvolutions(t, weightstest.Numbered(t, network.layers, nil))
		for layer, want := range network.want {
			weight, bias, err := c.Convolution(layer)
			if err != nil || len(weight) != 9 || weight[8] != want || bias[0] != want {
				t.Errorf("%s of %d: %v %v %v, want number %v", layer, len(network.layers), weight, bias, err, want)
			}
		}
	}
	c := openConvolutions(t, weightstest.Numbered(t, weightstest.TorchVGG16, nil))
	if _, _, err := c.Convolution("conv3_4"); !errors.Is(err, ErrNotFound) {
		t.Errorf("conv3_4 of VGG-16: error %v, want ErrNotFound", err)
	}
}

// The file was written by h5py, with the names of both generations of Keras.
func TestConvolutionsOfKeras(t *testing.T) {
	const file = "testdata/keras.h5"
	f, err := OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := openConvolutions(t, file)
	for layer, l := range map[string]struct {
		tensor  string
		in, out int
	}{
		"conv1_1": {"block1_conv1/block1_conv1/kernel:0", 3, 4},
		"conv1_2": {"block1_conv2/block1_conv2_W_1:0", 4, 2},
	} {
		stored, err := f.Read(l.tensor)
		if err != nil {
			t.Fatal(err)
		}
		weight, bias, err := c.Convolution(layer)
		if err != nil {
			t.Fatal(err)
		}
		if len(weight) != 9*l.in*l.out || len(bias) != l.out {
			t.Fatalf("%s: %d weights, %d biases", layer, len(weight), len(bias))
		}
		for y := range 3 {
			for x := range 3 {
				for i := range l.in {
					for o := range l.out {
						got, want := weight[((o*l.in+i)*3+y)*3+x], stored[((y*3+x)*l.in+i)*l.out+o]
						if got != want {
							t.Fatalf("%s: out %d in %d at %d,%d is %v, want %v", layer, o, i, y, x, got, want)
						}
					}
				}
			}
		}
	}
}

func TestConvolutionsRefused(t *testing.T) {
	cases := []struct {
		file, want string
	}{
		{weightstest.Numbered(t, weightstest.TorchVGG16[:7], nil), "no VGG network among its convolutions, [out in height width]: features.0.weight [1 1 3 3], features.2.weight"},
		{"testdata/storage.h5", "gzip_shuffle [9 8 3 3]"},
		{filepath.Join(t.TempDir(), "missing.pth"), syscall.Errno(2).Error()},
	}
	for _, c := range cases {
		if _, err := Open(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.file, err, c.want)
		}
	}
	c := openConvolutions(t, weightstest.Numbered(t, weightstest.TorchVGG19, func(tensors map[string][]float32) {
		tensors["features.5.weight"][3] = float32(math.NaN())
	}))
	if _, _, err := c.Convolution("conv2_1"); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "element 3 is NaN") {
		t.Errorf("a filter with NaN: error %v", err)
	}
	five := weightstest.WriteSafetensors(t, []string{"conv1_1.weight", "conv1_1.bias", "conv1_2.weight", "conv2_1.bias", "conv2_1.weight"}, map[string][]float32{
		"conv1_1.weight": make([]float32, 25), "conv1_1.bias": {1}, "conv1_2.weight": make([]float32, 9), "conv2_1.bias": {1, 2}, "conv2_1.weight": make([]float32, 9),
	}, map[string][]int{"conv1_1.weight": {1, 1, 5, 5}, "conv1_1.bias": {1}, "conv1_2.weight": {1, 1, 3, 3}, "conv2_1.bias": {2}, "conv2_1.weight": {1, 1, 3, 3}})
	for layer, want := range map[string]string{
		"conv1_1": `tensor "conv1_1.weight": not supported: shape [1 1 5 5] with 1 biases: must be 1 x in x 3 x 3`,
		"conv1_2": "no weights and biases for conv1_2",
		"conv2_1": "shape [1 1 3 3] with 2 biases",
	} {
		if _, _, err := openConvolutions(t, five).Convolution(layer); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", layer, err, want)
		}
	}
}

// normalized is a VGG-16 of one channel with batch normalisations.
func normalized(t testing.TB, spoil func(tensors map[string][]float32, shapes map[string][]int)) string {
	layers := []int{0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40} // of vgg16_bn
	var names []string
	tensors, shapes := map[string][]float32{}, map[string][]int{}
	add := func(name string, shape []int, values ...float32) {
		names, shapes[name], tensors[name] = append(names, name), shape, values
	}
	for _, n := range layers {
		conv, norm := fmt.Sprintf("features.%d.", n), fmt.Sprintf("features.%d.", n+1)
		add(conv+"bias", []int{1}, 1)
		add(conv+"weight", []int{1, 1, 3, 3}, 2, 2, 2, 2, 2, 2, 2, 2, 2)
		add(norm+"bias", []int{1}, 5)
		add(norm+"running_mean", []int{1}, 3)
		add(norm+"running_var", []int{1}, 4-normEpsilon)
		add(norm+"weight", []int{1}, 4)
	}
	if spoil != nil {
		spoil(tensors, shapes)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return tensors[n] == nil })
	return weightstest.WriteSafetensors(t, names, tensors, shapes)
}

// A batch normalisation that is folded in by hand: filters of 2, a bias of 1; (x - 3) /
// 2 * 4 + 5.
func TestBatchNormalization(t *testing.T) {
	file := func(spoil func(tensors map[string][]float32, shapes map[string][]int)) string {
		return normalized(t, spoil)
	}
	c := openConvolutions(t, file(nil))
	if c.Network() != "vgg16" || c.Check() == nil { // the first layer reads one channel instead of three colours
		t.Errorf("%q, %v", c.Network(), c.Check())
	}
	for _, layer := range c.Layers() {
		weight, bias, err := c.Convolution(layer)
		if err != nil || weight[8] != 4 || bias[0] != (1-3)*2+5 {
			t.Errorf("%s: %v, %v, %v", layer, weight, bias, err)
		}
	}
	out := filepath.Join(t.TempDir(), "out.safetensors")
	if err := Convert(file(nil), out); err != nil {
		t.Fatal(err)
	}
	if weight, bias, err := openConvolutions(t, out).Convolution("conv5_3"); err != nil || weight[0] != 4 || bias[0] != 1 {
		t.Errorf("converted: %v, %v, %v", weight, bias, err)
	}
	nan := float32(math.NaN())
	for what, c := range map[string]struct {
		spoil func(tensors map[string][]float32, shapes map[string][]int)
		says  string
	}{
		"negative variance": {func(v map[string][]float32, _ map[string][]int) { v["features.1.running_var"][0] = -1 }, "map 0: variance -1"},
		"variance NaN":      {func(v map[string][]float32, _ map[string][]int) { v["features.1.running_var"][0] = nan }, "variance NaN"},
		"shift NaN":         {func(v map[string][]float32, _ map[string][]int) { v["features.1.bias"][0] = nan }, "shift NaN"},
		"no maps": {func(v map[string][]float32, s map[string][]int) {
			v["features.0.weight"], s["features.0.weight"] = []float32{}, []int{0, 3, 3, 3}
			v["features.0.bias"], s["features.0.bias"] = []float32{}, []int{0}
		}, "shape [0 3 3 3] with 0 biases"},
		"no mean": {func(v map[string][]float32, _ map[string][]int) { delete(v, "features.1.running_mean") }, "no such tensor"},
		"another length": {func(v map[string][]float32, s map[string][]int) {
			v["features.1.weight"], s["features.1.weight"] = []float32{1, 2}, []int{2}
		}, "2 elements for 1 maps"},
	} {
		if _, _, err := openConvolutions(t, file(c.spoil)).Convolution("conv1_1"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", what, err, c.says)
		}
	}
}

func TestConvolutionsOfTheGenuineVGG19(t *testing.T) {
	file := os.Getenv("NST_VGG19")
	if file == "" {
		t.Skip("NST_VGG19 is not set: no genuine weights to read")
	}
	c := openConvolutions(t, file)
	for layer, want := range map[string][2]int{"conv1_1": {3, 64}, "conv3_1": {128, 256}, "conv5_4": {512, 512}} {
		weight, bias, err := c.Convolution(layer)
		if err != nil || len(weight) != 9*want[0]*want[1] || len(bias) != want[1] {
			t.Errorf("%s: %d weights, %d biases, %v", layer, len(weight), len(bias), err)
		}
	}
}
