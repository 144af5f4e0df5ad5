package config

import (
	"strings"
	"testing"

	"github.com/gonst/workbench/nst"
)

// withOwn adds a loss for one test.
func withOwn(t *testing.T, l OwnLoss) {
	t.Helper()
	before := lossKinds
	t.Cleanup(func() { lossKinds = before })
	AddLoss(l)
}

func grey(version string) OwnLoss {
	return OwnLoss{
		Kind: "grey", Version: version, Weight: 3,
		Keys: []OwnKey{{Name: "range", Default: 0.5, Min: 0.1, Max: 2}, {Name: "shift", Default: -7, Whole: true}},
		Build: func(v map[string]float64, _ *Pictures, _ nst.LayerWeights) nst.Loss {
			return nst.Variation{Range: v["range"] - v["shift"]}
		},
	}
}

// An own loss is read, written and identified like a built-in one; its version is part of
// the identity.
func TestOwnLoss(t *testing.T) {
	withOwn(t, grey("1"))
	const rest = "[optimizer]\nkind = 'adam'\n[start]\nfrom = 'noise'\n[schedule]\nrate = 1\n"
	c := decode(t, "[loss.grey]\nrange = 0.25\n"+rest)
	if l, ok := c.Losses[0].Build(&Pictures{}).(nst.Variation); !ok || l.Range != 7.25 || c.Losses[0].Weight != 3 {
		t.Errorf("%+v", c.Losses[0])
	}
	if again := decode(t, string(c.TOML(""))); again.Identity(nil) != c.Identity(nil) {
		t.Errorf("written and read it is another run:\n%s", c.TOML(""))
	}
	if other := decode(t, "[loss.grey]\nrange = 0.25\nshift = 2\n"+rest); other.Identity(nil) == c.Identity(nil) {
		t.Error("its keys are no part of the identity")
	}
	for text, want := range map[string]string{
		"[loss.grey]\nrange = 3\n":        "of at least 0.1 and at most 2",
		"[loss.grey]\nshift = 1.5\n":      "a whole number",
		"[loss.grey]\nlayers = ['x']\n":   "layers",
		"[loss.grey]\nversion = '2'\n":    "expected 1",
		"[loss.tv]\nshift = 2\n":          "an option of loss gram, grey, not of variation",
		"[loss.x]\nkind = 'gray'\n":       "grey",
		"[loss.grey]\nbrightness = 0.5\n": "brightness",
	} {
		if _, err := decodeText(text + rest); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s said %v, want %s", text, err, want)
		}
	}
	written := string(c.TOML(""))
	lossKinds = lossKinds[:len(lossKinds)-1]
	AddLoss(grey("2"))
	if _, err := decodeText(written); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("a configuration of version 1 with version 2: %v", err)
	}
	if other := decode(t, "[loss.grey]\nrange = 0.25\n"+rest); other.Identity(nil) == c.Identity(nil) {
		t.Error("its version is no part of the identity")
	}
}

// A wrong description is found when the program starts.
func TestOwnLossRefused(t *testing.T) {
	for want, change := range map[string]func(*OwnLoss){
		`"Grey" is not made of`:            func(l *OwnLoss) { l.Kind = "Grey" },
		`a kind "gram" already`:            func(l *OwnLoss) { l.Kind = "gram" },
		`a kind "style" already`:           func(l *OwnLoss) { l.Kind = "style" },
		"no version":                       func(l *OwnLoss) { l.Version = "" },
		`compares with "paint"`:            func(l *OwnLoss) { l.Compares = "paint" },
		"has the weight -1":                func(l *OwnLoss) { l.Weight = -1 },
		"no Build":                         func(l *OwnLoss) { l.Build = nil },
		`a key "weight", which is taken`:   func(l *OwnLoss) { l.Keys[0].Name = "weight" },
		`a key "shift", which is taken`:    func(l *OwnLoss) { l.Keys[0].Name = "shift" },
		"the default 5 of range is not a":  func(l *OwnLoss) { l.Keys[0].Default = 5 },
		"0.5 of shift is not a whole numb": func(l *OwnLoss) { l.Keys[1].Default = 0.5 },
	} {
		l := grey("1")
		change(&l)
		if err := l.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
