// Package reference describes every key of a configuration: as text, as a page of the
// documentation, and as a JSON Schema for editors. All of it comes from the lists of
// fields by which configurations are read.
package reference

//go:generate go run ./write ../../docs/configuration.md

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/tree"
)

// Key is one key of a configuration. A key whose meaning depends on the kind of its
// table is listed once for each meaning.
type Key struct {
	Table   string   // "optimizer"
	Name    string   // "history"
	Kinds   []string // the kinds of the table that have it; nil where all have
	Choice  string   // the key that chooses the kind; empty where there are no kinds
	Want    string   // what is accepted
	Default string   // as a file writes it; empty where there is none
	About   string
	Changes bool     // a change makes other pixels, and so another run
	Needs   string   // the setting that the key requires; empty where it requires none
	Presets []string // the presets that set it

	schema field.Schema
}

// Path is the key's whole name, as in --set: "optimizer.history".
func (k Key) Path() string { return field.Join(k.Table, k.Name) }

// Choices lists the values that the key accepts, if they are few, and the words that
// it accepts beside other values.
func (k Key) Choices() []string {
	if all, ok := k.schema["enum"].([]string); ok {
		return all
	}
	if k.schema["type"] == "boolean" {
		return []string{"true", "false"}
	}
	// Words beside other values, as of run.memory.
	alternatives, _ := k.schema["anyOf"].([]field.Schema)
	for _, a := range alternatives {
		if all, ok := a["enum"].([]string); ok {
			return all
		}
	}
	return nil
}

// tables are config's and the sweep's.
func tables() []config.Table {
	sweep := config.Table{Name: "sweep", Kinds: []config.Kind{{}}}
	plan.SweepFields()(func(f field.Field) { sweep.Kinds[0].Fields = append(sweep.Kinds[0].Fields, f.NotIdentity()) })
	sweep.Kinds[0].Fields = append(sweep.Kinds[0].Fields,
		field.Field{Name: "axes", Want: `a table of lists: "KEY" = [VALUE, …], or of named values {NAME = VALUE, …}`, Aside: true,
			About: "The keys that vary, each with its values. The page shows the first axis as rows, the second as columns.", Schema: field.Schema{"type": []string{"object", "boolean"}}},
		field.Field{Name: "runs", Want: "a table of runs, each a table of keys and values: NAME = {KEY = VALUE, …}", Aside: true,
			About: "Runs that are listed one by one, with method list.", Schema: field.Schema{"type": []string{"object", "boolean"}}})
	all := config.Tables()
	base := field.Field{Name: "base", Want: `the path of a TOML file, or "preset:NAME"`, Aside: true,
		About:  "The configuration that this one inherits from. Keys of this file override its keys.",
		Schema: field.Schema{"type": "string"}}
	all[0].Kinds[0].Fields = append([]field.Field{base}, all[0].Kinds[0].Fields...)
	launch := config.Table{Name: "launch", Choice: "kind"}
	for _, kind := range plan.LaunchKinds {
		k := config.Kind{Name: kind}
		plan.LaunchFields(kind)(func(f field.Field) {
			if f.Name != "kind" && f.Needs == "" {
				k.Fields = append(k.Fields, f.NotIdentity())
			}
		})
		launch.Kinds = append(launch.Kinds, k)
	}
	return append(all, sweep, launch)
}

// Keys lists all keys, table by table.
func Keys() []Key {
	set := presetKeys()
	var all []Key
	for _, t := range tables() {
		first := len(all)
		if t.Choice != "" {
			all = append(all, chooser(t))
		}
		for _, kind := range t.Kinds {
			for _, f := range kind.Fields {
				k := Key{Table: t.Name, Name: f.Name, Choice: t.Choice, Want: f.Want, Default: config.DefaultText(f),
					About: f.About, Changes: !f.Aside, Needs: f.Needs, schema: f.Schema}
				if same := slices.IndexFunc(all[first:], k.like); same >= 0 {
					all[first+same].Kinds = append(all[first+same].Kinds, kind.Name)
				} else {
					k.Kinds = []string{kind.Name}
					all = append(all, k)
				}
			}
		}
		for i := first; i < len(all); i++ {
			if len(all[i].Kinds) == len(t.Kinds) {
				all[i].Kinds = nil
			}
			all[i].Presets = set[all[i].Path()]
		}
	}
	return all
}

