package plan

import (
	"os"
	"path/filepath"
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
		p.Add(base.At, "base", tree.Describe(base)+" ("+next+": "+tree.ErrorText(err)+")"+tree.WhyMissing(next), "the path of a TOML file, relative to "+file)
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

// readTree reads one file, without its base.
func readTree(file string, p *tree.Problems) *tree.Node {
	if result.IsPicture(file) {
		return readPicture(file, p)
	}
	return tree.Read(file, p)
}
