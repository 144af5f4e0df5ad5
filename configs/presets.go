// Package configs embeds the presets: configurations of published systems and of
// the workbench itself, to be inherited as base = "preset:NAME".
package configs

import (
	"embed"
	"path"
	"strings"
)

//go:embed presets/*.toml
var presets embed.FS

// Presets lists the presets' names: the published ones, then the workbench's own, then those
// that use only one picture.
func Presets() []string {
	return append(Published(), "fine", "oriented", "oriented-fine", "pyramid", "texture", "inversion", "dream")
}

// Published lists the presets of published systems: the oldest first, then those
// that followed from it.
func Published() []string {
	return []string{
		"gatys2015", "gatys-notebook", "jcjohnson", "neural-style-pt", "anishathalye",
		"cysmith", "keras", "tensorflow", "pytorch", "gordicaleksa", "crowson", "titu1994",
	}
}

// Preset is the TOML text of a preset. There is none where the name is unknown.
func Preset(name string) (text string, ok bool) {
	if strings.ContainsAny(name, `/\`) {
		return "", false
	}
	data, err := presets.ReadFile(path.Join("presets", name+".toml"))
	return string(data), err == nil
}
