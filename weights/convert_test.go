package weights

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gonst/workbench/weights/internal/weightstest"
)

// The output has the same values as the input, for both layouts.
func TestConvert(t *testing.T) {
	for _, in := range []string{"testdata/keras.h5", weightstest.Numbered(t, weightstest.TorchVGG16, nil)} {
		out := filepath.Join(t.TempDir(), "out.safetensors")
		if err := Convert(in, out); err != nil {
			t.Fatal(err)
		}
		before, after := openConvolutions(t, in), openConvolutions(t, out)
		if len(before.Layers()) == 0 || !slices.Equal(before.Layers(), after.Layers()) || before.Network() != after.Network() {
			t.Fatalf("%s: layers %v of %q, then %v of %q", in, before.Layers(), before.Network(), after.Layers(), after.Network())
		}
		for _, layer := range before.Layers() {
			w1, b1, err1 := before.Convolution(layer)
			w2, b2, err2 := after.Convolution(layer)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(w1, w2) || !slices.Equal(b1, b2) {
				t.Errorf("%s: %s has changed", in, layer)
			}
			s1, _ := before.Shape(layer)
			if s2, _ := after.Shape(layer); !slices.Equal(s1, s2) {
				t.Errorf("%s: %s has shape %v, then %v", in, layer, s1, s2)
			}
		}
		digest, err := fileDigest(in)
		if err != nil {
			t.Fatal(err)
		}
		meta := after.file.Metadata()
		if meta["source"] != filepath.Base(in) || meta["source_sha256"] != digest || after.Format() != Safetensors {
			t.Errorf("metadata %v of a %s file", meta, after.Format())
		}
		if n := len(after.file.Tensors()); n != 2*len(after.Layers()) {
			t.Errorf("%d tensors for %d layers: the classifier is to be left out", n, len(after.Layers()))
		}
		// Converting the same file a second time gives the same bytes.
		again := filepath.Join(t.TempDir(), "again.safetensors")
		if err := Convert(in, again); err != nil {
			t.Fatal(err)
		}
		d1, _ := fileDigest(out)
		if d2, _ := fileDigest(again); d1 != d2 {
			t.Errorf("%s: converted twice, two files", in)
		}
	}
}

// If the conversion fails, it leaves no file and replaces none.
func TestConvertRefused(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.safetensors")
	broken := weightstest.Numbered(t, weightstest.TorchVGG19, func(tensors map[string][]float32) {
		tensors["features.34.weight"][8] = float32(math.Inf(1))
	})
	for _, c := range []struct{ in, out, want string }{
		{broken, out, "element 8 is +Inf"},
		{"testdata/storage.h5", out, "no VGG network among its convolutions"},
		{filepath.Join(dir, "missing"), out, syscall.Errno(2).Error()},
		{weightstest.Numbered(t, weightstest.TorchVGG19, nil), filepath.Join(dir, "nowhere", "out.safetensors"), "is not written"},
		{weightstest.Numbered(t, weightstest.TorchVGG19, nil), filepath.Join(dir, "out.h5"), "the name must end in .safetensors"},
		{weightstest.Numbered(t, weightstest.TorchVGG19, nil), filepath.Join(dir, "out"), "the name must end in .safetensors"},
	} {
		if err := Convert(c.in, c.out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.in, err, c.want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.WriteFile(out, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Convert(weightstest.Numbered(t, weightstest.TorchVGG19, nil), out); err == nil || !strings.Contains(err.Error(), "exists: remove it") {
		t.Errorf("error %v", err)
	}
	if data, _ := os.ReadFile(out); string(data) != "precious" {
		t.Error("a file was replaced")
	}
}

func TestConvolutionsCheck(t *testing.T) {
	c := openConvolutions(t, "testdata/keras.h5")
	if err := c.Check(); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "found are conv1_1, conv1_2") {
		t.Errorf("two layers: error %v", err)
	}
	// numbered's first layer reads one channel instead of three colours.
	c = openConvolutions(t, weightstest.Numbered(t, weightstest.TorchVGG16, func(tensors map[string][]float32) {
		tensors["features.28.bias"][0] = float32(math.NaN())
	}))
	err := c.Check()
	for _, want := range []string{"conv1_1 reads 1 maps, there are 3", `"features.28.bias": damaged file: element 0 is NaN`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	if c.Network() != "vgg16" {
		t.Errorf("network %q", c.Network())
	}
	if file := os.Getenv("NST_VGG19"); file != "" {
		if c := openConvolutions(t, file); c.Check() != nil || c.Network() != "vgg19" {
			t.Errorf("the genuine file: %q, %v", c.Network(), c.Check())
		}
	} else {
		t.Log("NST_VGG19 is not set: the genuine file is not checked")
	}
}
