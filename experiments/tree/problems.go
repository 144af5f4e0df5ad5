package tree

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// Error is one mistake in a configuration: where it is, what was found and what is
// accepted.
type Error struct {
	File   string // as the user named it; "--set" for an override of the command line
	Line   int    // from 1; 0 if there is no line
	Column int    // from 1, in characters; 0 if unknown
	Key    string // the dotted key, such as "loss.style.weight"; may be empty
	Found  string // such as `the text "many"`
	Want   string // such as "a whole number from 1 to 1000000"
}

func (e *Error) Error() string {
	var b strings.Builder
	if strings.ContainsFunc(e.File, unicode.IsControl) {
		b.WriteString(strconv.Quote(e.File)) // else it would break the line, or be obeyed by a terminal
	} else {
		b.WriteString(e.File)
	}
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
		b.WriteString("; expected " + e.Want)
	}
	return b.String()
}

// Mistake marks the error as one that the user corrects (package mistake).
func (e *Error) Mistake() {}

// Errors has all mistakes in a configuration, in the order of its files and of their
// lines. errors.As finds the first.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the single errors for errors.Is and errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// Problems collects mistakes, so that one reading reports all of them. It keeps a
// mistake that occurs in every run of a sweep only once.
type Problems struct {
	list    Errors
	seen    map[Error]bool
	Files   []string // in order of first mention, the order of the report
	Count   int      // of all mistakes, including repeated ones
	failure error    // an existing file cannot be read: this is not a mistake

	Notes []string          // what is not a mistake, but the user should know
	Lost  map[string]string // files that a picture names and that were not found: what is accepted
}

// Lose records a file that was not found. It is a mistake only if something still
// requires it after all settings have been applied.
func (p *Problems) Lose(path, want string) {
	if p.Lost == nil {
		p.Lost = map[string]string{}
	}
	p.Lost[path] = want
}

// Add notes a mistake at a place: the dotted key, what was found, and what is accepted.
func (p *Problems) Add(at Pos, key, found, want string) {
	e := Error{File: at.File, Line: at.line, Column: at.column, Key: key, Found: found, Want: want}
	p.Count++
	if p.seen[e] {
		return
	}
	if p.seen == nil {
		p.seen = map[Error]bool{}
	}
	p.seen[e] = true
	if !slices.Contains(p.Files, e.File) {
		p.Files = append(p.Files, e.File)
	}
	p.list = append(p.list, &e)
}

// Fail notes that a file could not be read.
func (p *Problems) Fail(err error) {
	p.Count++
	if p.failure == nil {
		p.failure = err
	}
}

// Err returns the mistakes, or nil if there are none. It is Errors, unless a file could not be read.
func (p *Problems) Err() error {
	if p.failure != nil {
		return p.failure
	}
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(
			cmp.Compare(slices.Index(p.Files, a.File), slices.Index(p.Files, b.File)),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p.list
}

// Nearest returns the valid name that is most similar to the given one, or an empty
// string if none is similar.
func Nearest(name string, valid []string) string {
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

// OneOf lists the accepted names: the most similar one first, if there is one, then all.
func OneOf(name string, valid []string) string {
	if len(valid) == 0 {
		return "none"
	}
	list := "one of " + strings.Join(valid, ", ")
	if len(valid) == 1 {
		list = valid[0]
	}
	if near := Nearest(name, valid); near != "" && len(valid) > 1 {
		return fmt.Sprintf("%s (or another of %s)", near, strings.Join(valid, ", "))
	}
	return list
}
