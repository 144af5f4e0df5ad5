package config

import (
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/tree"
)

// A loss heads a column of the results and becomes the name of a plot.
func TestLossNames(t *testing.T) {
	for name, want := range map[string]string{
		"style": "", "Style": "", "my_style-2": "", "_": "", "7": "", "com": "", "console": "",
		"total": "a column of the results", "Total": "a column of the results", "step": "a column of the results",
		"rate": "a column of the results", "seconds": "a column of the results", "status": "a column of the results",
		"con": "reserves for a device", "NUL": "reserves for a device", "Com1": "reserves for a device", "lpt9": "reserves for a device",
		"style-evaluations": "the plot of a loss over evaluations",
		"-style":            "does not begin with -", `"a.b"`: "a name of at most", `"a/b"`: "a name of at most", `"größe"`: "a name of at most",
		`""`: "a name of at most", strings.Repeat("x", 41): "at most 40",
	} {
		p := &tree.Problems{}
		root := tree.Parse("images = {content = 'c.png'}\n[loss."+name+"]\nkind = 'variation'\n", "a.toml", "/dir", p)
		Decode(root, p)
		if err := p.Err(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: said %v, want %q", name, err, want)
		}
	}
	p := &tree.Problems{}
	Decode(tree.Parse("images = {content = 'c.png'}\n[loss.tv]\n[loss.TV]\nkind = 'variation'\n", "a.toml", "/dir", p), p)
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "a.toml:3:1: loss.TV: found losses called tv and TV") {
		t.Errorf("said %v", err)
	}
}

// An experiment's name is a directory on every system.
func TestExperimentNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "a.b": true, "v1.2+x": true, "_x": true, "common": true,
		"con": false, "NUL.v2": false, "aux": false, "a.": false, ".a": false, "-a": false, "a/b": false, "ü": false, "": false, "..": false,
	} {
		p := &tree.Problems{}
		Decode(tree.Parse("name = '"+name+"'\nimages = {content = 'c.png'}\n[loss.tv]\n", "a.toml", "/dir", p), p)
		if err := p.Err(); (err == nil) != ok {
			t.Errorf("name = %q: said %v", name, err)
		}
	}
}

// Different files make different experiments; the same name in another normal form makes
// the same one.
func TestNamesOfFiles(t *testing.T) {
	taken := map[string]string{}
	for _, file := range []string{"exp.toml", "测试.toml", "опыт.toml", "tëst.toml", "test.toml", "my photo.toml", "my-photo.toml", "my_photo.toml",
		"con.toml", "nul.v2.toml", "-x.toml", "x.toml", "...toml", "....toml", "a=b.toml", "größe.toml", "gr-e.toml", strings.Repeat("長", 90) + ".toml", strings.Repeat("長", 91) + ".toml", "run.toml"} {
		name := nameOfFile("dir/" + file)
		if other, twice := taken[name]; twice || !goodName.MatchString(name) || IsDevice(name) {
			t.Errorf("%s becomes %q, and %s", file, name, other)
		}
		taken[name] = file
	}
	if a, b := nameOfFile("gr\u00f6\u00dfe.toml"), nameOfFile("gro\u0308\u00dfe.toml"); a != b {
		t.Errorf("one name in two normal forms: %q and %q", a, b)
	}
	if nameOfFile("exp.toml") != "exp" || nameOfFile("preset:keras") != "preset-keras" {
		t.Error("a good name was changed")
	}
}

// In double quotes some paths of Windows are TOML, but not the paths that were meant.
func TestPathsWithEscapes(t *testing.T) {
	const want = `expected a path in '…', where \ is an ordinary character, or with / in place of \`
	for _, text := range []string{
		`images.content = "D:\new.png"`, `images.style = "D:\foto.jpg"`, `images.style = ["a.png", "D:\bilder.png"]`, `images.style = {"D:\table.png" = 2}`,
		`start = {from = "file", path = "D:\result.png"}`, `network = {name = "vgg19", weights = "D:\net.pth"}`, `yardstick.weights = "D:\net.pth"`,
	} {
		p := &tree.Problems{}
		root := tree.Parse(text+"\nloss.tv.weight = 1\n", "a.toml", "/dir", p)
		if root == nil {
			t.Fatal(p.Err())
		}
		Decode(root, p)
		if err := p.Err(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a path with a control character") {
			t.Errorf("%s\nsaid %v, want %s", text, err, want)
		}
	}
}

// 3.0 and 1e3 are whole numbers; 2.5 is none.
func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]int{"3": 3, "3.0": 3, "1e3": 1000, "2.5": 0, "1e300": 0, "inf": 0, "nan": 0, "'3'": 0, "true": 0, "-1.0": 0} {
		p := &tree.Problems{}
		c := Decode(tree.Parse("images.content = 'c.png'\nloss.tv = {}\nrun.steps = "+text+"\nseed = "+text+"\n"+
			"schedule = {kind = 'piecewise', boundaries = ["+text+"], rates = [1, 2]}\n", "a.toml", "/dir", p), p)
		switch err := p.Err(); {
		case want == 0 && (err == nil || strings.Count(err.Error(), "\n") != 3 && text != "-1.0"):
			t.Errorf("%s: said %v", text, err)
		case want > 0 && (err != nil || c.Run.Steps != want || c.Seed != uint64(want) || c.Schedule.Options.(*Piecewise).Boundaries[0] != want):
			t.Errorf("%s: %+v, %v", text, c.Run, err)
		}
	}
}
