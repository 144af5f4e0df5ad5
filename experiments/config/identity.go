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
		if s.path == "yardstick" {
			continue // it came later, and identities from before it stay
		}
		fmt.Fprintf(&b, "[%s]\n", s.path)
		fs := slices.SortedFunc(slices.Values(s.fields), func(x, y field.Field) int { return cmp.Compare(x.Name, y.Name) })
		for _, f := range fs {
			if f.Aside {
				continue
			}
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
	sum := sha256.Sum256([]byte(c.canonical(nst.NumericalVersion, hashOf)))
	return hex.EncodeToString(sum[:])
}
