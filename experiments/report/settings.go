package report

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// settings is a run's configuration: its values, and the lines of config.toml
// that set them.
type settings struct {
	all   []result.Setting
	lines map[string]configLine
}

// configLine is where a key is set.
type configLine struct {
	Table  string // "loss.style"; empty at the top
	Text   string // the line as it stands: "weight = 10.0"
	Number int    // counted from 1
}

const maxConfigBytes = 1 << 20

// readSettings reads a run's config.toml; nil if it cannot be read.
func readSettings(e *result.Experiment, r result.RunState) *settings {
	if r.Dir == "" {
		return nil
	}
	data, err := e.ReadFile(filepath.Join(r.Dir, result.ConfigFile), maxConfigBytes)
	if err != nil {
		return nil
	}
	all, err := result.ParseConfig(data)
	if err != nil {
		return nil
	}
	return &settings{all, configLines(string(data))}
}

// configLines finds the lines of keys. The file is one that runs write: a key a
// line, tables in brackets. What looks otherwise has no line.
func configLines(text string) map[string]configLine {
	lines := map[string]configLine{}
	table, n := "", 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			if end := strings.LastIndex(line, "]"); end > 0 {
				table = strings.Trim(line[:end], "[] \t")
			}
			continue
		}
		key, _, ok := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); !ok || key == "" || strings.HasPrefix(key, "#") {
			continue
		}
		full := key
		if table != "" {
			full = table + "." + key
		}
		if full = strings.NewReplacer(`"`, "", "'", "").Replace(full); full != "" {
			lines[full] = configLine{table, line, n}
		}
	}
	return lines
}

// find is a key's value, nil if it has none.
func (s *settings) find(key string) any {
	if s == nil {
		return nil
	}
	i := slices.IndexFunc(s.all, func(x result.Setting) bool { return x.Key == key })
	if i < 0 {
		return nil
	}
	return s.all[i].Value
}

// text is a key's value for people, of files without their directories; empty if
// it has none.
func (s *settings) text(key string) string {
	v := s.find(key)
	if v == nil {
		return ""
	}
	t := result.Setting{Value: v}.Text()
	if result.IsFile(key) {
		parts := strings.Split(t, ", ")
		for i, p := range parts {
			parts[i] = path.Base(p)
		}
		t = strings.Join(parts, ", ")
	}
	return t
}

// number is a key's value if it is a number.
func (s *settings) number(key string) (float64, bool) {
	switch v := s.find(key).(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// differing lists the keys that the runs do not all have with the same value, in
// the order of the files, but for those that are named or lie below a named one.
func differing(all []*settings, but []string) []string {
	var configs [][]result.Setting
	for _, s := range all {
		if s != nil {
			configs = append(configs, s.all)
		}
	}
	return slices.DeleteFunc(result.Varied(configs), func(key string) bool {
		return slices.ContainsFunc(but, func(b string) bool { return key == b || strings.HasPrefix(key, b+".") })
	})
}
