package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestRealFiles reads files of h5py and torch.save, and safetensors files made from the
// format's description (testdata/generate.py): every tensor must be equal to the bit.
func TestRealFiles(t *testing.T) {
	var expected map[string]map[string]struct {
		Shape []int
		Type  Type
		Bits  []uint32
	}
	data, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected) < 8 {
		t.Fatalf("expected.json has %d files", len(expected))
	}
	formats := map[string]Format{".safetensors": Safetensors, ".h5": HDF5, ".pth": PyTorch}
	for name, tensors := range expected {
		t.Run(name, func(t *testing.T) {
			f := open(t, name)
			if want := formats[filepath.Ext(name)]; f.Format() != want {
				t.Errorf("format %s, want %s", f.Format(), want)
			}
			if got := f.Tensors(); len(got) != len(tensors) {
				t.Errorf("%d tensors, want %d: %v", len(got), len(tensors), got)
			}
			for name, want := range tensors {
				got, err := f.Tensor(name)
				if err != nil {
					t.Error(err)
					continue
				}
				if got.Name != name || got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) {
					t.Errorf("%+v, want %q, %s of %v", got, name, want.Type, want.Shape)
				}
				values, err := f.Read(name)
				if !want.Type.isFloat() {
					if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), string(want.Type)) {
						t.Errorf("%s: error %v", name, err)
					}
					continue
				}
				if err != nil {
					t.Error(err)
					continue
				}
				if len(values) != got.Len() || len(values) != len(want.Bits) {
					t.Errorf("%s: %d values, want %d", name, len(values), len(want.Bits))
					continue
				}
				for i, v := range values {
					if math.Float32bits(v) != want.Bits[i] {
						t.Errorf("%s: value %d is %v, want %v", name, i, v, math.Float32frombits(want.Bits[i]))
						break
					}
				}
			}
		})
	}
}

func open(t testing.TB, name string) *File {
	t.Helper()
	f, err := OpenFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// TestRefused checks files of the real writers that use unsupported features. Each
// error names the feature.
func TestRefused(t *testing.T) {
	for name, says := range map[string]string{
		"refused_superblock.h5":   "superblock version",
		"refused_lzf.h5":          "filter lzf",
		"refused_fletcher32.h5":   "filter fletcher32",
		"refused_softlink.h5":     `symbolic link "y"`,
		"refused_links.h5":        "version",
		"refused_module.pth":      "torch.nn.modules.linear.Linear, but only tensors are read: save the model's state_dict()",
		"refused_expanded.pth":    `tensor "x": not supported: a view of shape [5]`,
		"refused_notensor.pth":    "no tensor",
		"refused_script.pt":       "TorchScript",
		"refused_evil.pth":        "import posix.system",
		"refused_evil_legacy.pth": "import posix.system",
	} {
		f, err := OpenFile(filepath.Join("testdata", name))
		var e *Error
		if !errors.Is(err, ErrUnsupported) || !errors.As(err, &e) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v; error %v, want %q", name, f, err, says)
		}
	}
	for name, says := range map[string]string{
		"refused_bigendian.h5 x":    "big-endian float",
		"refused_types.h5 text":     "variable length",
		"refused_types.h5 fixed":    "string",
		"refused_types.h5 compound": "compound",
	} {
		file, tensor, _ := strings.Cut(name, " ")
		_, err := open(t, file).Read(tensor)
		var e *Error
		if !errors.Is(err, ErrUnsupported) || !errors.As(err, &e) || e.Tensor != tensor || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", name, err, says)
		}
	}
}

func TestSparseDatasets(t *testing.T) {
	// A contiguous dataset without written data has no address: the whole file is
	// rejected.
	if _, err := OpenFile("testdata/refused_sparse.h5"); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), `"y": damaged file: its elements were never written`) {
		t.Errorf("error %v", err)
	}
}

func TestNotFound(t *testing.T) {
	f := open(t, "state.pth")
	for _, try := range []func() error{
		func() error { _, err := f.Read("features.1.weight"); return err },
		func() error { _, err := f.Tensor("features.1.weight"); return err },
	} {
		err := try()
		if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "the file has features.0.weight, ") || !strings.HasSuffix(err.Error(), "and 9 more") {
			t.Errorf("error %v", err)
		}
	}
}

func TestNotWeights(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tar := make([]byte, 512)
	copy(tar[257:], "ustar")
	for _, c := range []struct {
		content, says string
		is            error
	}{
		{"", "it is empty", ErrFormat},
		{strings.Repeat("\x00", 3000), "it begins with zeros, as a file whose content was never written: is the download complete?", ErrFormat},
		{"GGUF\x03\x00\x00\x00\x00", `it begins with "GGUF`, ErrFormat},
		{"<!DOCTYPE html><html>", "it is a web page", ErrFormat},
		{"\ufeff\n <HTML>", "it is a web page", ErrFormat},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("5a", 32) + "\nsize 574673361\n",
			"it is a Git LFS pointer, which stands for the file of 574673361 bytes with SHA-256 5a5a5a5a…: `git lfs pull`", ErrFormat},
		{"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer", ErrFormat},
		{`{"error": "Repository not found"}`, "a server's error message: \"{\\\"error\\\": \\\"Repository not found", ErrFormat},
		{"\x1f\x8b\x08\x00", "unpack it", ErrFormat},
		{"\x93NUMPY\x01\x00", "a NumPy array", ErrFormat},
		{string(tar), "tar archive", ErrUnsupported},
		{"PK\x03\x04garbage", "is the download complete?", ErrCorrupt},
		{"\x89HDF\r\n\x1a\n", "lie outside the file", ErrCorrupt},
	} {
		if _, err := OpenFile(write("x", c.content)); !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: error %v, want %q", c.content, err, c.says)
		}
	}
	if _, err := OpenFile(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err := OpenFile(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v", err)
	}
}

