package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gonst/workbench/experiments/internal/mistake"
)

// People give runs tags and notes. A published run never changes, so these are beside the
// runs, in .tags. Each change is a new file, written as a whole, and no file changes or
// is removed: several programs may write at the same time on any file system, and a
// program that is killed leaves its whole change or nothing. Readers apply all changes in
// the order of the files' names.

// TagsDir is the directory of the changes in an experiment's directory.
const TagsDir = ".tags"

// A Tagging is one change of the tags and notes of runs.
type Tagging struct {
	Format int       `json:"format"` // WriteTagging sets it
	Time   time.Time `json:"time"`   // WriteTagging sets it
	Runs   []string  `json:"runs"`   // identities
	Add    []string  `json:"add,omitempty"`
	Remove []string  `json:"remove,omitempty"`
	Note   *string   `json:"note,omitempty"` // nil keeps the note, an empty text removes it
}

// Limits of tags and notes, in bytes.
const (
	maxTag  = 50
	maxNote = 10_000
)

// CheckTag returns an error if text cannot be a tag: it must have at most 50 bytes and
// no space, comma, quote, control character, or one of < > = ! #.
func CheckTag(text string) error {
	switch {
	case text == "":
		return mistake.Errorf("a tag must not be empty")
	case len(text) > maxTag:
		return mistake.Errorf("the tag %.20q… has %d bytes; at most %d are accepted", text, len(text), maxTag)
	case !utf8.ValidString(text):
		return mistake.Errorf("the tag %q is not UTF-8", text)
	}
	for _, r := range text {
		if unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune("\"',<>=!#", r) {
			return mistake.Errorf("the tag %q contains %q: a tag has no spaces, commas, quotes, or < > = ! #", text, r)
		}
	}
	return nil
}

func (t *Tagging) check() error {
	for _, tag := range slices.Concat(t.Add, t.Remove) {
		if err := CheckTag(tag); err != nil {
			return err
		}
	}
	if t.Note != nil && (len(*t.Note) > maxNote || !utf8.ValidString(*t.Note)) {
		return mistake.Errorf("the note has %d bytes; UTF-8 of at most %d bytes is accepted", len(*t.Note), maxNote)
	}
	return nil
}

// taggingTime is the beginning of a file's name. All have one length, so that the order
// of the names is the order of the times.
const taggingTime = "20060102T150405.000000000Z"

// WriteTagging adds a change to an experiment's directory.
func WriteTagging(experiment string, t *Tagging) error {
	if err := t.check(); err != nil {
		return err
	}
	dir := filepath.Join(experiment, TagsDir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	t.Format, t.Time = Format, time.Now().UTC()
	// After all that are there, whatever the clocks of other machines say.
	if names := taggingFiles(dir); len(names) > 0 {
		last, err := time.Parse(taggingTime, names[len(names)-1][:len(taggingTime)])
		if err == nil && !t.Time.After(last) {
			t.Time = last.Add(1)
		}
	}
	data, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	// Two writers may have the same time: the system gives a name that nobody else has.
	unique, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(unique.Name())
	defer unique.Close()
	name := t.Time.Format(taggingTime) + strings.TrimPrefix(filepath.Base(unique.Name()), ".new") + ".json"
	return WriteFile(filepath.Join(dir, name), append(data, '\n'))
}

// taggingFiles returns the names of the changes in their order.
func taggingFiles(dir string) []string {
	var names []string
	entries, _ := os.ReadDir(dir) // in order
	for _, e := range entries {
		if name := e.Name(); e.Type().IsRegular() && name[0] != '.' && strings.HasSuffix(name, ".json") && len(name) > len(taggingTime) {
			names = append(names, name)
		}
	}
	return names
}

// ParseTagging reads the bytes of a change.
func ParseTagging(data []byte) (*Tagging, error) {
	t := new(Tagging)
	if err := parse(data, "change of tags", t, &t.Format); err != nil {
		return nil, err
	}
	return t, t.check()
}

// label is what people have said about a run.
type label struct {
	tags []string // in alphabetical order
	note string
}

// labels reads the tags and notes of runs by identity.
func (e *Experiment) labels(root *os.Root) map[string]label {
	all := map[string]label{}
	for _, name := range taggingFiles(filepath.Join(e.Dir, TagsDir)) {
		file := filepath.Join(TagsDir, name)
		data, err := readFile(root, file, maxRunBytes)
		var t *Tagging
		if err == nil {
			t, err = ParseTagging(data)
		}
		if err != nil {
			e.warn("%s: %s; this change of tags and notes is ignored", file, reason(err))
			continue
		}
		for _, id := range t.Runs {
			all[id] = all[id].after(t)
		}
	}
	return all
}

func (l label) after(t *Tagging) label {
	tags := slices.DeleteFunc(slices.Concat(l.tags, t.Add), func(tag string) bool { return slices.Contains(t.Remove, tag) })
	slices.Sort(tags)
	l.tags = slices.Compact(tags)
	if t.Note != nil {
		l.note = *t.Note
	}
	return l
}

// Tagged reports whether the run has all of the tags.
func (s RunState) Tagged(tags []string) bool {
	return !slices.ContainsFunc(tags, func(tag string) bool { return !slices.Contains(s.Tags, tag) })
}

// TagText returns tags for people: "#best #draft".
func TagText(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	return "#" + strings.Join(tags, " #")
}

// Named returns the indices of the runs that a name means: a run's name, its short label,
// or a pattern of these in which * stands for any text.
func (e *Experiment) Named(name string) ([]int, error) {
	var found []int
	labels := e.Plan.Labels()
	for i, r := range e.Runs {
		if matches(name, r.Name) || matches(name, labels[i]) {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		const some = 8
		list := strings.Join(labels[:min(some, len(labels))], "\n  ")
		if len(labels) > some {
			list += fmt.Sprintf("\n  … and %d more", len(labels)-some)
		}
		return nil, mistake.Errorf("%s has no run %q; its runs are\n  %s", e.Dir, name, list)
	}
	return found, nil
}

// matches reports whether text matches a pattern in which * stands for any text.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
