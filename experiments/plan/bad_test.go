package plan

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/tree"
)

// TestBadInput checks that every error gives the place, what was found and what is
// accepted. DIR stands for the directory of the configuration.
func TestBadInput(t *testing.T) {
	const good = fixture.Pictures + "[loss.content]\n[loss.style]\n" // lines 1 to 6
	for _, test := range []struct {
		name, text string
		set        []string
		want       string
	}{
		{"broken TOML", "a = \n", nil, `DIR/a.toml:1:5: a: found broken TOML: expected value but found '\n' instead`},
		{"unknown key", good + "[run]\nstepz = 3\n", nil, `DIR/a.toml:8:1: run.stepz: found an unknown key; expected steps (or another of steps, project, average, pixel_range, memory)`},
		{"unknown key, other case", good + "[run]\nSteps = 3\n", nil, `DIR/a.toml:8:1: run.Steps: found an unknown key; expected steps (or another of steps, project, average, pixel_range, memory)`},
		{"unknown key, inline and quoted", good + "[log]\n[sweep.runs]\nx = {run = {\"ste.ps\" = 3}} # not = this\n", nil, `DIR/a.toml:9:13: run."ste.ps": found an unknown key; expected steps (or another of steps, project, average, pixel_range, memory)`},
		{"unknown table", good + "[optimiser]\n", nil, `DIR/a.toml:7:1: optimiser: found an unknown key; expected optimizer (or another of name, title, description, seed, base, images, colour, network, loss, region, start, optimizer, schedule, run, stages, log, yardstick, sweep, launch)`},
		{"wrong type", good + "[run]\nsteps = \"many\"\n", nil, `DIR/a.toml:8:9: run.steps: found the text "many"; expected a whole number of at least 1 and at most 1e+07`},
		{"fraction", good + "[run]\nsteps = 1.5\n", nil, `DIR/a.toml:8:9: run.steps: found the number 1.5; expected a whole number of at least 1 and at most 1e+07`},
		{"out of range", good + "[network]\nkernel = 4\n[loss.tv]\nweight = -1\n", nil, `DIR/a.toml:8:10: network.kernel: found the number 4; expected 3, 5 or 7
DIR/a.toml:10:10: loss.tv.weight: found the number -1; expected a number of at least 0`},
		{"not a number", good + "weight = nan\n", nil, `DIR/a.toml:7:10: loss.style.weight: found the number NaN; expected a number of at least 0`},
		{"no table", good + "[run]\n[log]\n", []string{"optimizer=adam"}, `--set optimizer=adam: optimizer: found the text "adam"; expected a table: [optimizer]`},
		{"unknown kind", good + "[optimizer]\nkind = \"adom\"\nhistory = 3\n", nil, `DIR/a.toml:8:8: optimizer.kind: found the text "adom"; expected adam (or another of lbfgs, adam, sgd, rmsprop)`},
		{"another kind's option", good + "[optimizer]\nkind = \"adam\"\nmomentum = 0.9\n", nil, `DIR/a.toml:9:1: optimizer.momentum: found an option of optimizer sgd, rmsprop, not of adam; expected one of kind, beta1, beta2, epsilon, epsilon_hat`},
		{"loss of no kind", good + "[loss.styel]\nweight = 3\n", nil, `DIR/a.toml:7:1: loss.styel: found a loss without a kind; expected the name style, or kind = one of ` + strings.Join(config.LossKinds(), ", ")},
		{"an option without its setting", good + "[optimizer]\nline_search = 'fixed'\nmax_evaluations = 3\n", nil, `DIR/a.toml:9:1: optimizer.max_evaluations: found a key that needs line_search = "strong-wolfe"; expected line_search = "strong-wolfe", or no max_evaluations`},
		{"raw Gram only", good + "reduce = 'gatys'\nnormalize = 'm'\n", nil, `DIR/a.toml:8:13: loss.style.normalize: found the text "m"; expected raw`},
		{"no loss", fixture.Pictures, nil, `DIR/a.toml:1: loss: found no loss; expected tables such as [loss.content] and [loss.style]`},
		{"no content", "[loss.content]\n[images]\nstyle='s.png'\n", nil, `DIR/a.toml:2:1: images.content: found no content image, but the loss content needs one; expected content = "picture.png" in [images]`},
		{"no rate", good + "[optimizer]\nkind = 'sgd'\n", nil, `DIR/a.toml:1: schedule.rate: found no rate for sgd; expected a rate, such as 1: steps of sgd scale with the weights of the losses, so none fits all`},
		{"piecewise", good + "[schedule]\nkind = 'piecewise'\nrates = [1, 2, 3]\nboundaries = [5, 5, 6]\n", nil, `DIR/a.toml:9:9: schedule.rates: found 3 rates and 3 boundaries; expected one rate more than boundaries
DIR/a.toml:10:14: schedule.boundaries: found 5 after 5; expected steps that ascend`},
		{"unknown layer", good + "layers = [\"scale1\",\n  \"scale6\"]\n", nil, `DIR/a.toml:8:3: loss.style.layers: found no layer "scale6" in pyramid; expected scale1, or a layer that ` + "`nst layers pyramid` lists"},
		{"layer of another network", good + "[network]\nname='vgg19'\n", []string{"loss.style.layers={block1_conv9=1, relu1_1=2, block1_conv1=3}"},
			"--set loss.style.layers={block1_conv9=1, relu1_1=2, block1_conv1=3}: loss.style.layers: found no layer \"block1_conv9\" in vgg19; expected block1_conv1, or a layer that `nst layers vgg19` lists\n" +
				"--set loss.style.layers={block1_conv9=1, relu1_1=2, block1_conv1=3}: loss.style.layers: found relu1_1 and block1_conv1, which are one layer; expected each layer once"},
		{"missing image", good, []string{"seed=2", "images.content=/none/x.png"}, `--set images.content=/none/x.png: images.content: found /none/x.png: no such file or directory; expected a PNG, JPEG, WebP or TIFF file that can be read; paths are relative to the file that they stand in, those of --set to the working directory`},
		{"no image", "[images]\ncontent = 'a.toml'\nstyle = {'s.png' = 1, \"tiny.png\" = 2}\n[loss.content]\n[loss.style]\n", nil,
			`DIR/a.toml:2:11: images.content: found DIR/a.toml: not an image that can be read: it begins with the bytes 5b 69 6d 61 67 65 73 5d; expected a whole PNG, JPEG, WebP or TIFF file
DIR/a.toml:3:23: images.style: found DIR/tiny.png: image too small: 1 x 1 pixels; expected a picture of at least 2 x 2 pixels`},
		{"too many pixels", good, []string{"images.max_pixels=1199"}, `DIR/a.toml:2:11: images.content: found DIR/c.png: image too large: 40 x 30 pixels, over the limit of 1199; expected a smaller picture, or a larger images.max_pixels`},
		{"too large for the limit", good, []string{"images.size=40000", "images.max_pixels=1600"}, "--set images.size=40000: images.size: found a size that makes c.png 40000 x 30000 pixels; expected at most 1600 pixels (images.max_pixels raises it)\n--set images.size=40000: images.size: found a size that makes s.png 40000 x 40000 pixels; expected at most 1600 pixels (images.max_pixels raises it)"},
		{"too small a size", good + "[run]\n", []string{"images.size=15"}, "--set images.size=15: images.size: found a size that makes c.png 15 x 11 pixels, too small for the layer scale5; expected at least 16 pixels on the shorter side, or shallower layers\n--set images.size=15: images.size: found a size that makes s.png 15 x 15 pixels, too small for the layer scale5; expected at least 16 pixels on the shorter side, or shallower layers"},
		{"stages that shrink", good, []string{"stages.sizes=[24, 16, 32]"}, `--set stages.sizes=[24, 16, 32]: stages.sizes: found 16 after 24; expected sizes that ascend: stages go from coarse to fine`},
		{"stages that end too small", good, []string{"stages.sizes=[24, 28]"}, `--set stages.sizes=[24, 28]: stages.sizes: found 28 at the end, and images.size is 32; expected images.size at the end`},
		{"a first stage too small", good, []string{"stages.from=12"}, "--set stages.from=12: stages.from: found a size that makes c.png 16 x 12 pixels, too small for the layer scale5; expected at least 16 pixels on the shorter side, or shallower layers"},
		{"a first size too small", good, []string{"stages.sizes=[15, 32]"}, "--set stages.sizes=[15, 32]: stages.sizes: found a size that makes c.png 15 x 11 pixels, too small for the layer scale5; expected at least 16 pixels on the shorter side, or shallower layers\n--set stages.sizes=[15, 32]: stages.sizes: found a size that makes s.png 15 x 15 pixels, too small for the layer scale5; expected at least 16 pixels on the shorter side, or shallower layers"},
		{"sizes beside from", good + "[stages]\nfrom = 24\nsizes = [24, 32]\n", nil, `DIR/a.toml:8:8: stages.from: found from and sizes; expected one of them: sizes gives every size itself`},
		{"stages of nothing", good + "[stages]\nsteps = [3]\ncarry = false\n", nil, "DIR/a.toml:8:9: stages.steps: found a key that needs stages; expected from = 128, say, or sizes = [128, 256]\nDIR/a.toml:9:9: stages.carry: found a key that needs stages; expected from = 128, say, or sizes = [128, 256]"},
		{"steps for more stages", good, []string{"stages={sizes=[24, 32], steps=[3, 2, 1], rates=[]}"}, "--set stages={sizes=[24, 32], steps=[3, 2, 1], rates=[]}: stages.steps: found 3 numbers for 2 stages ([24 32]); expected one for each stage at most\n--set stages={sizes=[24, 32], steps=[3, 2, 1], rates=[]}: stages.rates: found an empty list; expected a number for each stage, of which the last holds for all further ones"},
		{"more steps than sense", good, []string{"stages={sizes=[24, 32], steps=[9999999]}"}, "--set stages={sizes=[24, 32], steps=[9999999]}: stages.steps: found 19999998 steps in all; expected at most 10000000"},
		{"too many stages", good, []string{"images.size=9000", "stages={from=500, factor=1.05}"}, "--set stages={from=500, factor=1.05}: stages.factor: found more than 32 stages; expected at most 32"},
		{"a stage's size of its own", good + "[stages]\nfrom = 24\nsize = 28\n", nil, `DIR/a.toml:9:1: stages.size: found an unknown key; expected sizes (or another of from, factor, sizes, steps, rates, weights, style, filter, detail, carry)`},
		{"weights of no loss", good, []string{"stages={from=16, weights={styel=[1, 2]}}"}, `--set stages={from=16, weights={styel=[1, 2]}}: stages.weights: found no loss "styel"; expected style (or another of content, style)`},
		{"average", good, []string{"run.average=1"}, `--set run.average=1: run.average: found the number 1; expected a number of at least 0 and below 1`},
		{"one image twice", good, []string{"images.style=[\"x.png\", \"./x.png\"]"}, `--set images.style=["x.png", "./x.png"]: images.style: found one image twice: ./x.png; expected each image once (give it a larger weight)`},
		{"weights", good + "[network]\nname = 'vgg19'\nweights = 'w.safetensors'\n", nil, `DIR/a.toml:9:11: network.weights: found DIR/w.safetensors: no such file; expected a safetensors, Keras .h5 or .keras, or PyTorch .pth file of a VGG network: put w.safetensors beside the configuration, into weights/ or into a directory that $NST_WEIGHTS names, or leave weights out for random filters`},
		{"sweep of nothing", good + "[sweep]\n", nil, `DIR/a.toml:7:1: sweep.axes: found no axes, so no runs; expected [sweep.axes] with lines such as "loss.style.weight" = [10, 100]`},
		{"axis of nothing", good + "[sweep.axes]\nseed = []\n", nil, `DIR/a.toml:8:8: sweep.axes.seed: found an axis of no values, so no runs; expected one value or more`},
		{"too many runs", good + "[sweep.axes]\nseed = [" + numbers(1000) + "]\n\"run.steps\" = [" + numbers(1000) + "]\n", nil,
			`DIR/a.toml:7:1: sweep: found a sweep of 1000000 runs; expected at most 10000 (sweep.limit raises it)`},
		{"unequal zip", good + "[sweep]\nmethod = 'zip'\n[sweep.axes]\nseed = [1, 2]\n\"run.steps\" = [1]\n", nil, `DIR/a.toml:9:1: sweep.axes: found axes of unequal length: seed has 2, run.steps has 1; expected equally many values for every axis of the method zip`},
		{"unknown key as axis", good + "[sweep.axes]\nseed = [1, 2]\n\"loss.style.weigth\" = [1, 2]\n", nil, `DIR/a.toml:9:1: loss.style.weigth: found an unknown key; expected weight (or another of reduce, normalize, shift, chain, regions, guidance, share, weight, maximize, gradient_only, normalize_gradient, layers, mask, label, rule, style, kind)`},
		{"wrong value in an axis", good + "[sweep.axes]\nseed = [1, 2]\n\"loss.style.weight\" = [1,\n  'x']\n", nil, `DIR/a.toml:10:3: loss.style.weight: found the text "x"; expected a number of at least 0`},
		{"value twice", good + "[sweep.axes]\nseed = [1, 1.0]\n", nil, `DIR/a.toml:8:12: sweep.axes.seed: found a value twice: 1; expected each value once`},
		{"range in a grid", good + "[sweep.axes]\nseed = {min = 1, max = 2}\n", nil, `DIR/a.toml:8:8: sweep.axes.seed: found a range; expected a list of values, or method = "random" or "tpe"`},
		{"empty range", good + "[sweep]\nmethod='random'\nsamples=2\n[sweep.axes]\nseed = {min = 2, max = 2}\n", nil, `DIR/a.toml:11:8: sweep.axes.seed: found min 2 and max 2; expected a min below the max`},
		{"too many samples", good + "[sweep]\nmethod='random'\nsamples=5\n[sweep.axes]\nseed = [1, 2, 3]\n", nil, `DIR/a.toml:7:1: sweep.samples: found 5 runs asked for, and about 3 different ones to draw; expected fewer samples, or more values`},
		{"method's option", good + "[sweep]\nsamples=5\n[sweep.axes]\nseed = [1]\n", nil, `DIR/a.toml:8:1: sweep.samples: found an option of the method random, not of grid; expected method = "random", or no samples`},
		{"set of what a run sets", good + "[sweep.runs]\nx.loss.style.weight = 1\n", []string{"loss.style.weight=3"}, `--set loss.style.weight=3: loss.style.weight: found an override of loss.style.weight, which the run x sets; expected another key, or --set sweep=false for one run`},
		{"set of nothing", good, []string{"seed"}, `--set seed: found no KEY=VALUE; expected KEY=VALUE, such as run.steps=50, optimizer.kind=adam or images.style="['a.png', 'b.png']"`},
		{"long name", good, []string{"name=" + strings.Repeat("a", 201)}, `--set name=` + strings.Repeat("a", 201) + `: name: found the text "` + strings.Repeat("a", 58) + `…; expected a name of at most 200 characters, which are the letters a-z and A-Z, digits and _ . = + , - that begins with a letter, a digit or _ and does not end with a dot (it becomes a directory)`},
		{"name", good, []string{"name=../x"}, `--set name=../x: name: found the text "../x"; expected a name of at most 200 characters, which are the letters a-z and A-Z, digits and _ . = + , - that begins with a letter, a digit or _ and does not end with a dot (it becomes a directory)`},
		{"partner", good + "[loss.x]\nkind = 'cross-scale'\nlayers = ['scale5']\n", nil, `DIR/a.toml:7:1: loss.x.with: found no layer "scale6" in pyramid; expected scale1, or a layer that ` + "`nst layers pyramid` lists"},
		{"partners", good + "[loss.x]\nkind = 'cross-scale'\nwith = ['scale5']\n", nil, `DIR/a.toml:9:8: loss.x.with: found 4 layers paired with 1: must be as many; expected one layer for each of layers`},
		{"preset", "base = 'preset:gatys2016'\n", nil, `DIR/a.toml:1:8: base: found no preset "gatys2016"; expected preset:gatys2015 (or another of preset:gatys2015, preset:gatys-notebook, preset:jcjohnson, preset:neural-style-pt, preset:anishathalye, preset:cysmith, preset:keras, preset:tensorflow, preset:pytorch, preset:gordicaleksa, preset:crowson, preset:titu1994, preset:fine, preset:oriented, preset:oriented-fine, preset:pyramid, preset:texture, preset:inversion, preset:dream)`},
		{"no base", "base = 'no.toml'\n", nil, `DIR/a.toml:1:8: base: found the text "no.toml" (DIR/no.toml: no such file or directory); expected the path of a TOML file, relative to DIR/a.toml`},
		{"base of itself", "base = 'loop.toml'\n", nil, `DIR/loop.toml:2:8: base: found a file that inherits from itself: DIR/a.toml -> DIR/loop.toml -> DIR/a.toml; expected a base outside this chain`},
		{"mistake in the base", "base = 'b.toml'\n[loss.content]\nweight = 'x'\n", nil, `DIR/a.toml:3:10: loss.content.weight: found the text "x"; expected a number of at least 0
DIR/b.toml:3:1: images.contents: found an unknown key; expected content (or another of content, style, size, side, truncate, style_size, style_scale, style_turn, aspect, stretch, filter, max_pixels)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && test.name == "missing image" {
				t.Skip("a path without a drive is no absolute one")
			}
			file := fixture.Project(t, test.text)
			dir := filepath.Dir(file)
			fixture.PutFile(t, filepath.Join(dir, "loop.toml"), "# around\nbase = 'a.toml'\n")
			fixture.PutFile(t, filepath.Join(dir, "b.toml"), "[images]\ncontent = 'c.png'\ncontents = 'x'\n")
			fixture.PutFile(t, filepath.Join(dir, "tiny.png"), fixture.PNG(t, 1, 1, 0))
			_, err := Read(file, test.set...)
			if err == nil {
				t.Fatal("no error")
			}
			var one *tree.Error
			if !errors.As(err, &one) {
				t.Errorf("no ConfigError: %v", err)
			}
			if got := fixture.Unixly(strings.ReplaceAll(err.Error(), dir, "DIR")); got != test.want {
				t.Errorf("said\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// numbers returns 1, 2, … n.
func numbers(n int) string {
	s := make([]string, n)
	for i := range s {
		s[i] = labelAll(&tree.Node{Value: i + 1})
	}
	return strings.Join(s, ", ")
}

func TestMissingFile(t *testing.T) {
	_, err := Read("no/such.toml")
	if want := "no/such.toml: found no such file or directory; expected a TOML file that can be read"; err == nil || fixture.Unixly(err.Error()) != want {
		t.Errorf("said %v, want %s", err, want)
	}
}
