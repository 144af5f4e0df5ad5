package plan

import (
	"os"
	"slices"
	"strings"

	"github.com/gonst/workbench/configs"
	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/tree"
)

// Presets are configurations that are part of the program. base = "preset:keras"
// inherits from one. In place of a file name, preset:keras is the preset itself.

const presetPrefix = "preset:"

// Preset holds the settings of a published system, or of the workbench itself.
type Preset struct {
	Name      string // as in base = "preset:NAME"
	Published bool
	Title     string         // the system
	Text      string         // the configuration, with comments on every special property
	Weights   string         // the catalogue name of the required weights; empty if it requires none
	Config    *config.Config // resolved, except for the pictures and the weights, which the user sets
}

// Reads reports which pictures the preset uses.
func (p Preset) Reads() (content, style bool) {
	reads := func(picture string) bool {
		s := p.Config.Start
		return s.From == picture || s.From == "blend" && (s.A == picture || s.B == picture) ||
			slices.ContainsFunc(p.Config.Losses, func(l config.Loss) bool { return l.Options.Compares() == picture })
	}
	return reads("content"), reads("style")
}

// Published lists the presets of published systems, oldest first.
func Published() []Preset {
	return slices.DeleteFunc(Presets(), func(p Preset) bool { return !p.Published })
}

// Presets lists the presets: first the published systems, then the workbench's own.
func Presets() []Preset {
	var all []Preset
	for _, name := range configs.Presets() {
		text, _ := configs.Preset(name)
		// The only mistakes are the missing pictures, and perhaps the missing weights.
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

// FindPreset returns the preset of that name.
func FindPreset(name string) (Preset, error) {
	p := &tree.Problems{}
	if !checkPreset(name, tree.Pos{File: presetPrefix + name}, "", p) {
		return Preset{}, p.Err()
	}
	all := Presets()
	return all[slices.IndexFunc(all, func(x Preset) bool { return x.Name == name })], nil
}

// checkPreset reports a name that no preset has.
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

// readNamed reads a file or, if the name is a preset's, the preset. Paths in a preset
// come only from settings, and are relative to the working directory.
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
