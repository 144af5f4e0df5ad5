// Command gallery writes docs/gallery.md, with one picture for each configuration, from
// results that are there: gallery RESULTS DOCS CONFIG…
//
// `make gallery` makes the runs first. A configuration without results keeps its picture.
package main

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: gallery RESULTS DOCS CONFIG…")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

const head = `# Gallery

The configurations of ` + "`configs/`" + ` and what they make. ` + "`make gallery`" + ` makes the runs and this page again; a picture here is a small
copy of an experiment's page, which also has the curves, the numbers and the pictures at their full size. Some runs were made at 160 pixels, to
save time: the Makefile says which. colour, scales, texture and gatys-figure3 show small copies of the pictures of other pages here.
`

// write makes the page and its pictures.
func write(results, docs string, configs []string) error {
	var page strings.Builder
	page.WriteString(head)
	for _, config := range configs {
		text, err := os.ReadFile(config)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(config), ".toml")
		file := filepath.Join(docs, "gallery", name+".jpg")
		if err := picture(filepath.Join(results, name), file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n", titleOf(string(text), name), introduction(string(text)))
		if _, err := os.Stat(file); err == nil {
			fmt.Fprintf(&page, "![The pictures of %s](gallery/%s.jpg)\n\n", name, name)
		} else if strings.Contains(string(text), "nst weights fetch") {
			page.WriteString("No picture here: it needs trained weights, which the configuration names in its first lines.\n\n")
		}
		fmt.Fprintf(&page, "`make sweep CONFIG=configs/%s.toml` ([configuration](../configs/%s.toml))\n", name, name)
	}
	return os.WriteFile(filepath.Join(docs, "gallery.md"), []byte(page.String()), 0o644)
}

var titleLine = regexp.MustCompile(`(?m)^title *= *"(.*)"$`)

func titleOf(config, name string) string {
	if m := titleLine.FindStringSubmatch(config); m != nil {
		return m[1]
	}
	return name
}

// introduction returns the first paragraph of the comment at the beginning.
func introduction(config string) string {
	var words []string
	for line := range strings.Lines(config) {
		text, comment := strings.CutPrefix(strings.TrimSpace(line), "#")
		if text = strings.TrimSpace(text); !comment || text == "" {
			break
		}
		words = append(words, text)
	}
	return strings.Join(words, " ")
}

// picture writes the pictures of an experiment as one JPEG.
func picture(dir, to string) error {
	e, err := result.Open(dir)
	if err != nil {
		return err
	}
	for _, r := range e.Runs {
		if r.Status != result.Done {
			return fmt.Errorf("the run %s is %s", r.Name, r.Status)
		}
	}
	m, err := sheet(e)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 82}); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o644)
}
