// Command page prepares an executed notebook for a page without scripts: it writes a copy
// in which the formulas of the text, which Jupyter shows by a script, are MathML, which
// browsers show themselves. See ../check.sh.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: page executed.ipynb copy.ipynb")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	in, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	out, err := convert(in)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(to, out, 0o644)
}

// convert replaces the formulas in a notebook's text cells.
func convert(in []byte) ([]byte, error) {
	var notebook map[string]any
	if err := json.Unmarshal(in, &notebook); err != nil {
		return nil, err
	}
	cells, _ := notebook["cells"].([]any)
	for i, c := range cells {
		cell, _ := c.(map[string]any)
		if cell["cell_type"] != "markdown" {
			continue
		}
		text := ""
		switch source := cell["source"].(type) {
		case string:
			text = source
		case []any: // lines
			for _, line := range source {
				s, _ := line.(string)
				text += s
			}
		}
		converted, err := formulas(text)
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
		cell["source"] = converted
	}
	return json.Marshal(notebook)
}

// formulas replaces $…$ and $$…$$, except in code.
func formulas(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case rest[0] == '\\' && len(rest) > 1:
			b.WriteString(rest[:2])
			i += 2
			continue
		case rest[0] == '`':
			fence := rest[:len(rest)-len(strings.TrimLeft(rest, "`"))]
			end := strings.Index(rest[len(fence):], fence)
			if end < 0 {
				b.WriteString(rest)
				return b.String(), nil
			}
			n := end + 2*len(fence)
			b.WriteString(rest[:n])
			i += n
			continue
		case rest[0] != '$':
			b.WriteByte(rest[0])
			i++
			continue
		}
		mark := "$"
		if strings.HasPrefix(rest, "$$") {
			mark = "$$"
		}
		end := strings.Index(rest[len(mark):], mark)
		if end < 0 {
			return "", fmt.Errorf("a formula does not end: %.40s", rest)
		}
		math, err := mathML(rest[len(mark):][:end], mark == "$$")
		if err != nil {
			return "", err
		}
		b.WriteString(math)
		i += end + 2*len(mark)
	}
	return b.String(), nil
}
