//go:build linux

package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/weights/internal/vgg"
	"github.com/gonst/workbench/weights/internal/weightstest"
)

// sparse makes a file whose zeros use no space on the disk.
type sparse struct{ *os.File }

func (s sparse) Write(p []byte) (int, error) {
	if len(bytes.Trim(p, "\x00")) > 0 {
		return s.File.Write(p)
	}
	_, err := s.Seek(int64(len(p)), io.SeekCurrent)
	return len(p), err
}

// zeros reads n zero bytes.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// largeTensors are the tensors of VGG-19 with its classifier as in torchvision: 575 MB.
func largeTensors() (names []string, shapes [][]int) {
	add := func(name string, shape ...int) { names, shapes = append(names, name), append(shapes, shape) }
	for i, l := range vgg.Layers("vgg19") {
		add(fmt.Sprintf("features.%d.weight", weightstest.TorchVGG19[i]), l.Out, l.In, 3, 3)
		add(fmt.Sprintf("features.%d.bias", weightstest.TorchVGG19[i]), l.Out)
	}
	for i, l := range [][2]int{{4096, 25088}, {4096, 4096}, {1000, 4096}} {
		add(fmt.Sprintf("classifier.%d.weight", 3*i), l[0], l[1])
		add(fmt.Sprintf("classifier.%d.bias", 3*i), l[0])
	}
	return names, shapes
}

func count(shape []int) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= int64(d)
	}
	return n
}

func largeSafetensors(t *testing.T, w sparse) {
	var members []string
	at := int64(0)
	names, shapes := largeTensors()
	for i, name := range names {
		end := at + 4*count(shapes[i])
		members = append(members, fmt.Sprintf(`%q:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, name, strings.ReplaceAll(fmt.Sprint(shapes[i]), " ", ","), at, end))
		at = end
	}
	head := "{" + strings.Join(members, ",") + "}"
	if _, err := w.File.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, zeros(at)); err != nil {
		t.Fatal(err)
	}
}

// largePyTorch is the same file as torch.save writes it: a pickle, and one storage per
// tensor.
func largePyTorch(t *testing.T, w sparse) {
	z := zip.NewWriter(w)
	add := func(name string, data io.Reader) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: "archive/" + name, Method: zip.Store})
		if err == nil {
			_, err = io.Copy(f, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	names, shapes := largeTensors()
	pickle := "\x80\x02}("
	for i, name := range names {
		shape, stride, step := "(", "", int64(1)
		for d := len(shapes[i]) - 1; d >= 0; d-- {
			stride = num(int32(step)) + stride
			step *= int64(shapes[i][d])
		}
		for _, d := range shapes[i] {
			shape += num(int32(d))
		}
		pickle += text(name) + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" +
			text(fmt.Sprint(i)) + text("cpu") + num(int32(step)) + "tQ" + num(0) + shape + "t(" + stride + "t\x89}tR"
	}
	add("data.pkl", strings.NewReader(pickle+"u."))
	for i := range names {
		add(fmt.Sprintf("data/%d", i), zeros(4*count(shapes[i])))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// Reading and converting a file of 575 MB uses the memory of one or two layers. A
// separate process does it, and the system reports its peak memory.
func TestLargeFileInLittleMemory(t *testing.T) {
	if file := os.Getenv("NST_TEST_LARGE_FILE"); file != "" {
		readLarge(t, file)
		return
	}
	if testing.Short() {
		t.Skip("575 MB are read and hashed")
	}
	for name, write := range map[string]func(*testing.T, sparse){"safetensors": largeSafetensors, "pytorch": largePyTorch} {
		file := filepath.Join(t.TempDir(), name)
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, sparse{f})
		if at, err := f.Seek(0, io.SeekCurrent); err != nil || f.Truncate(at) != nil || f.Close() != nil || at < 574<<20/100*95 {
			t.Fatalf("%d bytes, %v", at, err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), "NST_TEST_LARGE_FILE="+file)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		var before, after int
		_, line, _ := strings.Cut(string(out), "peak ")
		if _, err := fmt.Sscanf(line, "%d %d", &before, &after); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		t.Logf("%s: at most %d kB, %d of them before the file was opened", name, after, before)
		if after-before > 80<<10 { // the largest layer has 9.4 MB
			t.Errorf("%s: %d kB more than before", name, after-before)
		}
	}
}

func readLarge(t *testing.T, file string) {
	before := peak(t)
	c := openConvolutions(t, file)
	for _, layer := range c.Layers() {
		weight, bias, err := c.Convolution(layer)
		if err != nil || len(weight) == 0 || len(bias) == 0 {
			t.Fatal(layer, err)
		}
	}
	if c.Network() != "vgg19" {
		t.Fatal(c.Network())
	}
	if err := Convert(file, filepath.Join(t.TempDir(), "out.safetensors")); err != nil {
		t.Fatal(err)
	}
	fmt.Println("peak", before, peak(t))
}

// peak returns the peak memory of this process, in kB.
func peak(t *testing.T) (kB int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscanf(line, "%d kB", &kB); err != nil {
		t.Fatal(err)
	}
	return kB
}
