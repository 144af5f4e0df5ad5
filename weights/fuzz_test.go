package weights

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gonst/workbench/weights/internal/weightstest"
)

func addFiles(f *testing.F, patterns ...string) {
	for _, p := range patterns {
		paths, err := filepath.Glob(filepath.Join("testdata", p))
		if err != nil || len(paths) == 0 {
			f.Fatalf("%s: %v", p, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			if len(data) < 1<<14 {
				f.Add(data)
			}
		}
	}
}

// fuzz opens and reads any data. It must end without a panic, and use memory in
// proportion to the input: at most as much as deflate can expand it to.
func fuzz(t *testing.T, data []byte) {
	if n := allocated(func() { exercise(t, data) }); n > 32<<20+4000*uint64(len(data)) {
		t.Fatalf("%d bytes allocated for %d", n, len(data))
	}
}

func FuzzSafetensors(f *testing.F) {
	addFiles(f, "*.safetensors")
	f.Fuzz(fuzz)
}

func FuzzHDF5(f *testing.F) {
	addFiles(f, "*.h5")
	f.Fuzz(fuzz)
}

func FuzzPyTorch(f *testing.F) {
	addFiles(f, "*.pt*")
	f.Fuzz(fuzz)
}

// FuzzKeras reads archives of Keras 3 that have testdata/keras.h5 as their member.
func FuzzKeras(f *testing.F) {
	data, err := os.ReadFile("testdata/keras.h5")
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	member, err := w.CreateHeader(&zip.FileHeader{Name: kerasWeights})
	if err == nil {
		_, err = member.Write(data)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(fuzz)
}

// FuzzPickle gives the stack machine a pickle without an archive around it.
func FuzzPickle(f *testing.F) {
	f.Add([]byte(torchMagic))
	addFiles(f, "state_legacy.pth", "refused_evil_legacy.pth")
	f.Fuzz(func(t *testing.T, data []byte) {
		u := &unpickler{}
		v, n, err := u.load(data)
		if n < 0 || n > len(data) || err == nil && n == 0 {
			t.Fatalf("%v: %d bytes of %d", v, n, len(data))
		}
	})
}

// FuzzConvolutions finds a network's layers in any safetensors file, folds the batch
// normalisations, and reads the layers.
func FuzzConvolutions(f *testing.F) {
	for _, path := range []string{weightstest.Numbered(f, weightstest.TorchVGG16[:], nil), normalized(f, nil),
		models(f, []scheme{torch16("a."), torch16("b.")}), models(f, []scheme{named16("")})} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := New("x", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		c, err := NewConvolutions(file)
		if err != nil {
			return
		}
		for _, layer := range c.Layers() {
			weight, bias, err := c.Convolution(layer)
			if err == nil && (len(bias) == 0 || len(weight)%(9*len(bias)) != 0) {
				t.Fatalf("%s: %d weights, %d biases", layer, len(weight), len(bias))
			}
		}
		_ = c.Check()
	})
}
