package plan

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/tree"
)

// A file inherits from another with base = "other.toml"; the path is relative to the
// file. Name, title and description are never inherited, because two experiments would
// then write to one directory.

var ownKeys = []string{"name", "title", "description"}

// readInherited reads a file and everything that it inherits from. chain lists the
// files that led here, for the error about a cycle.
func readInherited(file string, chain []string, p *tree.Problems) *tree.Node {
	own := readNamed(file, p)
	if own == nil {
		return nil
	}
	t := own.Table()
	base := t.Get("base")
	if base == nil {
		return own
	}
	parent := readBase(base, file, chain, p)
	if parent == nil {
		return nil
	}
	child := t.Clone()
	child.Drop("base")
	return &tree.Node{Key: own.Key, At: own.At, Value: config.Merge(parent, child, nil)}
}

// readBase reads the file that a configuration inherits from. base is the value of the
// base key, or a value of an axis of the sweep.
func readBase(base *tree.Node, file string, chain []string, p *tree.Problems) *tree.Table {
	name, ok := base.Value.(string)
	if !ok || name == "" {
		p.Add(base.At, "base", tree.Describe(base), "the path of a TOML file, or \"preset:NAME\"")
		return nil
	}
	next := name
	preset, isPreset := strings.CutPrefix(name, presetPrefix)
	if isPreset && !checkPreset(preset, base.At, "base", p) {
		return nil
	}
	if !isPreset && !filepath.IsAbs(next) {
		next = filepath.Join(filepath.Dir(file), name)
	}
	chain = append(chain, file)
	for i, seen := range chain {
		if sameFile(seen, next) {
			p.Add(base.At, "base", "a file that inherits from itself: "+strings.Join(append(slices.Clone(chain[i:]), next), " -> "), "a base outside this chain")
			return nil
		}
	}
	if _, err := os.Stat(next); err != nil && !isPreset {
		p.Add(base.At, "base", tree.Describe(base)+" ("+next+": "+tree.ErrorText(err)+")", "the path of a TOML file, relative to "+file)
		return nil
	}
	from := readInherited(next, chain, p)
	if from == nil {
		return nil
	}
	parent := from.Table().Clone()
	for _, k := range ownKeys {
		parent.Drop(k)
	}
	return parent
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX != nil || errY != nil {
		return filepath.Clean(a) == filepath.Clean(b)
	}
	return os.SameFile(x, y)
}

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

// bareWord matches a string that needs no quotes on a command line: names, and paths,
// including those of Windows.
var bareWord = regexp.MustCompile(`^[A-Za-z_./~\\][A-Za-z0-9_./~\\:@+-]*$`)

// settingWant describes how the command line overrides a key.
const settingWant = `KEY=VALUE with VALUE in TOML's syntax, such as run.steps=50 or optimizer.kind=adam`

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
		if !ok || !valid || value == "" {
			p.Add(at, "", "no KEY=VALUE", settingWant)
			continue
		}
		if path[0] == "base" {
			p.Add(at, key, "an override of base", "the base in the file itself")
			continue
		}
		n, ok := tree.ParseValue(value, at)
		if !ok {
			if !bareWord.MatchString(value) {
				p.Add(at, key, "the value "+tree.Shorten(value), settingWant)
				continue
			}
			n = &tree.Node{Key: at, At: at, Value: value}
		}
		out = append(out, setting{text, path, n})
	}
	return out
}

// readTree reads one file, without its base.
func readTree(file string, p *tree.Problems) *tree.Node {
	if result.IsPicture(file) {
		return readPicture(file, p)
	}
	return tree.Read(file, p)
}
