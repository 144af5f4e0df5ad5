package experiments

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Writing is reading backwards, over the same fields.

// sectionOf is one table of a Config for writing.
type sectionOf struct {
	path   string
	fields []field
}

// sections lists the whole Config in the order that it is written in.
func (c *Config) sections() []sectionOf {
	chosen := func(key string, value *string, all kinds, i int) []field {
		fs := []field{choiceField(key, value, "", nil)}
		if k := all.find(*value); k != nil {
			fs = append(fs, k.fields(c, i)...)
		}
		return fs
	}
	out := []sectionOf{
		{"", topFields(c)},
		{"images", imageFields(c)},
		{"network", chosen("name", &c.Network.Name, networkKinds, 0)},
	}
	for i := range c.Losses {
		out = append(out, sectionOf{"loss." + writeKey(c.Losses[i].Name), chosen("kind", &c.Losses[i].Kind, lossKinds, i)})
	}
	return append(out,
		sectionOf{"start", chosen("from", &c.Start.From, startKinds, 0)},
		sectionOf{"optimizer", chosen("kind", &c.Optimizer.Kind, optimizerKinds, 0)},
		sectionOf{"schedule", chosen("kind", &c.Schedule.Kind, scheduleKinds, 0)},
		sectionOf{"run", runFields(c)},
		sectionOf{"log", logFields(c)},
		sectionOf{"yardstick", yardstickFields(c)})
}

// TOML writes the configuration as a file that runs again by itself. The file
// is to lie in dir: paths are written relative to it where that climbs at most
// three directories, which is from results/EXPERIMENT/RUN to the directory that
// holds the results, so that both can be moved together. Other paths, and all
// when dir is empty, are absolute.
func (c *Config) TOML(dir string) []byte { return c.write(dir, true) }

// write is TOML, with what is no part of the identity or without.
func (c *Config) write(dir string, aside bool) []byte {
	var b strings.Builder
	for _, s := range c.sections() {
		heading := ""
		if s.path != "" {
			heading = fmt.Sprintf("\n[%s]\n", s.path)
		}
		for _, f := range s.fields {
			if v := f.get(); v != nil && (aside || !f.aside) {
				fmt.Fprintf(&b, "%s%s = %s%s\n", heading, f.name, writeValue(v, dir), f.remark)
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
		return writeString(v)
	case pathText:
		return writeString(writePath(string(v), dir))
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return writeFloat(v)
	case []int:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = strconv.Itoa(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []float64:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = writeFloat(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []string:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = writeString(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []LayerWeight:
		parts := make([]string, len(v))
		for i, l := range v {
			parts[i] = writeKey(l.Layer) + " = " + writeFloat(l.Weight)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case pathTable:
		parts := make([]string, len(v))
		for i, w := range v {
			parts[i] = writeString(writePath(w.Path, dir)) + " = " + writeFloat(w.Weight)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	panic(fmt.Sprintf("experiments: no TOML for %T", v))
}

// writeFloat writes the shortest number that reads back the same, and as a float.
func writeFloat(v float64) string {
	s := formatFloat(v)
	if v == math.Trunc(v) && !strings.ContainsAny(s, "en") {
		s += ".0"
	}
	return s
}

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func writeKey(key string) string {
	if bareKey.MatchString(key) {
		return key
	}
	return writeString(key)
}

// writeString quotes by TOML's rules, which are not Go's.
func writeString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

var unsafeRunes = regexp.MustCompile(`[^A-Za-z0-9_.=+,-]+`)

// safeName makes a directory's name of any text.
func safeName(s string) string {
	s = strings.Trim(unsafeRunes.ReplaceAllString(s, "-"), "-.")
	s = strings.TrimLeft(s, "=+,-.")
	if s == "" {
		s = "run"
	}
	return s
}
