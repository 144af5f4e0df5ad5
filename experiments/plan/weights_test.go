package plan

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/nst"
)

// A name of the catalogue is found beside the configuration, in $NST_WEIGHTS and in
// weights/, as the published file or as a conversion. It sets its preprocessing.
func TestWeightsByName(t *testing.T) {
	content := fixture.FirstLayer(t, "vgg19-torchvision", false)
	work := t.TempDir()
	t.Chdir(work)
	there := t.TempDir()
	t.Setenv(config.WeightsVariable, t.TempDir()+string(filepath.ListSeparator)+there)
	for _, place := range []string{"beside", "variable", "weights"} {
		for _, name := range []string{"vgg19-torchvision.safetensors", "vgg19-dcbb9e9d.pth"} {
			file := fixture.Project(t, fixture.OnVGG19+"weights = 'vgg19-torchvision'\n")
			at := filepath.Join(map[string]string{"beside": filepath.Dir(file), "variable": there, "weights": filepath.Join(work, "weights")}[place], name)
			fixture.PutFile(t, at, content)
			p, err := Read(file)
			if err != nil {
				t.Fatalf("%s: %v", place, err)
			}
			if n := p.Runs[0].Config.Network; n.Weights != at || n.Input.Name != "torchvision" || n.Input.Order != "rgb" || len(p.Warnings()) != 0 {
				t.Errorf("%s: %+v, warnings %q; want %s", place, n, p.Warnings(), at)
			}
			checkRoundTrip(t, p.Runs[0].Config)
			fixture.Remove(t, at)
		}
	}
}

