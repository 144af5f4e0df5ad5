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

// The identity of a run is a hash of everything that decides its pixels: the keys of
// the resolved configuration that differ from their defaults, without names and
// logging; the content of the files that the run reads, instead of their paths; and the
// version of the engine's numerics. So a new key whose default changes nothing changes
// no identity. If a default changes, the version must change.

// IdentityVersion changes when the encoding below changes or when a default changes.
// Runs of another version are different runs.
const IdentityVersion = 3

// canonical writes a Config. The text does not depend on the order of keys in the file.
// Losses, layers and images keep their order, because sums are made in that order.
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

// Identity hashes a Config. hashOf must know the hash of every file that the Config
// names.
func (c *Config) Identity(hashOf func(path string) string) string {
	return c.identity(nst.NumericalVersion, hashOf)
}

func (c *Config) identity(numerics string, hashOf func(path string) string) string {
	sum := sha256.Sum256([]byte(c.canonical(numerics, hashOf)))
	return hex.EncodeToString(sum[:])
}