// like tells whether both are one key with one meaning.
func (k Key) like(other Key) bool {
	return k.Name == other.Name && k.Want == other.Want && k.Default == other.Default && k.About == other.About && k.Needs == other.Needs
}

// chooser is the key by which a table chooses its kind.
func chooser(t config.Table) Key {
	var names []string
	for _, kind := range t.Kinds {
		names = append(names, kind.Name)
	}
	k := Key{Table: t.Name, Name: t.Choice, Choice: t.Choice, Want: tree.OneOf("", names), Default: tree.WriteString(names[0]), Changes: true,
		About: "Chooses the " + t.Name + ", and with it the other keys of the table.", schema: field.Schema{"enum": names}}
	if t.Name == "launch" {
		k.Changes, k.About = false, "Where the runs are made: on this machine, by a command for each run, or by Slurm. It also chooses the other keys of the table."
	}
	if t.Name == "loss.NAME" {
		k.Default = ""
		k.About = "Chooses the loss. A table named after a kind needs no kind; style stands for gram, tv for variation."
	}
	return k
}

// presetKeys are the presets that set each key.
func presetKeys() map[string][]string {
	set := map[string][]string{}
	for _, p := range plan.Presets() {
		var visit func(path string, t *tree.Table)
		visit = func(path string, t *tree.Table) {
			for _, name := range t.Keys {
				key := field.Join(path, name)
				if path == "loss" || path == "region" {
					key = path + ".NAME"
				}
				if !slices.Contains(set[key], p.Name) {
					set[key] = append(set[key], p.Name)
				}
				if inner := t.Nodes[name].Table(); inner != nil {
					visit(key, inner)
				}
			}
		}
		visit("", tree.Parse(p.Text, p.Name, "", &tree.Problems{}).Table())
	}
	return set
}

// Find lists the keys that a name means: a whole path (also one with a loss's own name,
// as loss.style.weight), a table, or a key's last part.
func Find(name string) ([]Key, error) {
	all := Keys()
	asked := name
	if parts := strings.Split(name, "."); len(parts) > 1 && (parts[0] == "loss" || parts[0] == "region") {
		asked = parts[0] + ".NAME"
		if len(parts) > 2 {
			asked += "." + parts[2]
		}
	} else if name == "loss" || name == "region" {
		asked = name + ".NAME"
	}
	for _, matches := range []func(Key) bool{
		func(k Key) bool { return k.Path() == asked },
		func(k Key) bool { return k.Table == asked && asked != "" },
		func(k Key) bool { return k.Name == asked },
	} {
		var found []Key
		for _, k := range all {
			if matches(k) {
				found = append(found, k)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	var known []string
	for _, k := range all {
		known = append(known, k.Path(), k.Name)
	}
	if near := tree.Nearest(asked, known); near != "" {
		if parts := strings.Split(name, "."); len(parts) > 1 && asked != name {
			near = strings.Replace(near, "NAME", parts[1], 1)
		}
		return nil, fmt.Errorf("nst: found no key %q; did you mean %s?", name, near)
	}
	return nil, fmt.Errorf("nst: found no key %q; `nst keys` lists them", name)
}

// Text describes the key in a few lines.
func (k Key) Text() string {
	var b strings.Builder
	b.WriteString(k.Path())
	if len(k.Kinds) > 0 {
		fmt.Fprintf(&b, "  (with %s = %s)", k.Choice, quoted(k.Kinds))
	}
	fmt.Fprintf(&b, "\n  %s\n", k.About)
	line := func(what, text string) {
		if text != "" {
			fmt.Fprintf(&b, "  %-9s %s\n", what, text)
		}
	}
	line("accepted:", k.Want)
	line("default:", k.Default)
	line("requires:", k.Needs)
	if !k.Changes {
		line("note:", "changes no pixel, and so makes no new run")
	}
	line("set by:", k.setBy())
	return b.String()
}

// setBy names the presets that set the key.
func (k Key) setBy() string {
	published := 0
	for _, p := range plan.Published() {
		if slices.Contains(k.Presets, p.Name) {
			published++
		}
	}
	if published == len(plan.Published()) {
		return "every published preset"
	}
	return strings.Join(k.Presets, ", ")
}

func quoted(names []string) string {
	var all []string
	for _, n := range names {
		all = append(all, tree.WriteString(n))
	}
	return strings.Join(all, " or ")
}
