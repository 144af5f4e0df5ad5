// Command check looks at executed notebooks: no cell may have failed or written
// to the error output, and every cell with the tag "picture" must show at least
// one, not all of one colour. See ../check.sh.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: check executed.ipynb …")
		os.Exit(2)
	}
	failed := false
	for _, path := range os.Args[1:] {
		data, err := os.ReadFile(path)
		if err == nil {
			var pictures int
			if pictures, err = check(data); err == nil {
				fmt.Printf("%s: good, %d pictures\n", path, pictures)
				continue
			}
		}
		failed = true
		fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
	}
	if failed {
		os.Exit(1)
	}
}

// lines is text that notebooks store whole or cut into lines.
type lines string

func (l *lines) UnmarshalJSON(b []byte) error {
	var parts []string
	if json.Unmarshal(b, &parts) == nil {
		*l = lines(strings.Join(parts, ""))
		return nil
	}
	var s string
	err := json.Unmarshal(b, &s)
	*l = lines(s)
	return err
}

type notebook struct {
	Cells []struct {
		Kind     string `json:"cell_type"`
		Metadata struct{ Tags []string }
		Source   lines
		Count    *int `json:"execution_count"`
		Outputs  []struct {
			Kind  string `json:"output_type"`
			Name  string
			Text  lines
			Value string `json:"evalue"`
			Data  map[string]json.RawMessage
		}
	}
}

var inPage = regexp.MustCompile(`<img src="data:image/png;base64,([^"]*)"`)

// check returns the number of pictures, or what is wrong with the cells.
func check(data []byte) (pictures int, err error) {
	var n notebook
	if err := json.Unmarshal(data, &n); err != nil {
		return 0, err
	}
	var wrong []error
	for i, c := range n.Cells {
		if c.Kind != "code" {
			continue
		}
		complain := func(format string, a ...any) {
			wrong = append(wrong, fmt.Errorf("cell %d: %s\n\t%s", i+1, fmt.Sprintf(format, a...),
				strings.ReplaceAll(string(c.Source), "\n", "\n\t")))
		}
		if c.Count == nil {
			complain("was not run")
		}
		here := 0
		for _, o := range c.Outputs {
			switch {
			case o.Kind == "error":
				complain("failed: %s", o.Value)
			case o.Kind == "stream" && o.Name == "stderr":
				complain("error output: %s", o.Text)
			}
			for _, b := range images(o.Data) {
				if err := look(b); err != nil {
					complain("picture: %v", err)
				}
				here++
			}
		}
		if here == 0 && slices.Contains(c.Metadata.Tags, "picture") {
			complain("shows no picture")
		}
		pictures += here
	}
	if pictures == 0 {
		wrong = append(wrong, errors.New("shows no picture at all"))
	}
	return pictures, errors.Join(wrong...)
}

// images are an output's PNG files, in base64.
func images(data map[string]json.RawMessage) []string {
	var all []string
	var s lines
	if json.Unmarshal(data["image/png"], &s) == nil && s != "" {
		all = append(all, strings.ReplaceAll(string(s), "\n", ""))
	}
	s = ""
	if json.Unmarshal(data["text/html"], &s) == nil {
		for _, m := range inPage.FindAllStringSubmatch(string(s), -1) {
			all = append(all, strings.ReplaceAll(m[1], "&#43;", "+"))
		}
	}
	return all
}

func look(encoded string) error {
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return err
	}
	r := m.Bounds()
	first := m.At(r.Min.X, r.Min.Y)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if m.At(x, y) != first {
				return nil
			}
		}
	}
	return fmt.Errorf("%d x %d pixels of one colour", r.Dx(), r.Dy())
}
