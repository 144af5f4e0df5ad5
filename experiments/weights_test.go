package experiments

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// firstLayer is a safetensors file of conv1_1 alone, with the filters of published
// weights that are known, and 1 elsewhere.
func firstLayer(t *testing.T, published string, reversed bool) string {
	t.Helper()
	text, err := os.ReadFile("../nst/testdata/known/published.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string][]float32
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	values := make([]float32, 64+64*27) // biases, weights
	for i := range values {
		values[i] = 1
	}
	for filter, f := range all[published] {
		n, err := strconv.Atoi(filter)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range f {
			if reversed {
				i = (2-i/9)*9 + i%9
			}
			values[64+27*n+i] = v
		}
	}
	head := fmt.Sprintf(`{"conv1_1.bias":{"dtype":"F32","shape":[64],"data_offsets":[0,256]},"conv1_1.weight":{"dtype":"F32","shape":[64,3,3,3],"data_offsets":[256,%d]}}`, 4*len(values))
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	file = append(file, head...)
	for _, v := range values {
		file = binary.LittleEndian.AppendUint32(file, math.Float32bits(v))
	}
	return string(file)
}

const onVGG19 = pictures2 + "[loss.content]\nlayers = 'relu1_1'\n[loss.style]\nlayers = 'relu1_1'\n[network]\nname = 'vgg19'\n"

// A name of the catalogue is found beside the configuration, in $NST_WEIGHTS and in
// weights/, as the published file or as a conversion; and brings its preprocessing.
func TestWeightsByName(t *testing.T) {
	content := firstLayer(t, "vgg19-torchvision", false)
	work := t.TempDir()
	t.Chdir(work)
	there := t.TempDir()
	t.Setenv(weightsVariable, t.TempDir()+string(filepath.ListSeparator)+there)
	for _, place := range []string{"beside", "variable", "weights"} {
		for _, name := range []string{"vgg19-torchvision.safetensors", "vgg19-dcbb9e9d.pth"} {
			file := project(t, onVGG19+"weights = 'vgg19-torchvision'\n")
			at := filepath.Join(map[string]string{"beside": filepath.Dir(file), "variable": there, "weights": filepath.Join(work, "weights")}[place], name)
			putFile(t, at, content)
			p, err := ReadPlan(file)
			if err != nil {
				t.Fatalf("%s: %v", place, err)
			}
			if n := p.Runs[0].Config.Network; n.Weights != at || n.Input.Name != "torchvision" || n.Input.Order != "rgb" || len(p.Warnings()) != 0 {
				t.Errorf("%s: %+v, warnings %q; want %s", place, n, p.Warnings(), at)
			}
			checkRoundTrip(t, p.Runs[0].Config)
			remove(t, at)
		}
	}
}

// Where there is none the error says what to type, and one setting does without.
func TestWeightsNotFound(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(weightsVariable, "")
	file := project(t, "base = 'preset:keras'\n"+pictures2)
	_, err := ReadPlan(file)
	for _, want := range []string{"preset:keras:18:14: network.weights: found vgg19-keras, which is not here", "`nst weights fetch vgg19-keras`, which brings 80 MB", `weights = "random"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("said %v, want %s", err, want)
		}
	}
	p, err := ReadPlan(file, "network.weights=random")
	if err != nil {
		t.Fatal(err)
	}
	checkRoundTrip(t, p.Runs[0].Config)
	for text, want := range map[string]string{
		"weights = 'vgg19-kears'\n":                 "want the name vgg19-keras, or a safetensors",
		"weights = 3\n":                             `want the path of a file, a name that ` + "`nst weights list`" + ` shows, or "random"`,
		"weights = 'vgg19-keras'\nwidth = 0.25\n":   `found the number 0.25 with vgg19-keras; want 1, as published networks have it, or weights = "random"`,
		"weights = 'vgg19-caffe'\n":                 "want `nst weights fetch vgg19-caffe`; another file", // of unknown size
		"weights = 'w.pth'\npreprocess = 'keras'\n": "network.preprocess: found the text",
	} {
		if _, err := ReadPlan(project(t, onVGG19+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: said %v, want %s", text, err, want)
		}
	}
}

// What the weights were trained with, and what the configuration declares.
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
		defer remove(t, file)
		putFile(t, file, firstLayer(t, c.published, c.reversed))
		p := plan(t, onVGG19+"weights = '"+file+"'\n"+c.declared+"\n")
		got := strings.Join(p.Warnings(), "\n")
		if (c.warning == "") != (got == "") || !strings.Contains(got, c.warning) {
			t.Errorf("%+v: warnings %q", c, got)
		}
	}
	putFile(t, filepath.Join(dir, "w.safetensors"), firstLayer(t, "vgg16-torchvision", false))
	if _, err := ReadPlan(project(t, onVGG19+"weights = '"+filepath.Join(dir, "w.safetensors")+"'\n")); err == nil || !strings.Contains(err.Error(), "torchvision's VGG-16, but they are not for vgg19") {
		t.Errorf("another network's: %v", err)
	}
}

// A run says what was odd about it, in its run.json.
func TestForwardChecksumInTheRecord(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "w.safetensors")
	putFile(t, file, firstLayer(t, "vgg19-torchvision", false))
	defer remove(t, file)
	p := plan(t, onVGG19+"weights = '"+file+"'\npreprocess = 'caffe'\n[run]\nsteps = 1\n")
	sum, err := Sweep(t.Context(), p, SweepOptions{Results: dir, Jobs: 1, Threads: 1})
	if err != nil || sum.Made != 1 {
		t.Fatal(sum, err)
	}
	text, err := os.ReadFile(filepath.Join(sum.Dir, p.Runs[0].Name, "run.json"))
	if err != nil || !strings.Contains(string(text), "trained with preprocess") {
		t.Errorf("run.json: %s %v", text, err)
	}
}

// Every run of a sweep may inherit from a base of its own; the file lies on top.
func TestSweepOverBases(t *testing.T) {
	text := "[images]\ncontent = 'c.png'\nstyle = 's.png'\nsize = 40\n[run]\nsteps = 3\n[network]\nweights = 'random'\n"
	file := project(t, text+"[sweep.axes]\nbase = ['preset:keras', 'preset:gatys2015', 'mine.toml']\nimages.size = [40, 44]\n")
	putFile(t, filepath.Join(filepath.Dir(file), "mine.toml"), "[network]\nname = 'vgg16'\n[loss.style]\n[loss.content]\nreduce = 'half'\n[sweep.axes]\nseed = [1, 2]\n")
	p, err := ReadPlan(file, "seed=3")
	if err != nil {
		t.Fatal(err)
	}
	if want := "[base=keras_size=40 base=keras_size=44 base=gatys2015_size=40 base=gatys2015_size=44 base=mine_size=40 base=mine_size=44]"; fmt.Sprint(names(p)) != want {
		t.Errorf("runs %v, want %s", names(p), want)
	}
	for i, want := range []string{"keras", "keras", "gatys", "gatys", "half", "half"} {
		c := p.Runs[i].Config
		if got := c.Losses[len(c.Losses)-1]; c.Run.Steps != 3 || c.Images.Size != 40+4*(i%2) || c.Seed != 3 || c.Losses[1].Reduce != want {
			t.Errorf("run %d: %d steps at %d, %+v", i, c.Run.Steps, c.Images.Size, got)
		}
	}
	list := plan(t, text+"[sweep.runs]\na = {base = 'preset:keras', run.steps = 5}\nb = {base = 'preset:cysmith'}\n")
	if a, b := list.Runs[0].Config, list.Runs[1].Config; a.Run.Steps != 5 || b.Run.Steps != 3 || a.Optimizer.Kind != "sgd" || b.Optimizer.Kind != "lbfgs" || fmt.Sprint(names(list)) != "[a b]" {
		t.Errorf("%v: %+v, %+v", names(list), a.Run, b.Run)
	}
	for text, want := range map[string]string{
		"base = 'preset:keras'\n" + text + "[sweep.axes]\nbase = ['preset:cysmith']\n": "a.toml:1:8: base: found a base beside a sweep over base; want one or the other",
		text + "[sweep.axes]\nbase = ['preset:kears']\n":                               "want preset:keras",
		text + "[sweep.axes]\nbase = ['a.toml']\n":                                     "inherits from itself",
		text + "[sweep.axes]\nbase = [3]\n":                                            `want the path of a TOML file, or "preset:NAME"`,
		text + "[sweep.runs]\na = {base = 'none.toml'}\n":                              "none.toml: no such file",
	} {
		if _, err := ReadPlan(project(t, text)); err == nil || !strings.Contains(unixly(err.Error()), want) {
			t.Errorf("%q: said %v, want %s", text, err, want)
		}
	}
}
