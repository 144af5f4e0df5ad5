package report

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// The page is a template with style sheets and scripts, which are separate files and
// are joined into one. The script makes everything visible from the model. It sets text
// and never markup, so that no name and no caption can become a part of the page. The
// policy in the page's head allows only this script and this style sheet, and lets the
// page load nothing else.

//go:embed page
var pageFiles embed.FS

// Scripts and style sheets, in the order in which they are joined.
var (
	scripts = []string{"dom", "format", "scale", "stats", "colour", "state", "tags", "query", "pictures", "panzoom", "viewer", "sheet",
		"plot", "legend", "minis", "curves", "tradeoff", "parallel", "effects", "table", "doctor", "trials", "trialplots", "head", "address", "live", "main"}
	styles = []string{"base", "sheet", "viewer", "plots", "search", "table", "small", "print"}
)

func joined(names []string, ext string) string {
	var b strings.Builder
	for _, name := range names {
		data, err := pageFiles.ReadFile("page/" + name + ext)
		if err != nil {
			panic(err) // the file is embedded: a missing file would fail the build or the tests
		}
		b.Write(data)
		b.WriteByte('\n')
	}
	return b.String()
}

var (
	pageScript = "\"use strict\";\n" + joined(scripts, ".js")
	pageStyle  = joined(styles, ".css")
	page       = template.Must(template.New("index.html.tmpl").ParseFS(pageFiles, "page/index.html.tmpl"))
)

// view holds the values for the template.
type view struct {
	*model
	Policy string
	CSS    template.CSS
	Script template.JS
}

// Model returns the data of the page's script, as JSON.
func (v *view) Model() *model { return v.model }

// policy returns the page's Content-Security-Policy. The page may connect to nothing,
// or to its own server if it is live. If pictures are linked, it may load them from
// beside itself.
func policy(live, linked bool) string {
	p := "default-src 'none'; script-src " + hashOf(pageScript) + "; style-src " + hashOf(pageStyle) + "; base-uri 'none'; form-action 'none'; img-src data: blob:"
	switch {
	case live:
		p += " 'self'; connect-src 'self'"
	case linked:
		p += " 'self' file:"
	}
	return p
}

func hashOf(s string) string {
	hash := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}

// writePage writes the page, whose file will be in the directory base. Links to the
// experiments' files are relative to base.
func writePage(w io.Writer, s *study, base string) error {
	album := &embedded{base: base}
	for _, e := range s.Experiments {
		album.inputs += len(e.Plan.Inputs)
	}
	m := newModel(s, base, album)
	if err := m.write(w); err != nil {
		return err
	}
	// Pictures come last, so that the page is shown before they are loaded. Text in a
	// script element with an unknown type costs nothing until the script reads it.
	b := bufio.NewWriter(w)
	for _, p := range album.all {
		fmt.Fprintf(b, "<script type=\"text/plain\" id=%q data-kind=%q>%s</script>\n", p.ID, p.kind, base64.StdEncoding.EncodeToString(p.data))
	}
	b.WriteString("</body>\n</html>\n")
	return b.Flush()
}

// write writes the page without its pictures and its end.
func (m *model) write(w io.Writer) error {
	return page.Execute(w, &view{m, policy(m.Live, m.linked), template.CSS(pageStyle), template.JS(pageScript)})
}

// Ended returns the number of runs that are done.
func (m *model) Ended() int {
	n := 0
	for _, r := range m.Runs {
		if r.Status == string(result.Done) {
			n++
		}
	}
	return n
}

// Value returns a run's value of an axis by their indices, for browsers without
// scripts.
func (m *model) Value(r *runModel, axis int) string {
	if i := r.At[axis]; i >= 0 {
		return m.Axes[axis].Values[i]
	}
	return ""
}

// Listed returns the runs that the page lists for browsers without scripts.
func (m *model) Listed() []*runModel { return m.Runs[:min(len(m.Runs), manyRuns/4)] }

// link returns the URL, relative to the directory base, of a file of an experiment.
func link(base string, e *result.Experiment, name string) string {
	path := filepath.Join(e.Dir, name)
	if rel, err := filepath.Rel(base, path); err == nil {
		path = rel
	} else if a, err := filepath.Abs(base); err == nil { // one path is relative, the other is not
		if b, err := filepath.Abs(path); err == nil {
			if rel, err := filepath.Rel(a, b); err == nil {
				path = rel
			}
		}
	}
	parts := strings.Split(filepath.ToSlash(path), "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	if parts[0] == ".." {
		return strings.Join(parts, "/")
	}
	return "./" + strings.Join(parts, "/")
}
