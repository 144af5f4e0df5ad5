package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// The page is a template, a style sheet and a script, in files of their own and
// put into one. html/template escapes whatever comes from the directory by where
// it stands; the policy in the page's head lets nothing run but this script and
// nothing load at all.

//go:embed page/index.html.tmpl
var pageTemplate string

//go:embed page/style.css
var pageStyle string

//go:embed page/chart.js
var scriptChart string

//go:embed page/page.js
var scriptPage string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"short":   short,
	"seconds": seconds,
	"exact":   exact,
}).Parse(pageTemplate))

// view is what the template sees.
type view struct {
	*study
	Title, Style, When, Took string
	Policy                   string
	CSS                      template.CSS
	Script                   template.JS
	Sheet                    sheet
	Cards                    []*card
	Inputs                   []input
	Problems                 []run // failed and damaged
	Open                     []run // running, interrupted
	Waiting                  int
	Warnings                 []string
	Notes                    []note
	Versions                 []fact
	Plots                    []plotFile
	Data                     data
	Swatches                 bool
}

// card is a run as the contact sheet and the table show it.
type card struct {
	run
	Picture *picture
	Full    string // URL of the picture itself, relative; "" if there is none
	Config  string // URL of config.toml, relative
	Facts   []fact // its values
}

type input struct {
	result.Input
	*picture
}

type fact struct{ Name, Value string }

// note is what a run warns of itself, and which runs say the same.
type note struct {
	Text string
	Runs []string
}

// writePage writes the page, whose file is to lie in the directory base: links to
// the experiments' files are relative to it.
func writePage(w io.Writer, s *study, base string) error {
	script := "\"use strict\";\n" + scriptChart + scriptPage
	hash := sha256.Sum256([]byte(script))
	v := view{
		study:    s,
		Title:    s.Plan.Title,
		Warnings: slices.Clone(s.Experiment.Warnings),
		CSS:      template.CSS(pageStyle),
		Script:   template.JS(script),
		Policy: "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src 'sha256-" +
			base64.StdEncoding.EncodeToString(hash[:]) + "'",
		Plots: plotFiles(s),
	}
	if v.Title == "" {
		v.Title = s.Plan.Experiment
	}
	from, to := s.span()
	v.When = when(from, to)
	took := 0.
	for _, r := range s.Runs {
		if r.Run != nil {
			took += r.Run.Seconds
		}
	}
	if took > 0 {
		v.Took = seconds(took)
	}

	inputs := map[[2]string]*picture{}
	for _, e := range s.Experiments {
		for _, in := range e.Plan.Inputs {
			p, err := embed(e, in.File, inputSide, pictureBytes)
			if err != nil {
				v.Warnings = append(v.Warnings, fmt.Sprintf("input %q: %v", in.File, err))
				continue
			}
			v.Inputs = append(v.Inputs, input{in, p})
			if in.Key != "" {
				inputs[[2]string{in.Key, in.Value}] = p
			}
		}
	}
	all, warnings := pictures(s)
	v.Warnings = append(v.Warnings, warnings...)
	v.Sheet = newSheet(s, inputs)
	for i, r := range s.Runs {
		c := &card{run: r, Picture: all[i]}
		if all[i] != nil {
			c.Full = link(base, r.Home, r.Image)
		}
		if r.Run != nil {
			c.Config = link(base, r.Home, filepath.Join(r.Dir, result.ConfigFile))
		}
		for _, a := range s.Varied {
			if value, ok := r.Values[a.Key]; ok {
				c.Facts = append(c.Facts, fact{a.Name(), value})
			}
		}
		v.Cards = append(v.Cards, c)
		switch r.Status {
		case result.Failed, result.Damaged:
			v.Problems = append(v.Problems, r)
		case result.Waiting:
			v.Waiting++
		case result.Running, result.Interrupted:
			v.Open = append(v.Open, r)
		}
	}
	v.Notes = notes(s)
	v.Versions = versions(s)
	v.Data = newData(s)
	return page.Execute(w, &v)
}

// link makes the URL, relative to the directory base, of a file of an experiment.
func link(base string, e *result.Experiment, name string) string {
	path := filepath.Join(e.Dir, name)
	if rel, err := filepath.Rel(base, path); err == nil {
		path = rel
	} else if a, err := filepath.Abs(base); err == nil { // one is relative, the other is not
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

// notes gathers the runs' own warnings, each once.
func notes(s *study) []note {
	var all []note
	for _, r := range s.Runs {
		if r.Run == nil {
			continue
		}
		for _, w := range r.Run.Warnings {
			i := slices.IndexFunc(all, func(n note) bool { return n.Text == w })
			if i < 0 {
				i, all = len(all), append(all, note{Text: w})
			}
			if !slices.Contains(all[i].Runs, r.Label) {
				all[i].Runs = append(all[i].Runs, r.Label)
			}
		}
	}
	return all
}

// versions says what made the runs; if not all the same, each of it.
func versions(s *study) []fact {
	sets := map[string]map[string]bool{}
	add := func(name, value string) {
		if value != "" {
			if sets[name] == nil {
				sets[name] = map[string]bool{}
			}
			sets[name][value] = true
		}
	}
	for _, r := range s.Runs {
		if r.Run == nil {
			continue
		}
		p := r.Run.Provenance
		add("Program", p.Program)
		add("Go", p.Go)
		add("Machine", strings.TrimSpace(p.Platform+" "+p.ISA))
		add("Numerical version", p.Numerical)
		add("Network", p.Network)
		if r.Width > 0 && r.Height > 0 {
			add("Size", fmt.Sprintf("%d × %d", r.Width, r.Height))
		}
		for _, f := range p.Files {
			add("File", fmt.Sprintf("%s: %s, SHA-256 %.12s", f.Role, f.Name, f.SHA256))
		}
	}
	var facts []fact
	for _, name := range []string{"Network", "Size", "Program", "Go", "Machine", "Numerical version", "File"} {
		for _, value := range slices.Sorted(maps.Keys(sets[name])) {
			facts = append(facts, fact{name, value})
		}
	}
	return facts
}

// Done and All count the runs.
func (v *view) Done() int { return v.count(result.Done) }
func (v *view) All() int  { return len(v.Runs) }

// Sizes lists the size of the pictures for the header, if it is one.
func (v *view) Fact(name string) string {
	found := ""
	for _, f := range v.Versions {
		if f.Name == name {
			if found != "" {
				return ""
			}
			found = f.Value
		}
	}
	return found
}
