package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// ConfigError is one thing that is wrong with a configuration: where it stands,
// what was found there and what would do.
type ConfigError struct {
	File   string // as the user named it; "--set" for an override of the command line
	Line   int    // from 1; 0 where there is no line to point at
	Column int    // from 1, in characters; 0 where it is not known
	Key    string // the dotted key, such as "loss.style.weight"; may be empty
	Found  string // such as `the text "many"`
	Want   string // such as "a whole number from 1 to 1000000"
}

func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ":%d", e.Column)
		}
	}
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString("found " + e.Found)
	if e.Want != "" {
		b.WriteString("; want " + e.Want)
	}
	return b.String()
}

// ConfigErrors is everything that is wrong with a configuration, in the order of
// the files that it came from and of their lines. errors.As finds the first.
type ConfigErrors []*ConfigError

func (e ConfigErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single errors to errors.Is and errors.As.
func (e ConfigErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// problems collects what is wrong, so that one reading reports all of it. The
// same mistake met in every run of a sweep is kept once.
type problems struct {
	list  ConfigErrors
	seen  map[ConfigError]bool
	files []string // in order of first mention, the order of the report
	count int      // of all mistakes, the repeated ones too

	notes []string          // what is no mistake, but a person should know
	lost  map[string]string // files that a picture names and that were not found: what would do
}

// lose notes a file that was looked for in vain. It is a mistake only where
// something still asks for it when all settings have been made.
func (p *problems) lose(path, want string) {
	if p.lost == nil {
		p.lost = map[string]string{}
	}
	p.lost[path] = want
}

func (p *problems) add(at pos, key, found, want string) {
	e := ConfigError{File: at.file, Line: at.line, Column: at.column, Key: key, Found: found, Want: want}
	p.count++
	if p.seen[e] {
		return
	}
	if p.seen == nil {
		p.seen = map[ConfigError]bool{}
	}
	p.seen[e] = true
	if !slices.Contains(p.files, e.File) {
		p.files = append(p.files, e.File)
	}
	p.list = append(p.list, &e)
}

// err is nil where nothing is wrong.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *ConfigError) int {
		return cmp.Or(
			cmp.Compare(slices.Index(p.files, a.File), slices.Index(p.files, b.File)),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p.list
}

// nearest is the valid name that the given one was probably meant to be, or
// empty when none is near.
func nearest(name string, valid []string) string {
	best, least := "", 0
	for _, v := range valid {
		d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(v))
		near := 1
		if n := len([]rune(v)); n > 3 {
			near = max(2, n/3)
		}
		if d <= near && (best == "" || d < least) {
			best, least = v, d
		}
	}
	return best
}

// oneOf says which names would have done: the nearest, if one is near, and all.
func oneOf(name string, valid []string) string {
	if len(valid) == 0 {
		return "none"
	}
	list := "one of " + strings.Join(valid, ", ")
	if len(valid) == 1 {
		list = valid[0]
	}
	if near := nearest(name, valid); near != "" && len(valid) > 1 {
		return fmt.Sprintf("%s (or another of %s)", near, strings.Join(valid, ", "))
	}
	return list
}
