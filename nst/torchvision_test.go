package nst

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gonst/workbench/weights"
)

// Whole networks as torchvision saves them, plain and with batch normalisation, which
// is folded in: every layer against torchvision's own features in float64.
func TestTorchvision(t *testing.T) {
	for file, network := range map[string]string{"vgg16": "vgg16", "vgg19_bn": "vgg19"} {
		dir := filepath.Join("testdata", "torchvision")
		data, err := os.ReadFile(filepath.Join(dir, file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var golden struct {
			Height, Width int
			Image         []float32
			Features      map[string]struct {
				Shape       [3]int
				Norm        float64
				First, Last []float64
			}
		}
		if err := json.Unmarshal(data, &golden); err != nil {
			t.Fatal(err)
		}
		w, err := weights.Open(filepath.Join(dir, file+".pth"))
		if err != nil {
			t.Fatal(err)
		}
		p := Torchvision()
		n, err := Open(network, Options{Weights: w, Width: 1.0 / 32, Preprocess: &p})
		if err != nil {
			t.Fatal(err)
		}
		m := NewImage(golden.Width, golden.Height)
		for i, v := range golden.Image {
			m.Pix[i] = v / 255
		}
		var names []string
		for name := range golden.Features {
			names = append(names, name)
		}
		if len(names) != map[string]int{"vgg16": 26, "vgg19": 32}[network] {
			t.Errorf("%s: %d layers", file, len(names))
		}
		e, err := n.Extractor(names...)
		if err != nil {
			t.Fatal(err)
		}
		features, err := e.Extract(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range golden.Features {
			f := features[0][name]
			if got := [3]int{f.Channels, f.Height, f.Width}; got != want.Shape {
				t.Errorf("%s %s: shape %v, want %v", file, name, got, want.Shape)
				continue
			}
			norm := 0.0
			for _, v := range f.Data {
				norm += float64(v) * float64(v)
			}
			apart := math.Abs(math.Sqrt(norm) - want.Norm)
			for i := range want.First {
				apart = max(apart, math.Abs(float64(f.Data[i])-want.First[i]), math.Abs(float64(f.Data[len(f.Data)-8+i])-want.Last[i]))
			}
			if apart > 2e-5*want.Norm {
				t.Errorf("%s %s: apart by %.2g of the norm", file, name, apart/want.Norm)
			}
		}
	}
}
