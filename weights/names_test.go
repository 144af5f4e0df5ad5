package weights

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/weights/internal/vgg"
	"github.com/gonst/workbench/weights/internal/weightstest"
)

// scheme writes a narrow VGG-16. conv and bias make the names of its tensors from a
// layer's index and name.
type scheme struct {
	conv, bias func(i int, l vgg.Layer) string
}

func format(conv, bias string, number func(i int) int) scheme {
	return scheme{
		func(i int, _ vgg.Layer) string { return fmt.Sprintf(conv, number(i)) },
		func(i int, _ vgg.Layer) string { return fmt.Sprintf(bias, number(i)) },
	}
}

func named16(prefix string) scheme {
	return scheme{
		func(_ int, l vgg.Layer) string { return prefix + l.Name + ".weight" },
		func(_ int, l vgg.Layer) string { return prefix + l.Name + ".bias" },
	}
}

func torch16(prefix string) scheme {
	return format(prefix+"%d.weight", prefix+"%d.bias", func(i int) int { return weightstest.TorchVGG16[i] })
}

// models writes the schemes into one file. Element 0 of layer i of scheme k is 100k + i.
// Other tensors have one element.
func models(t testing.TB, schemes []scheme, others ...string) string {
	t.Helper()
	widths := vgg.Widths
	vgg.Widths = []int{1, 2, 3, 4, 4}
	defer func() { vgg.Widths = widths }()
	var names []string
	tensors, shapes := map[string][]float32{}, map[string][]int{}
	add := func(name string, first float32, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		v := make([]float32, n)
		v[0] = first
		names, tensors[name], shapes[name] = append(names, name), v, shape
	}
	for k, s := range schemes {
		for i, l := range vgg.Layers("vgg16") {
			add(s.conv(i, l), float32(100*k+i), l.Out, l.In, 3, 3)
			add(s.bias(i, l), float32(100*k+i), l.Out)
		}
	}
	for _, name := range others {
		add(name, 1, 1)
	}
	return weightstest.WriteSafetensors(t, names, tensors, shapes)
}

// is16 checks that layer i has i in its first filter and bias.
func is16(t *testing.T, name, file string) {
	t.Helper()
	c, err := Open(file)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	defer c.Close()
	if c.Network() != "vgg16" {
		t.Errorf("%s: %q, %v", name, c.Network(), c.Layers())
		return
	}
	for i, layer := range c.Layers() {
		weight, bias, err := c.Convolution(layer)
		if err != nil || weight[0] != float32(i) || bias[0] != float32(i) {
			t.Errorf("%s: %s: error %v", name, layer, err)
		}
	}
}

// The names do not identify the layers: order and shapes do.
func TestNamesByOrder(t *testing.T) {
	same := func(i int) int { return i }
	for name, s := range map[string]scheme{
		"a Sequential": torch16(""),
		"in a model":   torch16("net.vgg."),
		"one a layer":  format("conv%d.weight", "conv%d.bias", func(i int) int { return i + 1 }),
		"slices": {
			func(i int, l vgg.Layer) string { return fmt.Sprintf("slice%c.%d.weight", l.Name[4], i) },
			func(i int, l vgg.Layer) string { return fmt.Sprintf("slice%c.%d.bias", l.Name[4], i) },
		},
		"Keras's counter": {
			func(i int, _ vgg.Layer) string {
				return strings.TrimSuffix(fmt.Sprintf("conv2d_%d", i), "_0") + "/kernel"
			},
			func(i int, _ vgg.Layer) string {
				return strings.TrimSuffix(fmt.Sprintf("conv2d_%d", i), "_0") + "/bias"
			},
		},
		"with two vectors": format("%d.weight", "%d.bias", same),
	} {
		is16(t, name, models(t, []scheme{s}))
		// An optimiser's state has the same shapes and numbers.
		o := scheme{func(i int, l vgg.Layer) string { return "optimizer/" + s.conv(i, l) }, func(i int, l vgg.Layer) string { return "optimizer/" + s.bias(i, l) }}
		is16(t, name+", an optimiser", models(t, []scheme{s, o}))
	}
	// Networks that are not VGG are not guessed.
	for name, file := range map[string]string{
		"a batch normalisation that cannot be folded": models(t, []scheme{torch16("")}, "bn1.running_var", "0.running_var"),
		"not in order": models(t, []scheme{format("%d.weight", "%d.bias", func(i int) int { return 13 - i })}),
	} {
		if _, err := Open(file); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "0.weight [") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A model and its running average, in every format of names, give an error with both
// names.
func TestTwoSets(t *testing.T) {
	same := func(i int) int { return i }
	for name, c := range map[string]struct {
		schemes []scheme
		says    []string
	}{
		"Caffe":         {[]scheme{named16("model."), named16("ema.")}, []string{`"model.conv1_1.weight"`, `"ema.conv1_1.weight"`}},
		"one unnamed":   {[]scheme{named16(""), named16("ema.")}, []string{`"conv1_1.weight"`, `"ema.conv1_1.weight"`}},
		"PyTorch":       {[]scheme{torch16("model.features."), torch16("ema.features.")}, []string{`"model.features.0.weight"`, `"ema.features.0.weight"`}},
		"by order":      {[]scheme{torch16("model."), torch16("ema.")}, []string{`"model.0.weight"`, `"ema.0.weight"`}},
		"of two kinds":  {[]scheme{named16(""), torch16("features.")}, []string{`"conv1_1.weight"`, `"features.0.weight"`}},
		"behind a name": {[]scheme{named16(""), {func(_ int, l vgg.Layer) string { return l.Name + ".weight_ema" }, func(_ int, l vgg.Layer) string { return l.Name + ".bias_ema" }}}, []string{`"conv1_1.weight"`, `"conv1_1.weight_ema"`}},
		"PyTorch, behind a name": {[]scheme{torch16("features."), format("features.%d.weight_ema", "features.%d.bias_ema", func(i int) int { return weightstest.TorchVGG16[i] })},
			[]string{`"features.0.weight"`, `"features.0.weight_ema"`}},
		"Keras": {[]scheme{
			format("model/conv2d_%d/kernel:0", "model/conv2d_%d/bias:0", same), format("ema/conv2d_%d/kernel:0", "ema/conv2d_%d/bias:0", same)},
			[]string{`"model/conv2d_0/kernel:0"`, `"ema/conv2d_0/kernel:0"`}},
	} {
		_, err := Open(models(t, c.schemes))
		if !errors.Is(err, ErrAmbiguous) {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		for _, says := range c.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: error %v, want one with %s", name, err, says)
			}
		}
	}
	// In the other formats: groups of HDF5, dictionaries of PyTorch.
	shape, stride := "("+num(3)+num(3)+num(3)+num(3)+"t", "("+num(27)+num(9)+num(3)+num(1)+"t"
	tensor := strings.TrimSuffix(strings.SplitN(tensorPickle(81, 0, shape, stride), text("x"), 2)[1], "s.")
	set := func(name string) string { return text(name) + "}" + text("conv1_1.weight") + tensor + "ss" }
	torch := filepath.Join(t.TempDir(), "ema.pth")
	if err := os.WriteFile(torch, pytorch(t, "\x80\x02}"+set("model")+set("ema")+".", zip.Store, make([]byte, 4*81)), 0o666); err != nil {
		t.Fatal(err)
	}
	for file, says := range map[string]string{
		"testdata/ema.h5": `"ema/block1_conv1/block1_conv1/kernel:0" and "model/block1_conv1/block1_conv1/kernel:0"`,
		torch:             `"model.conv1_1.weight" and "ema.conv1_1.weight"`,
	} {
		if _, err := Open(file); !errors.Is(err, ErrAmbiguous) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one with %s", file, err, says)
		}
	}
	// A vector beside the bias is not a bias.
	is16(t, "a second vector", models(t, []scheme{named16("")}, "conv1_1.scale"))
	// Weights of one set are never combined with biases of another.
	apart := scheme{named16("model.").conv, named16("ema.").bias}
	c, err := Open(models(t, []scheme{apart}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Check(); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "model.conv1_1.weight without its bias") {
		t.Errorf("a weight and another's bias: check says %v", err)
	}
	if _, _, err := c.Convolution("conv1_1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a weight and another's bias: error %v", err)
	}
}

