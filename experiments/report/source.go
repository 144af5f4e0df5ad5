package report

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// source is the user's configuration of an experiment: the file to change.
type source struct {
	file  string         // for people; empty if it is not known or does not exist
	lines map[string]int // by key: the line that sets it, or that has its axis; from 1
}

const maxSourceBytes = 4 << 20

// readSource finds the configuration that an experiment was planned from. A preset is
// not the user's file.
func readSource(e *result.Experiment) source {
	path := e.Plan.Source
	if path == "" || strings.HasPrefix(path, "preset:") || result.IsPicture(path) {
		return source{}
	}
	file := filepath.FromSlash(path)
	if !filepath.IsAbs(file) {
		file = filepath.Join(e.Dir, file)
	}
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSourceBytes {
		return source{}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return source{}
	}
	return source{filepath.Base(file), keyLines(string(data))}
}

// keyLines finds the lines that set keys. It knows as much of TOML as that takes: headers
// of tables, and keys at the beginning of a line.
func keyLines(text string) map[string]int {
	lines := map[string]int{}
	table, n := "", 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") && !strings.Contains(line, "=") {
			header, _, _ := strings.Cut(line, "]")
			table = plainKey(strings.Trim(header, "[] "))
			continue
		}
		key, _, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		key = plainKey(key)
		if table != "" {
			key = table + "." + key
		}
		for _, axes := range []string{"sweep.axes.", "sweep.zip."} {
			key = strings.TrimPrefix(key, axes)
		}
		lines[key] = n
	}
	return lines
}

// plainKey removes the quotes and spaces of a dotted key.
func plainKey(key string) string {
	parts := strings.Split(key, ".")
	for i, p := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(p), `"'`)
	}
	return strings.Join(parts, ".")
}

// advise completes the advice with the place of the key in the user's file.
func (s source) advise(c *ill) {
	if c.Key == "" || s.file == "" {
		return
	}
	c.File = s.file
	if c.Line = s.lines[c.Key]; c.Line == 0 { // a table that is written on one line has no lines for its keys
		c.Line = s.lines[c.Table]
	}
}
