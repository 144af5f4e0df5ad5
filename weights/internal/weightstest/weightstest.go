// Package weightstest writes small files of weights for tests.
package weightstest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// WriteSafetensors writes a file of F32 tensors in the order of their names.
func WriteSafetensors(t testing.TB, names []string, tensors map[string][]float32, shapes map[string][]int) string {
	t.Helper()
	header := map[string]any{}
	var data []byte
	for _, name := range names {
		begin := len(data)
		for _, v := range tensors[name] {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		header[name] = map[string]any{"dtype": "F32", "shape": shapes[name], "data_offsets": []int{begin, len(data)}}
	}
	h, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "w.safetensors")
	if err := os.WriteFile(file, append(binary.LittleEndian.AppendUint64(nil, uint64(len(h))), append(h, data...)...), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// Numbered writes convolutions of one channel with PyTorch's names. Each filter's
// values and its bias are the layer's number.
func Numbered(t testing.TB, layers []int, spoil func(tensors map[string][]float32)) string {
	var names []string
	tensors, shapes := map[string][]float32{}, map[string][]int{}
	for _, n := range layers {
		w, b := fmt.Sprintf("features.%d.weight", n), fmt.Sprintf("features.%d.bias", n)
		names = append(names, w, b)
		shapes[w], shapes[b] = []int{1, 1, 3, 3}, []int{1}
		tensors[b] = []float32{float32(n)}
		for range 9 {
			tensors[w] = append(tensors[w], float32(n))
		}
	}
	// Such files also contain the classifier.
	names = append(names, "classifier.0.weight", "classifier.0.bias")
	shapes["classifier.0.weight"], shapes["classifier.0.bias"] = []int{2, 1}, []int{2}
	tensors["classifier.0.weight"], tensors["classifier.0.bias"] = []float32{1, 2}, []float32{1, 2}
	if spoil != nil {
		spoil(tensors)
	}
	return WriteSafetensors(t, names, tensors, shapes)
}

// TorchVGG19 and TorchVGG16 are the indices of the convolutions in torchvision's
// vgg19().features and vgg16().features.
var (
	TorchVGG19 = []int{0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34}
	TorchVGG16 = []int{0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}
)
