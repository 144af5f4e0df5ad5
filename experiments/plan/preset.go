package plan

import (
	"os"
	"slices"
	"strings"

	"github.com/gonst/workbench/configs"
	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/tree"
)

// Presets are configurations within the program: base = "preset:keras" inherits
// from one, and where a file is named, preset:keras is the preset itself.

const presetPrefix = "preset:"

// Preset is the settings of a published system, or of the workbench's own.
type Preset struct {
	Name      string // as in base = "preset:NAME"
	Published bool
	Title     string         // whose settings they are
	Text      string         // the configuration, with comments on every quirk
	Weights   string         // the name in the catalogue of the weights that it requires; empty where it requires none
	Config    *config.Config // resolved, except for the pictures and the weights, which the user names
}

// Published lists the presets of published systems, the oldest first.
func Published() []Preset {
	return slices.DeleteFunc(Presets(), func(p Preset) bool { return !p.Published })
}

// Presets lists the presets: the published ones, then the workbench's own.
func Presets() []Preset {
	var all []Preset
	for _, name := range configs.Presets() {
		text, _ := configs.Preset(name)
		// The only problem is that there are no pictures, and perhaps no weights.
		root := tree.Parse(text, presetPrefix+name, "", &tree.Problems{})
		c := config.Decode(root, &tree.Problems{})
		c.Network.Weights = ""
		var wants string
		if n := root.Table().Get("network").Table().Get("weights"); n != nil {
			wants, _ = n.Value.(string)
		}
		all = append(all, Preset{name, slices.Contains(configs.Published(), name), c.Title, text, wants, c})
	}
	return all
}

// FindPreset is the preset of that name.
func FindPreset(name string) (Preset, error) {
	p := &tree.Problems{}
	if !checkPreset(name, tree.Pos{File: presetPrefix + name}, "", p) {
		return Preset{}, p.Err()
	}
	all := Presets()
	return all[slices.IndexFunc(all, func(x Preset) bool { return x.Name == name })], nil
}

// checkPreset reports a name that is no preset's.
func checkPreset(name string, at tree.Pos, key string, p *tree.Problems) bool {
	if _, ok := configs.Preset(name); ok {
		return true
	}
	names := configs.Presets()
	for i := range names {
		names[i] = presetPrefix + names[i]
	}
	p.Add(at, key, "no preset "+tree.Shorten(tree.WriteString(name)), tree.OneOf(presetPrefix+name, names))
	return false
}

// readNamed reads a file, or the preset that is named in its place. Paths in a
// preset, which come from settings only, are relative to the working directory.
func readNamed(file string, p *tree.Problems) *tree.Node {
	name, ok := strings.CutPrefix(file, presetPrefix)
	if !ok {
		return readTree(file, p)
	}
	if !checkPreset(name, tree.Pos{File: file}, "", p) {
		return nil
	}
	text, _ := configs.Preset(name)
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return tree.Parse(text, file, dir, p)
}
