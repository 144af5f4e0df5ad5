package config

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
)

// Writing visits the same fields as reading.

// section is one table of a Config, ready to be written.
type section struct {
	path   string
	fields []field.Field
}

// sections lists the tables of the Config in the order in which they are written.
func (c *Config) sections() []section {
	var all []section
	add := func(path string, fields field.Table) {
		s := section{path: path}
		fields(func(f field.Field) { s.fields = append(s.fields, f) })
		all = append(all, s)
	}
	chosen := func(path string, ch *choice, i int) {
		add(path, func(visit func(field.Field)) {
			visit(field.Choice(ch.key, ch.chosen(c, i), "")) // the chosen kind never equals this default
			ch.table(c, i)(visit)
		})
	}
	add("", table(c, topFields))
	add("images", table(c, imageFields))
	if !c.Colour.Build().None() {
		add("colour", table(c, colourFields))
	}
	chosen("network", &networkChoice, 0)
	for i := range c.Losses {
		chosen("loss."+tree.WriteKey(c.Losses[i].Name), &lossChoice, i)
	}
	for i := range c.Regions {
		add("region."+tree.WriteKey(c.Regions[i].Name), c.Regions[i].fields)
	}
	chosen("start", &startChoice, 0)
	chosen("optimizer", &optimizerChoice, 0)
	chosen("schedule", &scheduleChoice, 0)
	add("run", table(c, runFields))
	if c.Staged() {
		add("stages", table(c, stageFields))
	}
	add("log", table(c, logFields))
	add("yardstick", table(c, yardstickFields))
	return all
}

// TOML writes the configuration as a file that can be run by itself. dir is the
// directory of this file. A path is written relative to dir if it climbs at most three
// directories, which is the distance from results/EXPERIMENT/RUN to the directory that
// holds the results: so both can be moved together. Other paths are absolute. If dir is
// empty, all paths are absolute.
func (c *Config) TOML(dir string) []byte { return c.write(dir, true) }

// Essential writes only what is part of the identity, with absolute paths.
func (c *Config) Essential() []byte { return c.write("", false) }

// write returns the TOML, with or without the keys that are not part of the identity.
func (c *Config) write(dir string, aside bool) []byte {
	var b strings.Builder
	for _, s := range c.sections() {
		heading := ""
		if s.path != "" {
			heading = fmt.Sprintf("\n[%s]\n", s.path)
		}
		for _, f := range s.fields {
			if v := f.Get(); v != nil && (aside || !f.Aside) {
				fmt.Fprintf(&b, "%s%s = %s%s\n", heading, f.Name, writeValue(v, dir), f.Remark)
				heading = ""
			}
		}
	}
	return []byte(b.String())
}

const mostClimbs = 3

func writePath(path, dir string) string {
	if dir == "" {
		return path
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return path
	}
	rel = filepath.ToSlash(rel)
	if strings.HasPrefix(rel, strings.Repeat("../", mostClimbs+1)) {
		return path
	}
	return rel
}

func writeValue(v any, dir string) string {
	switch v := v.(type) {
	case string:
		return tree.WriteString(v)
	case field.PathText:
		return tree.WriteString(writePath(string(v), dir))
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return WriteFloat(v)
	case []int:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = strconv.Itoa(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []float64:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = WriteFloat(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []string:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = tree.WriteString(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []LayerWeight:
		parts := make([]string, len(v))
		for i, l := range v {
			parts[i] = tree.WriteKey(l.Layer) + " = " + WriteFloat(l.Weight)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []StageWeights:
		parts := make([]string, len(v))
		for i, w := range v {
			parts[i] = tree.WriteKey(w.Loss) + " = " + writeValue(w.Factors, dir)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case pathTable:
		parts := make([]string, len(v))
		for i, w := range v {
			parts[i] = tree.WriteString(writePath(w.Path, dir)) + " = " + WriteFloat(w.Weight)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	panic(fmt.Sprintf("experiments: no TOML for %T", v))
}

// WriteFloat writes the shortest text that reads back as the same number, and as a
// float.
func WriteFloat(v float64) string {
	s := tree.FormatFloat(v)
	if v == math.Trunc(v) && !strings.ContainsAny(s, "en") {
		s += ".0"
	}
	return s
}
