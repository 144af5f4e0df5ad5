package experiments

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// A run's identity is a hash of what decides its pixels: the resolved
// configuration without names and logging, the content of the files that it
// reads in place of their paths, and the version of the engine's numerics.

// identityVersion changes when the encoding below does.
const identityVersion = "gonst run 1"

// canonical writes a Config independent of the order of keys in the file. The
// order of losses, layers and images stays: sums are made in that order.
func (c *Config) canonical(numerics string, hashOf func(path string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nnumerics = %q\n", identityVersion, numerics)
	for _, s := range c.sections() {
		fmt.Fprintf(&b, "[%s]\n", s.path)
		fs := slices.SortedFunc(slices.Values(s.fields), func(x, y field) int { return cmp.Compare(x.name, y.name) })
		for _, f := range fs {
			if f.aside {
				continue
			}
			switch v := f.get().(type) {
			case nil:
			case pathText:
				fmt.Fprintf(&b, "%s = {%s = 1.0}\n", f.name, hashOf(string(v)))
			case pathTable:
				fmt.Fprintf(&b, "%s = {", f.name)
				for i, w := range v {
					if i > 0 {
						b.WriteString(", ")
					}
					fmt.Fprintf(&b, "%s = %s", hashOf(w.Path), writeFloat(w.Weight))
				}
				b.WriteString("}\n")
			default:
				fmt.Fprintf(&b, "%s = %s\n", f.name, writeValue(v, ""))
			}
		}
	}
	return b.String()
}

// fileChecker opens the files that runs read: each once, however many runs.
type fileChecker struct {
	problems *problems
	known    map[string]fileFacts
}

type fileFacts struct {
	hash  string
	wrong string // why it cannot be used; empty when it can
	want  string
}

func newFileChecker(p *problems) *fileChecker {
	return &fileChecker{p, map[string]fileFacts{}}
}

func (k *fileChecker) identity(c *Config) string {
	sum := sha256.Sum256([]byte(c.canonical(numericalVersion, func(path string) string { return k.known[path].hash })))
	return hex.EncodeToString(sum[:])
}

// facts hashes a file.
func (k *fileChecker) facts(path string) fileFacts {
	if f, ok := k.known[path]; ok {
		return f
	}
	f := readFacts(path)
	k.known[path] = f
	return f
}

func readFacts(path string) fileFacts {
	file, err := os.Open(path)
	if err != nil {
		return fileFacts{wrong: errorText(err)}
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() {
		return fileFacts{wrong: "not a regular file"}
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return fileFacts{wrong: errorText(err)}
	}
	return fileFacts{hash: hex.EncodeToString(h.Sum(nil))}
}

// files checks every file of a Config and points at the key that names it.
func (k *fileChecker) files(c *Config, root *node) {
	d := &decoder{k.problems, root}
	one := func(path string, keys ...string) {
		if path == "" {
			return
		}
		if f := k.facts(path); f.wrong != "" {
			k.problems.add(d.nodeAt(keys...), joinKey(keys), path+": "+f.wrong, "a file that can be read")
		}
	}
	one(c.Images.Content, "images", "content")
	one(c.Network.Weights, "network", "weights")
	one(c.Start.Path, "start", "path")
	for _, s := range c.Images.Style {
		at := d.nodeAt("images", "style")
		style := root.table().get("images").table().get("style")
		switch v := style.value.(type) {
		case []*node:
			for _, e := range v {
				if p, _ := e.value.(string); resolvePath(p, e.at) == s.Path {
					at = e.at
				}
			}
		case *table:
			for _, p := range v.keys {
				if resolvePath(p, v.nodes[p].key) == s.Path {
					at = v.nodes[p].key
				}
			}
		}
		if f := k.facts(s.Path); f.wrong != "" {
			k.problems.add(at, "images.style", s.Path+": "+f.wrong, "a file that can be read")
		}
	}
}