// The path has a directory and does not exist: another file of that name is used, with
// a warning.
func TestWeightsReplaced(t *testing.T) {
	content := fixture.FirstLayer(t, "none", false)
	work := t.TempDir()
	t.Chdir(work)
	t.Setenv(config.WeightsVariable, "")
	at := filepath.Join(work, "weights", "mine.safetensors")
	fixture.PutFile(t, at, content)
	for asked, warned := range map[string]bool{"o1/mine.safetensors": true, "mine.safetensors": false} {
		p, err := Read(fixture.Project(t, fixture.OnVGG19+"weights = '"+asked+"'\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(p.Warnings(), "\n")
		if p.Runs[0].Config.Network.Weights != at || warned != strings.Contains(got, "mine.safetensors does not exist; "+at+", which has the same name, is used in its place") {
			t.Errorf("%s: %s, warnings %q", asked, p.Runs[0].Config.Network.Weights, got)
		}
	}
}

// A file that cannot be read is reported once, with its format.
func TestWeightsUnreadable(t *testing.T) {
	file := fixture.Project(t, fixture.OnVGG19+"weights = 'page.h5'\n")
	fixture.PutFile(t, filepath.Join(filepath.Dir(file), "page.h5"), "<!doctype html>")
	_, err := Read(file)
	if err == nil || strings.Count(err.Error(), "page.h5") != 1 || !strings.Contains(err.Error(), "it is a web page") || strings.Contains(err.Error(), "put page.h5") {
		t.Errorf("error %v", err)
	}
}

// If there is no file, the error gives the command to fetch it and a setting that
// avoids it.
func TestWeightsNotFound(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(config.WeightsVariable, "")
	file := fixture.Project(t, "base = 'preset:keras'\n"+fixture.Pictures)
	_, err := Read(file)
	for _, want := range []string{"preset:keras:18:14: network.weights: found vgg19-keras, which is not here", "`nst weights fetch vgg19-keras`, which brings 80 MB", `weights = "random"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("said %v, want %s", err, want)
		}
	}
	p, err := Read(file, "network.weights=random")
	if err != nil {
		t.Fatal(err)
	}
	checkRoundTrip(t, p.Runs[0].Config)
	for text, want := range map[string]string{
		"weights = 'vgg19-kears'\n":                 "expected the name vgg19-keras, or a safetensors",
		"weights = 3\n":                             `expected the path of a file, a name that ` + "`nst weights list`" + ` shows, or "random"`,
		"weights = 'vgg19-keras'\nwidth = 0.25\n":   `found the number 0.25 with vgg19-keras; expected 1, as published networks have it, or weights = "random"`,
		"weights = 'vgg19-caffe'\n":                 "expected `nst weights fetch vgg19-caffe`; another file", // of unknown size
		"weights = 'w.pth'\npreprocess = 'keras'\n": "network.preprocess: found the text",
	} {
		if _, err := Read(fixture.Project(t, fixture.OnVGG19+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: said %v, want %s", text, err, want)
		}
	}
}

// The input that the weights were trained with, and the input that the configuration
// declares.
func TestForwardChecksumWarns(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		published string
		reversed  bool
		declared  string
		warning   string
	}{
		{"vgg19-torchvision", false, "preprocess = 'torchvision'", ""},
		{"vgg19-torchvision", false, "preprocess = 'torchvision'\nrange = 255\nmean = [124, 116, 104]\nstd = [1, 1, 1]", ""}, // gordicaleksa's
		{"vgg19-torchvision", false, "preprocess = 'caffe'", `torchvision's VGG-19, which were trained with preprocess = "torchvision"; the configuration declares "caffe"`},
		{"vgg19-torchvision", false, "", `the configuration declares "caffe"`},
		{"vgg19-torchvision", false, "preprocess = 'torchvision'\norder = 'bgr'", `takes red for blue`},
		{"vgg19-torchvision", true, "preprocess = 'torchvision'", `the colours in the order bgr; the configuration has order = "rgb"`},
		{"vgg19-torchvision", true, "preprocess = 'torchvision'\norder = 'bgr'", ""},
		{"none", false, "preprocess = 'torchvision'", ""},
	} {
		file := filepath.Join(dir, "w.safetensors")
		defer fixture.Remove(t, file)
		fixture.PutFile(t, file, fixture.FirstLayer(t, c.published, c.reversed))
		p := planOf(t, fixture.OnVGG19+"weights = '"+file+"'\n"+c.declared+"\n")
		got := strings.Join(p.Warnings(), "\n")
		if (c.warning == "") != (got == "") || !strings.Contains(got, c.warning) {
			t.Errorf("%+v: warnings %q", c, got)
		}
	}
	fixture.PutFile(t, filepath.Join(dir, "w.safetensors"), fixture.FirstLayer(t, "vgg16-torchvision", false))
	if _, err := Read(fixture.Project(t, fixture.OnVGG19+"weights = '"+filepath.Join(dir, "w.safetensors")+"'\n")); err == nil || !strings.Contains(err.Error(), "torchvision's VGG-16, but they are not for vgg19") {
		t.Errorf("another network's: %v", err)
	}
}

// Every run of a sweep can inherit from its own base. The file is laid over it.
func TestSweepOverBases(t *testing.T) {
	text := "[images]\ncontent = 'c.png'\nstyle = 's.png'\nsize = 40\n[run]\nsteps = 3\n[network]\nweights = 'random'\n"
	file := fixture.Project(t, text+"[sweep.axes]\nbase = ['preset:keras', 'preset:gatys2015', 'mine.toml']\nimages.size = [40, 44]\n")
	fixture.PutFile(t, filepath.Join(filepath.Dir(file), "mine.toml"), "[network]\nname = 'vgg16'\n[loss.style]\n[loss.content]\nreduce = 'half'\n[sweep.axes]\nseed = [1, 2]\n")
	p, err := Read(file, "seed=3")
	if err != nil {
		t.Fatal(err)
	}
	if want := "[base=keras_size=40 base=keras_size=44 base=gatys2015_size=40 base=gatys2015_size=44 base=mine_size=40 base=mine_size=44]"; fmt.Sprint(names(p)) != want {
		t.Errorf("runs %v, want %s", names(p), want)
	}
	for i, want := range []string{"keras", "keras", "gatys", "gatys", "half", "half"} {
		c := p.Runs[i].Config
		if got := c.Losses[len(c.Losses)-1]; c.Run.Steps != 3 || c.Images.Size != 40+4*(i%2) || c.Seed != 3 || !strings.Contains(string(c.TOML("")), `reduce = "`+want+`"`) {
			t.Errorf("run %d: %d steps at %d, %+v", i, c.Run.Steps, c.Images.Size, got)
		}
	}
	list := planOf(t, text+"[sweep.runs]\na = {base = 'preset:keras', run.steps = 5}\nb = {base = 'preset:cysmith'}\n")
	if a, b := list.Runs[0].Config, list.Runs[1].Config; a.Run.Steps != 5 || b.Run.Steps != 3 || a.Optimizer.Kind != "sgd" || b.Optimizer.Kind != "lbfgs" || fmt.Sprint(names(list)) != "[a b]" {
		t.Errorf("%v: %+v, %+v", names(list), a.Run, b.Run)
	}
	for text, want := range map[string]string{
		"base = 'preset:keras'\n" + text + "[sweep.axes]\nbase = ['preset:cysmith']\n": "a.toml:1:8: base: found a base beside a sweep over base; expected one or the other",
		text + "[sweep.axes]\nbase = ['preset:kears']\n":                               "expected preset:keras",
		text + "[sweep.axes]\nbase = ['a.toml']\n":                                     "inherits from itself",
		text + "[sweep.axes]\nbase = [3]\n":                                            `expected the path of a TOML file, or "preset:NAME"`,
		text + "[sweep.runs]\na = {base = 'none.toml'}\n":                              "none.toml: no such file",
	} {
		if _, err := Read(fixture.Project(t, text)); err == nil || !strings.Contains(fixture.Unixly(err.Error()), want) {
			t.Errorf("%q: said %v, want %s", text, err, want)
		}
	}
}

// A profile that cannot be followed is a warning of each run that reads the picture.
func TestPictureNotes(t *testing.T) {
	file := fixture.Project(t, fixture.Pictures+"[loss.style]\nlayers = 'scale1'\n")
	at := filepath.Join(filepath.Dir(file), "s.png")
	b, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	const pq = "cICP\x09\x10\x00\x01"
	chunk := binary.BigEndian.AppendUint32(append([]byte{0, 0, 0, 4}, pq...), crc32.ChecksumIEEE([]byte(pq)))
	fixture.PutFile(t, at, string(b[:33])+string(chunk)+string(b[33:]))
	p, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.Warnings(), "\n"); !strings.Contains(got, "s.png: its colours are read as sRGB: the cICP chunk") {
		t.Errorf("warnings %q", got)
	}

	// A picture of one colour has nothing that a loss could be relative to.
	white := nst.NewImage(8, 8)
	for i := range white.Pix {
		white.Pix[i] = 1
	}
	for _, c := range []struct {
		place string
		value float32 // of one pixel
		flat  bool
	}{{"c.png", 1, true}, {"s.png", 1, true}, {"s.png", 0.9, false}} {
		file := fixture.Project(t, fixture.Pictures+"[loss.style]\nlayers = 'scale1'\n")
		white.Pix[70] = c.value
		if err := white.Save(filepath.Join(filepath.Dir(file), c.place)); err != nil {
			t.Fatal(err)
		}
		p, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(p.Warnings(), "\n"); strings.Contains(got, c.place+": every pixel has the same colour") != c.flat {
			t.Errorf("%v: warnings %q", c, got)
		}
	}
}
