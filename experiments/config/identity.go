package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// A run's identity is a hash of what decides its pixels: the keys of the resolved
// configuration that are not at their defaults, without names and logging, the content of
// the files that it reads in place of their paths, and the version of the engine's
// numerics. A new key with a default that changes nothing thus changes no identity. A
// default that changes needs a new version.

// IdentityVersion changes when the encoding below does, or when a default changes. Runs
// of another version are other runs.
const IdentityVersion = 2

// canonical writes a Config independent of the order of keys in the file. The
// order of losses, layers and images stays: sums are made in that order.
func (c *Config) canonical(numerics string, hashOf func(path string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "gonst run %d\nnumerics = %q\n", IdentityVersion, numerics)
	for _, s := range c.sections() {
		heading := fmt.Sprintf("[%s]\n", s.path)
		fs := slices.SortedFunc(slices.Values(s.fields), func(x, y field.Field) int { return cmp.Compare(x.Name, y.Name) })
		for _, f := range fs {
			if f.Aside || f.IsDefault() && !f.Always {
				continue
			}
			b.WriteString(heading)
			heading = ""
			switch v := f.Get().(type) {
			case nil:
			case field.PathText:
				fmt.Fprintf(&b, "%s = {%s = 1.0}\n", f.Name, hashOf(string(v)))
			case pathTable:
				fmt.Fprintf(&b, "%s = {", f.Name)
				for i, w := range v {
					if i > 0 {
						b.WriteString(", ")
					}
					fmt.Fprintf(&b, "%s = %s", hashOf(w.Path), WriteFloat(w.Weight))
				}
				b.WriteString("}\n")
			default:
				fmt.Fprintf(&b, "%s = %s\n", f.Name, writeValue(v, ""))
			}
		}
	}
	return b.String()
}

// Identity hashes a Config. The hash of every file that it names must be known.
func (c *Config) Identity(hashOf func(path string) string) string {
	return c.identity(nst.NumericalVersion, hashOf)
}

func (c *Config) identity(numerics string, hashOf func(path string) string) string {
	sum := sha256.Sum256([]byte(c.canonical(numerics, hashOf)))
	return hex.EncodeToString(sum[:])
}
