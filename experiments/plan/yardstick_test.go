package plan

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
)

// All runs of a plan are measured in the same way. The file's values take precedence.
// None of them is part of an identity.
func TestChooseYardsticks(t *testing.T) {
	size := func(p *Plan) (sizes []int) {
		for _, r := range p.Runs {
			sizes = append(sizes, r.Config.Yardstick.Size)
		}
		return sizes
	}
	const text = fixture.Pictures + "[loss.content]\n[loss.style]\n[sweep.axes]\nimages.size = [%s]\n"
	for _, c := range []struct {
		sizes string
		set   []string
		want  []int
	}{
		{"100, 300", nil, []int{100, 100}},
		{"512", nil, []int{256}},
		{"24", nil, []int{64}},
		{"100, 300", []string{"yardstick.size=128"}, []int{128, 128}},
	} {
		p := planOf(t, fmt.Sprintf(text, c.sizes), c.set...)
		if got := size(p); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %v: sizes %v, want %v", c.sizes, c.set, got, c.want)
		}
	}
	plain := planOf(t, fmt.Sprintf(text, "100")).Runs[0].Identity
	for _, set := range []string{"yardstick.size=128", `yardstick.style="scale2"`, "log.yardstick=3", "log.measures=false"} {
		if id := planOf(t, fmt.Sprintf(text, "100"), set).Runs[0].Identity; id != plain {
			t.Errorf("%s changes the identity", set)
		}
	}
	// The resolved configuration states the chosen values, and reading it changes none
	// of them.
	c := planOf(t, fmt.Sprintf(text, "100, 300")).Runs[1].Config
	if toml := string(c.TOML("")); !strings.Contains(toml, "[yardstick]\nnetwork = \"pyramid\"\nsize = 100\n") {
		t.Errorf("resolved:\n%s", toml)
	}
}

func TestBadYardstick(t *testing.T) {
	const good = fixture.Pictures + "[loss.content]\n[loss.style]\n[yardstick]\n" // lines 1 to 7
	for _, test := range []struct{ text, want string }{
		{"sise = 3\n", "DIR/a.toml:8:1: yardstick.sise: found an unknown key; expected size (or another of weights, network, preprocess, size, content, style)"},
		{"size = 63\n", "DIR/a.toml:8:8: yardstick.size: found the number 63; expected a whole number of at least 64 and at most 4096"},
		{"network = 'vgg91'\n", `DIR/a.toml:8:11: yardstick.network: found the text "vgg91"; expected vgg19 (or another of pyramid, vgg19, vgg16)`},
		{"network = 'vgg19'\n", `DIR/a.toml:8:11: yardstick.network: found vgg19 without trained weights, which measures little; expected weights = "vgg19.safetensors", or network = "pyramid"`},
		{"weights = 'w.pth'\n", "DIR/a.toml:8:11: yardstick.weights: found DIR/w.pth: no such file; expected a safetensors"},
		{"weights = 'a.toml'\n", "DIR/a.toml:8:11: yardstick.weights: found "},
		{"network = 'pyramid'\nweights = 'w.pth'\n", "DIR/a.toml:9:11: yardstick.weights: found weights for the pyramid, which has none"},
		{"preprocess = 'caffe'\n", "DIR/a.toml:8:14: yardstick.preprocess: found a preprocessing for the pyramid"},
		{"content = 'scale9'\n", `DIR/a.toml:8:11: yardstick.content: found no layer "scale9" in pyramid; expected scale1, or a layer that `},
		{"style = ['scale1', 'scale1']\n", "DIR/a.toml:8:20: yardstick.style: found the layer scale1 twice; expected each layer once"},
		{"style = []\n", "DIR/a.toml:8:9: yardstick.style: found an empty list; expected a layer, or a list of layers"},
		{"style = [1]\n", "DIR/a.toml:8:10: yardstick.style: found the number 1; expected the name of a layer in quotes"},
		{"[log]\nyardstick = -1\n", "DIR/a.toml:9:13: log.yardstick: found the number -1; expected a whole number of at least 0"},
	} {
		file := fixture.Project(t, good+test.text)
		_, err := Read(file)
		if err == nil || !strings.Contains(fixture.Unixly(strings.ReplaceAll(err.Error(), filepath.Dir(file), "DIR")), test.want) {
			t.Errorf("%q: said %v, want %s", test.text, err, test.want)
		}
	}
	file := fixture.Project(t, strings.Replace(good, "c.png", "long.png", 1)+"style = 'scale5'\n")
	fixture.PutFile(t, filepath.Join(filepath.Dir(file), "long.png"), fixture.PNG(t, 500, 40, 0.5))
	if _, err := Read(file, "images.size=500", "yardstick.size=128"); err == nil || !strings.Contains(err.Error(), "a picture of 10 pixels on the shorter side is too small; expected shallower layers, or a larger yardstick.size (128 now)") {
		t.Errorf("a long picture: %v", err)
	}
	if _, err := Read(file, "images.size=500"); err != nil {
		t.Errorf("large enough: %v", err)
	}
}
