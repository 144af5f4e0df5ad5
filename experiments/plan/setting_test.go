package plan

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/tree"
)

// What --set makes of a text. The first word is the key.
func TestSettings(t *testing.T) {
	for text, want := range map[string]string{
		"images.content=photo (1).png":       "photo (1).png",
		"images.content=größe.png":           "größe.png",
		"images.content=2024-01-05.png":      "2024-01-05.png",
		"images.content=2024-01-05":          "2024-01-05",
		"images.content=a#1.png":             "a#1.png",
		"images.content=a=b.png":             "a=b.png",
		"images.content=true":                "true",
		"images.content=1":                   "1",
		"images.content=[1].png":             "[1].png",
		"images.content=[1]":                 "[1]",
		"images.content={x}":                 "{x}",
		"images.content=-x.png":              "-x.png",
		`images.content=C:\Users\jo\new.png`: `C:\Users\jo\new.png`,
		"images.content=it's.png":            "it's.png",
		"images.content='a b.png'":           "a b.png",
		`images.content="a b.png"`:           "a b.png",
		"title=":                             "",
		"title=50 % of 2024, \"new\"":        "50 % of 2024, \"new\"",
		"name=2024":                          "2024",
		"images.style=photo (1).png":         "photo (1).png",
		"images.style=['a b.png', 'c.png']":  "[a b.png c.png]",
		"images.style={'a b.png' = 2}":       "{a b.png=2}",
		"network.weights=random":             "random",
		"optimizer.kind=adam":                "adam",
		"start.path=1.png":                   "1.png",
		"loss.x.kind=gram":                   "gram",
		"loss.x.layers=relu1_1":              "relu1_1",
		"loss.x.layers=['relu1_1']":          "[relu1_1]",
		"run.steps=50":                       "50",
		"run.project=true":                   "true",
		"sweep=false":                        "false",
		"sweep.axes.images.style=['a', 'b']": "[a b]",
		"loss.tv=false":                      "false",
		"no.such.key=word":                   "word",
		"run.steps=many":                     "many", // rejected later, with what is accepted
		"run.steps=99999999999999999999":     "found the number 99999999999999999999, which is too large for any key; expected a whole number of at most 9223372036854775807",
		"loss.style.weight=1e400":            "found the number 1e400, which is too large for any key; expected a number of at most 1.8e+308",
		"run.steps=50#100":                   "expected a number, true or false",
		"run.steps=50 # fifty":               "expected a number, true or false",
		"run.steps=1]#":                      "expected a number, true or false",
		"run.steps=50 60":                    "expected a number, true or false",
		"images.style=[a b.png, c.png]":      "each text in quotes",
		"images.style={a b.png = 1}":         "each text in quotes",
		`images.content="C:\Users\jo.png"`:   "begins with a quote and is not TOML",
		"images.content='a.png":              "begins with a quote and is not TOML",
		"no.such.key=two words":              "expected KEY=VALUE, such as",
		"images.content":                     "no KEY=VALUE",
		"run.steps=":                         "found no value; expected KEY=VALUE",
		"=x":                                 "no KEY=VALUE",
		"base=x.toml":                        "an override of base",
	} {
		p := &tree.Problems{}
		sets := readSettings("--set", []string{text}, p)
		if err := p.Err(); err != nil {
			if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "--set "+text) {
				t.Errorf("%s\nsaid %v, want %s", text, err, want)
			}
			continue
		}
		if got := shown(sets[0].value); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

// shown writes a value without quotes.
func shown(n *tree.Node) string {
	switch v := n.Value.(type) {
	case string:
		return v
	case []*tree.Node:
		var all []string
		for _, e := range v {
			all = append(all, shown(e))
		}
		return "[" + strings.Join(all, " ") + "]"
	case *tree.Table:
		s := "{"
		for _, k := range v.Keys {
			s += k + "=" + shown(v.Nodes[k])
		}
		return s + "}"
	}
	return fingerprint(n)
}

// A picture is found under its own name.
func TestSettingOfAFile(t *testing.T) {
	dir := filepath.Dir(fixture.Project(t, ""))
	for _, name := range []string{"photo (1).png", "größe.png", "2024-01-05.png", "a#1.png", "true.png", "it's.png"} {
		path := filepath.Join(dir, name)
		fixture.PutFile(t, path, fixture.PNG(t, 24, 20, 0.2))
		p := planOf(t, fixture.Pictures+"[loss.content]\n[loss.style]\n", "images.content="+path, "images.style="+path)
		if c := p.Runs[0].Config; c.Images.Content != path || c.Images.Style[0].Path != path {
			t.Errorf("%s: found %+v", name, c.Images)
		}
	}
}