// TestCutOff cuts every file at every length. It must give an error or, if only the end
// of the last structure's padding is missing, the same tensors.
func TestCutOff(t *testing.T) {
	for _, name := range []string{"mixed.safetensors", "keras.h5", "state.pth", "state_legacy.pth"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(data) {
			if f, err := New(name, bytes.NewReader(data[:n]), int64(n)); err == nil {
				t.Errorf("%s: %d bytes of %d pass for whole, with %d tensors", name, n, len(data), len(f.entries))
			}
		}
	}
}

// TestBitFlips checks that no single changed byte makes a panic, and that changes are
// found if the format has a checksum.
func TestBitFlips(t *testing.T) {
	for _, name := range []string{"mixed.safetensors", "keras.h5", "storage.h5", "state.pth", "state_legacy.pth"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		step := 1
		if len(data) > 8000 {
			step = 31
		}
		for i := 0; i < len(data); i += step {
			for _, flip := range []byte{1, 0xff} {
				data[i] ^= flip
				exercise(t, data)
				data[i] ^= flip
			}
		}
	}
}

// exercise opens and reads everything. Errors of this package are accepted; other
// errors and panics are not.
func exercise(t testing.TB, data []byte) {
	t.Helper()
	f, err := New("x", bytes.NewReader(data), int64(len(data)))
	check := func(err error) {
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an untyped error: %v", err)
		}
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrFormat) {
			t.Fatalf("an error without a reason: %v", err)
		}
	}
	if check(err); err != nil {
		return
	}
	for _, tensor := range f.Tensors() {
		values, err := f.Read(tensor.Name)
		if check(err); err == nil && len(values) != tensor.Len() {
			t.Fatalf("%v: %d values", tensor, len(values))
		}
	}
}

// TestTorchChecksum checks that the archive's checksum detects a changed element.
func TestTorchChecksum(t *testing.T) {
	data, err := os.ReadFile("testdata/state.pth")
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, "state.pth")
	values, err := f.Read("features.0.weight")
	if err != nil {
		t.Fatal(err)
	}
	var raw []byte
	for _, v := range values[:8] {
		b := math.Float32bits(v)
		raw = append(raw, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
	}
	at := bytes.Index(data, raw)
	if at < 0 {
		t.Fatal("the elements are not in the file")
	}
	data[at] ^= 1
	broken, err := New("state.pth", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := broken.Read("features.0.weight"); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("error %v", err)
	}
}

// TestConcurrentReads runs under the race detector.
func TestConcurrentReads(t *testing.T) {
	for _, name := range []string{"mixed.safetensors", "storage.h5", "state.pth", "state_legacy.pth"} {
		f := open(t, name)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for _, tensor := range f.Tensors() {
					if _, err := f.Read(tensor.Name); err != nil && tensor.Type.isFloat() {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
	}
}

// TestHalf compares all 65536 numbers with the standard's formula.
func TestHalf(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		sign, exponent, fraction := 1.0, int(h>>10&31), float64(h&1023)
		if h>>15 == 1 {
			sign = -1
		}
		var want float64
		switch {
		case exponent == 31 && fraction != 0:
			if v := float64(half(h)); !math.IsNaN(v) {
				t.Fatalf("%#x: %v, want NaN", h, v)
			}
			continue
		case exponent == 31:
			want = math.Inf(int(sign))
		case exponent == 0:
			want = math.Copysign(math.Ldexp(fraction, -24), sign)
		default:
			want = sign * math.Ldexp(1024+fraction, exponent-25)
		}
		if got := float64(half(h)); got != want || math.Signbit(got) != math.Signbit(want) {
			t.Fatalf("%#x: %v, want %v", h, got, want)
		}
	}
}

// allocated returns the number of bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestVGG19 reads the real file if it exists: tensor by tensor, without loading the
// whole file into memory. Every number must be finite.
func TestVGG19(t *testing.T) {
	path := os.Getenv("NST_VGG19")
	if path == "" {
		t.Skip("NST_VGG19 is not set: no genuine weights to read")
	}
	var f *File
	if n := allocated(func() {
		var err error
		if f, err = OpenFile(path); err != nil {
			t.Fatal(err)
		}
	}); n > 1<<20 {
		t.Errorf("opening allocates %d bytes", n)
	}
	defer f.Close()
	for _, tensor := range f.Tensors() {
		values, err := f.Read(tensor.Name)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				t.Fatalf("%s: element %d is %v", tensor.Name, i, v)
			}
		}
	}
	t.Logf("%d tensors", len(f.Tensors()))
}
