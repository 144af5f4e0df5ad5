package plan

import (
	"os"
	"regexp"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/tree"
)

// Settings are the overrides of the command line. A value has TOML's syntax, but texts
// need no quotes where the key accepts a text: the shell has removed the user's quotes,
// and names of files contain every character.

// setFlag is the flag of settings, with which their places begin.
const setFlag = "--set"

// setting is one override of the command line, KEY=VALUE.
type setting struct {
	text  string
	path  []string
	value *tree.Node
}

// change returns the setting as a change of a run.
func (s setting) change() change {
	return change{path: s.path, value: s.value, from: tree.JoinKey(s.path), at: s.value.At, set: true}
}

// settingWant describes how the command line overrides a key.
const settingWant = `KEY=VALUE, such as run.steps=50, optimizer.kind=adam or images.style="['a.png', 'b.png']"`

// TextSetting returns the setting that sets a key of the configuration to a text, or to
// a list of texts if there are several.
func TextSetting(key string, values ...string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = tree.WriteString(v)
	}
	if len(quoted) == 1 {
		return key + "=" + quoted[0]
	}
	return key + "=[" + strings.Join(quoted, ", ") + "]"
}

// bareWord matches texts that need no quotes for keys that are not known.
var bareWord = regexp.MustCompile(`^[A-Za-z_./~\\][A-Za-z0-9_./~\\:@+-]*$`)

// readSettings reads the values of a flag.
func readSettings(flag string, texts []string, p *tree.Problems) []setting {
	var out []setting
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	for _, text := range texts {
		at := tree.Pos{File: flag + " " + text, Dir: dir}
		key, value, ok := strings.Cut(text, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		path, valid := tree.SplitKey(key)
		if !ok || !valid {
			p.Add(at, "", "no KEY=VALUE", settingWant)
			continue
		}
		if path[0] == "base" {
			p.Add(at, key, "an override of base", "the base in the file itself")
			continue
		}
		if n := readSetting(path, value, at, p); n != nil {
			out = append(out, setting{text, path, n})
		}
	}
	return out
}

// readSetting reads the value of a setting. It returns nil if it is none.
func readSetting(path []string, value string, at tree.Pos, p *tree.Problems) *tree.Node {
	bare := &tree.Node{Key: at, At: at, Value: value}
	takes := config.Takes(path)
	switch {
	case value != "":
	case takes == config.Text:
		return bare
	default:
		p.Add(at, tree.JoinKey(path), "no value", settingWant)
		return nil
	}
	n, ok := tree.ParseValue(value, at)
	switch quoted := strings.ContainsRune("\"'", rune(value[0])); {
	case ok && (quoted || takes != config.Text && takes != config.Texts):
		return n
	case ok && (n.Table() != nil || tree.IsList(n)) && takes == config.Texts:
		return n
	case takes == config.Texts && (value[0] == '[' || value[0] == '{'):
		p.Add(at, tree.JoinKey(path), "the value "+tree.Shorten(value)+", which is not TOML",
			`each text in quotes, and all in the shell's quotes: --set "`+tree.JoinKey(path)+`=['first.png', 'second.png']"`)
		return nil
	case quoted && (takes == config.Text || takes == config.Texts):
		p.Add(at, tree.JoinKey(path), "the value "+tree.Shorten(value)+", which begins with a quote and is not TOML",
			"the text without quotes, or in '…', or in \"…\" with \\ as \\\\")
		return nil
	case takes == config.Text || takes == config.Texts:
		return bare
	case bareWord.MatchString(value):
		return bare // the key itself says what it accepts
	}
	if most, ok := tree.TooLarge(value); ok {
		p.Add(at, tree.JoinKey(path), "the number "+tree.Shorten(value)+", which is too large for any key", most)
		return nil
	}
	want := settingWant
	if takes == config.Other {
		want = "a number, true or false, a list or a table in TOML's syntax, without a comment: `nst keys " + tree.JoinKey(path) + "` describes what is accepted"
	}
	p.Add(at, tree.JoinKey(path), "the value "+tree.Shorten(value), want)
	return nil
}
