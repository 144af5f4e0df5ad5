package experiments

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A file names what it inherits from as base = "other.toml", relative to itself.
// Its own name, title and description are never inherited: they would make two
// experiments write into one directory.

var ownKeys = []string{"name", "title", "description"}

// readInherited reads a file and everything that it inherits from. The chain is
// the files that led here, for the error about a cycle.
func readInherited(file string, chain []string, p *problems) *node {
	own := readNamed(file, p)
	if own == nil {
		return nil
	}
	t := own.table()
	base := t.get("base")
	if base == nil {
		return own
	}
	parent := readBase(base, file, chain, p)
	if parent == nil {
		return nil
	}
	child := t.clone()
	child.drop("base")
	return &node{key: own.key, at: own.at, value: merge(parent, child, nil)}
}

// readBase reads what a file inherits from: base is the value of its key, or of an
// axis of its sweep.
func readBase(base *node, file string, chain []string, p *problems) *table {
	name, ok := base.value.(string)
	if !ok || name == "" {
		p.add(base.at, "base", describe(base), "the path of a TOML file, or \"preset:NAME\"")
		return nil
	}
	next := name
	preset, isPreset := strings.CutPrefix(name, presetPrefix)
	if isPreset && !checkPreset(preset, base.at, "base", p) {
		return nil
	}
	if !isPreset && !filepath.IsAbs(next) {
		next = filepath.Join(filepath.Dir(file), name)
	}
	chain = append(chain, file)
	for i, seen := range chain {
		if sameFile(seen, next) {
			p.add(base.at, "base", "a file that inherits from itself: "+strings.Join(append(slices.Clone(chain[i:]), next), " -> "), "a base outside this chain")
			return nil
		}
	}
	if _, err := os.Stat(next); err != nil && !isPreset {
		p.add(base.at, "base", describe(base)+" ("+next+": "+errorText(err)+")", "the path of a TOML file, relative to "+file)
		return nil
	}
	from := readInherited(next, chain, p)
	if from == nil {
		return nil
	}
	parent := from.table().clone()
	for _, k := range ownKeys {
		parent.drop(k)
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
	value *node
}

// bareWord is what may stand for a string without quotes on a command line: names,
// and paths of Windows too.
var bareWord = regexp.MustCompile(`^[A-Za-z_./~\\][A-Za-z0-9_./~\\:@+-]*$`)

// settingWant is how the command line overrides a key.
const settingWant = `KEY=VALUE with VALUE in TOML's syntax, such as run.steps=50 or optimizer.kind=adam`

func readSettings(texts []string, p *problems) []setting {
	var out []setting
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	for _, text := range texts {
		at := pos{file: "--set " + text, dir: dir}
		key, value, ok := strings.Cut(text, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		path, valid := splitKey(key)
		if !ok || !valid || value == "" {
			p.add(at, "", "no KEY=VALUE", settingWant)
			continue
		}
		if path[0] == "base" {
			p.add(at, key, "an override of base", "the base in the file itself")
			continue
		}
		var values map[string]any
		if _, err := toml.Decode("value = "+value, &values); err != nil || len(values) != 1 {
			if !bareWord.MatchString(value) {
				p.add(at, key, "the value "+shorten(value), settingWant)
				continue
			}
			values = map[string]any{"value": value}
		}
		b := &treeBuilder{file: at.file, dir: dir, places: map[string]place{}, order: map[string]int{}}
		for i, pl := range scan("value = " + value) {
			b.places[pl.path] = place{dotted: pl.dotted} // a command line has an order, but no lines
			b.order[pl.path] = i
		}
		out = append(out, setting{text, path, b.node(step("", "value"), values["value"], at)})
	}
	return out
}
