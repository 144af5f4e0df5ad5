package report

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// This page lists the experiments of a directory. Any of them can be compared.

var listPage = template.Must(template.New("list.html.tmpl").ParseFS(pageFiles, "page/list.html.tmpl"))

// list shows the experiments of the directory.
func (s *server) list(w http.ResponseWriter) {
	type entry struct {
		Name, Link, Title, Description, Problem string
		Done, All                               int
		Pictures                                []string
	}
	view := struct {
		Name    string
		Entries []entry
		CSS     template.CSS
	}{Name: filepath.Base(s.dir), CSS: template.CSS(pageStyle)}
	for _, name := range s.experiments() {
		x := entry{Name: name, Link: "./" + url.PathEscape(name) + "/"}
		e, err := result.Open(filepath.Join(s.dir, name))
		if err != nil {
			x.Problem = strings.ReplaceAll(err.Error(), s.dir+string(filepath.Separator), "")
		} else {
			x.Title, x.Description, x.All = e.Plan.Title, e.Plan.Description, len(e.Runs)
			for _, r := range e.Runs {
				if r.Status == result.Done {
					x.Done++
				}
				if r.Image != "" && len(x.Pictures) < 6 {
					x.Pictures = append(x.Pictures, link(s.dir, e, r.Image))
				}
			}
		}
		view.Entries = append(view.Entries, x)
	}
	var b bytes.Buffer
	if err := listPage.Execute(&b, view); err != nil {
		http.Error(w, "the list could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src "+hashOf(pageStyle)+"; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}
