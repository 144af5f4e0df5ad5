package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/weights"
)

// Identities of these configurations at the current identity version. The engine's
// numerics are "golden" and the hash of every file is its path. The identities change
// only with IdentityVersion.
var goldenIdentities = map[string]string{
	"[images]\ncontent = 'c.png'\nstyle = 's.png'\n[loss.content]\n[loss.style]\n": "5a70cd05456f314b90cdd5a3468ca2b520d18924014eba799ea7f0e003d75c1e",
	"[images]\ncontent = 'c.png'\nstyle = {'s.png' = 1, 't.png' = 3}\nsize = 512\n[network]\nname = 'vgg19'\npooling = 'average'\n[start]\nfrom = 'file'\npath = 'p.png'\n[loss.content]\nshare = 0.1\nlayers = ['relu4_2']\n[loss.style]\nreduce = 'gatys'\n[loss.tv]\nweight = 2\n[optimizer]\nline_search = 'strong-wolfe'\n": "60ac3b189207a65755a2c6bb2b19408d773c5a4ac537099d3649ab3234e496a3",
	"seed = 3\n[start]\nfrom = 'noise'\nmean = [0, 0.5, 1]\n[loss.tv]\ndifference = 'power'\nrange = 255\n[optimizer]\nkind = 'adam'\n[schedule]\nkind = 'cosine'\nwarmup = 5\n[run]\nsteps = 40\npixel_range = 255\n":                                                                                                           "25ac44f3c221912f512ad926f0620e632860c0885ddde26ccdcfb8dcf9f81497",
}

// What a configuration omits gives a good picture: weights that fit the network for losses
// that are relative to their target, and steps that cannot multiply the objective.
func TestDefaultWeights(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
	}{
		{"[loss.content]", 0.4},
		{"[loss.style]", 100},
		{"[loss.style]\nkind = 'covariance'", 100},
		{"[loss.style]\nkind = 'correlation'", 100},
		{"[loss.tv]", 2},
		{"[network]\nname = 'vgg19'\n[loss.content]", 5},
		{"[network]\nname = 'vgg16'\n[loss.style]", 100},
		{"[network]\nname = 'vgg19'\n[loss.tv]", 20},
		{"[loss.content]\nreduce = 'mean'", 1}, // as published systems use it
		{"[loss.style]\nreduce = 'gatys'", 1},
		{"[loss.style]\nkind = 'covariance'\nreduce = 'sum'", 1},
		{"[loss.tv]\nreduce = 'sum'", 1},
		{"[loss.tv]\ndifference = 'absolute'", 1},
		{"[loss.tv]\nrange = 255", 1},
		{"[loss.style]\nweight = 3", 3},
		{"[loss.style]\nshare = 0.5\n[loss.tv]", 0},
	} {
		got := decode(t, "images = {content = 'c.png', style = 's.png'}\n"+c.text+"\n").Losses[0].Weight
		if got != c.want {
			t.Errorf("%s\nhas the weight %v, want %v", c.text, got, c.want)
		}
	}
	for _, kind := range LossKinds() {
		loss := decode(t, "images = {content = 'c.png', style = 's.png'}\n[loss.x]\nkind = '"+kind+"'\n").Losses[0]
		if loss.Options.Compares() == "style" && loss.Weight < 10 {
			t.Errorf("%s without a weight weighs %v: the picture would stay the content", kind, loss.Weight)
		}
	}
	if o := decode(t, "images = {content = 'c.png'}\n[loss.tv]\n").Optimizer; !o.Options.Searches() {
		t.Errorf("the default optimiser, %+v, makes steps that nothing bounds", o)
	}
}

func TestGoldenIdentities(t *testing.T) {
	for text, want := range goldenIdentities {
		c := decode(t, text)
		got := c.identity("golden", func(path string) string { return path })
		if got != want {
			t.Errorf("%s\nhas the identity %s, want %s, of\n%s", text, got, want, c.canonical("golden", func(path string) string { return path }))
		}
	}
}

// A key at its default is not part of the identity, so a new key renames no run.
func TestDefaultsAreNoPartOfTheIdentity(t *testing.T) {
	c := decode(t, "[images]\ncontent = 'c.png'\nstyle = 's.png'\n[loss.content]\n[loss.style]\n")
	hash := func(path string) string { return path }
	want := c.canonical("golden", hash)
	var text strings.Builder
	for _, s := range c.sections() {
		for _, f := range s.fields {
			if f.IsDefault() && f.Get() != nil {
				fmt.Fprintf(&text, "%s = %s\n", strings.TrimPrefix(s.path+"."+f.Name, "."), writeValue(f.Get(), ""))
			}
		}
	}
	if n := strings.Count(text.String(), "\n"); n < 30 {
		t.Fatalf("only %d keys have defaults:\n%s", n, text.String())
	}
	all := decode(t, text.String()+"images.content = '/dir/c.png'\nimages.style = '/dir/s.png'\n")
	if got := all.canonical("golden", hash); got != want {
		t.Errorf("with all defaults written out:\n%s\nwant\n%s", got, want)
	}
}

// testdata/defaults.txt lists every key with its default. If a default changes,
// configurations without the key make other pixels under the same identity, so
// IdentityVersion must change too. New keys are added to the list.
func TestDefaults(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "identity version %d\n", IdentityVersion)
	write := func(path string, fields field.Table) {
		fields(func(f field.Field) {
			text := "none"
			if f.Default != nil {
				text = writeValue(f.Default, "")
			}
			fmt.Fprintf(&b, "%s = %s\n", strings.TrimPrefix(path+"."+f.Name, "."), text)
		})
	}
	c := decode(t, "[loss.tv]\n[start]\nfrom = 'noise'\n")
	write("", table(c, topFields))
	write("images", table(c, imageFields))
	write("colour", table(c, colourFields))
	write("run", table(c, runFields))
	write("log", table(c, logFields))
	write("yardstick", table(c, yardstickFields))
	for _, s := range []struct {
		section string
		ch      *choice
	}{{"network", &networkChoice}, {"loss", &lossChoice}, {"start", &startChoice}, {"optimizer", &optimizerChoice}, {"schedule", &scheduleChoice}} {
		for _, kind := range s.ch.names() {
			c := decode(t, "[loss.tv]\n[start]\nfrom = 'noise'\n")
			*s.ch.chosen(c, 0) = kind
			s.ch.choose(c, 0, kind)
			write(s.section+" "+kind, func(visit func(field.Field)) {
				s.ch.table(c, 0)(func(f field.Field) { f.Reset(); visit(f) })
			})
		}
	}
	const file = "testdata/defaults.txt"
	want, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	if got := b.String(); got != string(want) {
		if os.Getenv("NST_REGEN") != "" {
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		t.Errorf("%s is not the list of the keys (NST_REGEN=1 writes it; a default that changes needs another IdentityVersion):\n%s", file, got)
	}
}

// Two copies of one weight file make different pixels if their names imply different
// preprocessings.
func TestPreprocessingIsPartOfTheIdentity(t *testing.T) {
	dir := t.TempDir()
	id := func(file string) string {
		file = filepath.Join(dir, file)
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		c := decode(t, "[network]\nname = 'vgg19'\nweights = '"+file+"'\n[loss.tv]\n[start]\nfrom = 'noise'\n")
		return c.Identity(func(string) string { return "the same" })
	}
	torchvision, err := weights.Find("vgg19-torchvision")
	if err != nil {
		t.Fatal(err)
	}
	if id(torchvision.Files()[0]) == id("another.safetensors") {
		t.Error("the preprocessing that a file's name says is no part of the identity")
	}
}