// Files that Keras 3 saves: .keras, and the .weights.h5 inside it.
func TestKeras3(t *testing.T) {
	archive, err := zip.OpenReader("testdata/vgg16.keras")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	member, err := archive.Open(kerasWeights)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(member)
	if err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(t.TempDir(), "vgg16.weights.h5")
	if err := os.WriteFile(alone, data, 0o666); err != nil {
		t.Fatal(err)
	}
	for file, format := range map[string]Format{"testdata/vgg16.keras": Keras, alone: HDF5} {
		c := openConvolutions(t, file)
		if c.Network() != "vgg16" || c.Format() != format {
			t.Fatalf("%s: %q, %s", file, c.Network(), c.Format())
		}
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for k, layer := range c.Layers() {
			weight, bias, err := c.Convolution(layer)
			if err != nil {
				t.Fatal(err)
			}
			in, out := len(weight)/9/len(bias), len(bias)
			for o := range out {
				if got, want := bias[o], float32(-float64(k)-float64(o)/1000); got != want {
					t.Errorf("%s: bias %d of %s is %v, want %v", file, o, layer, got, want)
				}
				for i := range in {
					for tap := range 9 {
						got, want := weight[(o*in+i)*9+tap], float32(float64(k)+float64((tap*in+i)*out+o)/1000)
						if got != want {
							t.Fatalf("%s: %s, out %d, in %d, tap %d is %v, want %v", file, layer, o, i, tap, got, want)
						}
					}
				}
			}
		}
	}
}

// The error for archives with other content describes this content.
func TestForeignArchives(t *testing.T) {
	for file, says := range map[string]string{
		"model.weights.json": "shards", "arr_0.npy": "NumPy", "photo.jpg": "unpack it", "deflated " + kerasWeights: "is compressed",
	} {
		path := filepath.Join(t.TempDir(), "x.keras")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w := zip.NewWriter(f)
		name, deflated := strings.CutPrefix(file, "deflated ")
		h := &zip.FileHeader{Name: name}
		if deflated {
			h.Method = zip.Deflate
		}
		member, err := w.CreateHeader(h)
		if err == nil {
			_, err = member.Write(make([]byte, 1000))
		}
		if err := errors.Join(err, w.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFile(path); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", file, err, says)
		}
	}
}

// A file that is a part of a model, and the index of such files, are named as such.
func TestPartOfAModel(t *testing.T) {
	dir := t.TempDir()
	index := filepath.Join(dir, "model.safetensors.index.json")
	if err := os.WriteFile(index, []byte(`{
  "metadata": {"total_size": 80098816},
  "weight_map": {"features.0.weight": "model-00001-of-00002.safetensors"}
}`), 0o666); err != nil {
		t.Fatal(err)
	}
	head := `{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  `
	data := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head+"\x00\x00\x00\x00"...)
	part := filepath.Join(dir, "model-00001-of-00002.safetensors")
	if err := os.WriteFile(part, data, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{index, part} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "several files") {
			t.Error(err)
		}
	}
}
