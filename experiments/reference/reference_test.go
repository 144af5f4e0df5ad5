package reference

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Every key has a description and a schema.
func TestEveryKeyIsDescribed(t *testing.T) {
	keys := Keys()
	if len(keys) < 80 {
		t.Errorf("only %d keys", len(keys))
	}
	for _, k := range keys {
		if k.About == "" || k.Want == "" || k.schema == nil {
			t.Errorf("%s %v: described as %q, accepted %q, schema %v", k.Path(), k.Kinds, k.About, k.Want, k.schema)
		}
	}
}

func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != Markdown() {
		t.Error("docs/configuration.md is not up to date: make generate")
	}
}

func TestFind(t *testing.T) {
	for name, want := range map[string]string{
		"optimizer.history":   "optimizer.history",
		"loss.style.weight":   "loss.NAME.weight",
		"loss.weight":         "loss.NAME.kind", // the loss named weight, whole
		"pool_scale":          "network.pool_scale",
		"dampening":           "optimizer.dampening",
		"schedule":            "schedule.kind",
		"base":                "base",
		"sweep.axes":          "sweep.axes",
		"log.tensorboard":     "log.tensorboard",
		"images.style_size":   "images.style_size",
		"yardstick.network":   "yardstick.network",
		"loss":                "loss.NAME.kind",
		"optimizer.momentum":  "optimizer.momentum",
		"run.checkpoint_secs": "",
		"histroy":             "",
	} {
		found, err := Find(name)
		switch {
		case want == "" && err == nil:
			t.Errorf("%s: found %s", name, found[0].Path())
		case want != "" && (err != nil || found[0].Path() != want):
			t.Errorf("%s: found %v, %v, want %s", name, found, err, want)
		}
	}
	if _, err := Find("loss.strokes.kidn"); err == nil || !strings.Contains(err.Error(), "did you mean loss.strokes.kind?") {
		t.Errorf("%v", err)
	}
	if _, err := Find("optimizer.histroy"); err == nil || !strings.Contains(err.Error(), "did you mean optimizer.history?") {
		t.Errorf("said %v", err)
	}
	keys, err := Find("optimizer.max_evaluations")
	if err != nil {
		t.Fatal(err)
	}
	text := keys[0].Text()
	for _, part := range []string{`with kind = "lbfgs"`, "a whole number of at least 1", `line_search = "strong-wolfe"`, "cysmith"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

// The schema accepts every configuration of the repository and refuses what an editor
// can find wrong.
func TestSchema(t *testing.T) {
	data, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("nst.schema.json", data); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("nst.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
		var values map[string]any
		if _, err := toml.Decode(text, &values); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(plain(values))
	}
	files, _ := filepath.Glob("../../configs/*.toml")
	presets, _ := filepath.Glob("../../configs/presets/*.toml")
	if len(files) < 5 || len(presets) < 10 {
		t.Fatalf("found %d configurations and %d presets", len(files), len(presets))
	}
	for _, file := range append(files, presets...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(string(text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	const good = "[images]\ncontent = 'a.png'\nstyle = ['b.png', 'c.png']\n[loss.content]\n[loss.style]\nlayers = {relu1_1 = 1}\n[loss.x]\nkind = 'variation'\n[loss.y]\nkind = 'gram'\nweight = 3\n"
	if err := check(good); err != nil {
		t.Errorf("%v", err)
	}
	for name, text := range map[string]string{
		"unknown table":         good + "[optimiser]\nkind = 'adam'\n",
		"unknown key":           good + "[run]\nstepz = 3\n",
		"below the range":       good + "[run]\nsteps = 0\n",
		"wrong type":            good + "[run]\nsteps = '3'\n",
		"unknown kind":          good + "[optimizer]\nkind = 'adamm'\n",
		"another kind's option": good + "[optimizer]\nkind = 'adam'\nhistory = 3\n",
		"the default's options": good + "[optimizer]\nbeta1 = 0.5\n",
		"a loss's option":       good + "[loss.z]\nkind = 'variation'\nnormalize = 'm'\n",
		"a choice":              good + "[network]\nname = 'vgg19'\npooling = 'min'\n",
	} {
		if check(text) == nil {
			t.Errorf("%s is accepted:\n%s", name, text)
		}
	}
}

// plain turns TOML's values into those of JSON, as the validator takes them.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = plain(e)
		}
	case []any:
		for i, e := range v {
			v[i] = plain(e)
		}
	case []map[string]any:
		all := make([]any, len(v))
		for i, e := range v {
			all[i] = plain(e)
		}
		return all
	case int64:
		return float64(v)
	}
	return v
}
