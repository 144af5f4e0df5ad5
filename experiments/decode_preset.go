package experiments

import (
	"os"
	"slices"
	"strings"

	"github.com/gonst/workbench/configs"
)

// Presets are configurations within the program: base = "preset:keras" inherits
// from one, and where a file is named, preset:keras is the preset itself.

const presetPrefix = "preset:"

// Preset is a published system's settings.
type Preset struct {
	Name    string  // as in base = "preset:NAME"
	Title   string  // whose settings they are
	Text    string  // the configuration, with comments on every quirk
	Weights string  // the name in the catalogue of the weights that it wants
	Config  *Config // resolved but for the pictures and the weights, which are the user's
}

// Presets lists the presets, the oldest system first.
func Presets() []Preset {
	var all []Preset
	for _, name := range configs.Presets() {
		text, _ := configs.Preset(name)
		// The only problem is that there are no pictures, and perhaps no weights.
		root := parseTree(text, presetPrefix+name, "", &problems{})
		c := decodeConfig(root, &problems{})
		c.Network.Weights = ""
		wants, _ := root.table().get("network").table().get("weights").value.(string)
		all = append(all, Preset{name, c.Title, text, wants, c})
	}
	return all
}

// FindPreset is the preset of that name.
func FindPreset(name string) (Preset, error) {
	p := &problems{}
	if !checkPreset(name, pos{file: presetPrefix + name}, "", p) {
		return Preset{}, p.err()
	}
	all := Presets()
	return all[slices.IndexFunc(all, func(x Preset) bool { return x.Name == name })], nil
}

// checkPreset reports a name that is no preset's.
func checkPreset(name string, at pos, key string, p *problems) bool {
	if _, ok := configs.Preset(name); ok {
		return true
	}
	names := configs.Presets()
	for i := range names {
		names[i] = presetPrefix + names[i]
	}
	p.add(at, key, "no preset "+shorten(writeString(name)), oneOf(presetPrefix+name, names))
	return false
}

// readNamed reads a file, or the preset that is named in its place. Paths in a
// preset, which come from settings only, are relative to the working directory.
func readNamed(file string, p *problems) *node {
	name, ok := strings.CutPrefix(file, presetPrefix)
	if !ok {
		return readTree(file, p)
	}
	if !checkPreset(name, pos{file: file}, "", p) {
		return nil
	}
	text, _ := configs.Preset(name)
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return parseTree(text, file, dir, p)
}
