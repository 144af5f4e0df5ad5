package config

import (
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// decode reads a valid text.
func decode(t *testing.T, text string) *Config {
	t.Helper()
	c, err := decodeText(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func decodeText(text string) (*Config, error) {
	var p tree.Problems
	root := tree.Parse(text, "a.toml", "/dir", &p)
	if p.Err() != nil {
		return nil, p.Err()
	}
	c := Decode(root, &p)
	return c, p.Err()
}

// flat is a loss that only the tests use. The packages need only its options and its
// line in the list of kinds.
type flat struct{ Grey float64 }

func (o *flat) fields(_ *Config, visit func(field.Field)) {
	visit(field.Number("grey", &o.Grey, 0.5, field.From(0, 1)))
}
func (o *flat) Compares() string                           { return "" }
func (o *flat) Build(*Pictures, nst.LayerWeights) nst.Loss { return nst.Variation{Range: o.Grey} }
func (o *flat) Unit(Dimensions) float64                    { return 1 }
func (o *flat) DefaultWeight(string) float64               { return 1 }
func (o *flat) Gatys() LossOptions                         { return nil }

// still is an optimiser that only the tests use.
type still struct {
	SGD
	naps int
}

func (o *still) fields(_ *Config, visit func(field.Field)) {
	visit(field.Whole("naps", &o.naps, 3, field.AtLeast(1)))
}

// A new kind is one file: everything else follows from its options.
func TestNewKinds(t *testing.T) {
	losses, optimizers := lossKinds, optimizerKinds
	defer func() { lossKinds, optimizerKinds = losses, optimizers }()
	lossKinds = append(losses[:len(losses):len(losses)], kind[LossOptions]{"flat", func() LossOptions { return &flat{} }})
	optimizerKinds = append(optimizers[:len(optimizers):len(optimizers)], kind[OptimizerOptions]{"still", func() OptimizerOptions { return &still{} }})
	const text = "[loss.flat]\ngrey = 0.25\n[optimizer]\nkind = 'still'\nnaps = 4\n[start]\nfrom = 'noise'\n[schedule]\nrate = 1\n"
	c := decode(t, text)
	if l, ok := c.Losses[0].Build(&Pictures{}).(nst.Variation); !ok || l.Range != 0.25 || c.Losses[0].Kind != "flat" {
		t.Errorf("%+v", c.Losses[0])
	}
	if o, ok := c.Optimizer.Options.(*still); !ok || o.naps != 4 {
		t.Errorf("%+v", c.Optimizer)
	}
	if again := decode(t, string(c.TOML(""))); again.Identity(nil) != c.Identity(nil) {
		t.Errorf("written and read it is another run:\n%s", c.TOML(""))
	}
	if other := decode(t, strings.Replace(text, "4", "5", 1)); other.Identity(nil) == c.Identity(nil) {
		t.Error("its options are no part of the identity")
	}
	for text, want := range map[string]string{
		"[loss.x]\nkind = 'flut'\n":                                "expected flat (or another of " + strings.Join(LossKinds(), ", ") + ")",
		"[loss.tv]\ngrey = 0.5\n":                                  "an option of loss flat, not of variation",
		"[loss.flat]\n[optimizer]\nkind='still'\nmomentum = 0.5\n": "an option of optimizer sgd, rmsprop, not of still",
	} {
		if _, err := decodeText(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s said %v, want %s", text, err, want)
		}
	}
	// An override that chooses it keeps the shared keys and drops the others.
	var p tree.Problems
	base := tree.Parse("[loss.style]\nweight = 3\nreduce = 'sum'\n", "a.toml", "", &p)
	over := tree.Parse("[loss.style]\nkind = 'flat'\n", "b.toml", "", &p)
	merged := Merge(base.Table(), over.Table(), nil).Get("loss").Table().Get("style").Table()
	if merged.Get("weight") == nil || merged.Get("reduce") != nil {
		t.Errorf("merged: %v", merged.Keys)
	}
}
