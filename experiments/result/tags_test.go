package result_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

func labelled(t *testing.T, dir string) string {
	t.Helper()
	e, err := result.OpenStates(dir, nil)
	must(t, err)
	var all []string
	for _, r := range e.Runs {
		all = append(all, fmt.Sprintf("%s%q", r.Tags, r.Note))
	}
	return strings.Join(all, " ")
}

func text(s string) *string { return &s }

// Changes apply in the order in which they were written.
func TestTags(t *testing.T) {
	dir := t.TempDir()
	must(t, result.WritePlan(dir, plan()))
	for _, c := range []struct {
		change result.Tagging
		want   string
	}{
		{result.Tagging{Runs: []string{"id-a-0", "id-b-0"}, Add: []string{"draft", "best"}}, `[best draft]"" []"" [best draft]""`},
		{result.Tagging{Runs: []string{"id-a-0"}, Add: []string{"best"}, Note: text("calm sky")}, `[best draft]"calm sky" []"" [best draft]""`},
		{result.Tagging{Runs: []string{"id-a-0"}, Remove: []string{"draft", "other"}}, `[best]"calm sky" []"" [best draft]""`},
		{result.Tagging{Runs: []string{"id-a-0", "gone"}, Note: text("")}, `[best]"" []"" [best draft]""`},
	} {
		must(t, result.WriteTagging(dir, &c.change))
		if got := labelled(t, dir); got != c.want {
			t.Errorf("after %+v: %s, want %s", c.change, got, c.want)
		}
	}
	// A change of a machine whose clock is ahead does not undo what comes later.
	ahead := filepath.Join(dir, result.TagsDir, time.Now().UTC().Add(time.Hour).Format("20060102T150405.000000000Z")+"-AAAA.json")
	must(t, os.WriteFile(ahead, []byte(`{"format": 1, "runs": ["id-a-1"], "add": ["early"]}`), 0o644))
	must(t, result.WriteTagging(dir, &result.Tagging{Runs: []string{"id-a-1"}, Remove: []string{"early"}}))
	if got := labelled(t, dir); !strings.Contains(got, ` []"" `) {
		t.Errorf("after a change from the future: %s", got)
	}
	// What was killed while writing, and damaged or foreign files, change nothing.
	e, err := result.Open(dir)
	must(t, err)
	warnings := len(e.Warnings)
	write(t, filepath.Join(dir, result.TagsDir, ".20260101T000000.000000000Z-AAAA.jsonXYZ"), `{"format": 1, "ru`)
	write(t, filepath.Join(dir, result.TagsDir, "notes.txt"), "mine")
	if e, err = result.Open(dir); err != nil || len(e.Warnings) != warnings {
		t.Errorf("%v, %q", err, e.Warnings)
	}
	for i, content := range []string{"", "{", `{"format": 2}`, `{"format": 1, "runs": ["id-a-0"], "add": ["a b"]}`} {
		write(t, filepath.Join(dir, result.TagsDir, fmt.Sprintf("20990101T000000.00000000%dZ-AAAA.json", i)), content)
	}
	if e, err = result.Open(dir); err != nil || len(e.Warnings) != warnings+4 || !slices.Equal(e.Runs[0].Tags, []string{"best"}) {
		t.Errorf("%v, %v, warnings\n%s", err, e.Runs[0].Tags, strings.Join(e.Warnings, "\n"))
	}
	// Published runs that are not read again have their tags, too.
	if e, err = result.OpenAgain(dir, e); err != nil || !slices.Equal(e.Runs[0].Tags, []string{"best"}) {
		t.Errorf("read again: %v, %v", err, e.Runs[0].Tags)
	}
}

// No change is lost if many programs write at the same time.
func TestTagsAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	must(t, result.WritePlan(dir, plan()))
	var group sync.WaitGroup
	const writers, each = 8, 10
	for w := range writers {
		group.Go(func() {
			for i := range each {
				if err := result.WriteTagging(dir, &result.Tagging{Runs: []string{"id-a-0"}, Add: []string{fmt.Sprintf("t%d-%d", w, i)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	e, err := result.Open(dir)
	must(t, err)
	if n := len(e.Runs[0].Tags); n != writers*each {
		t.Errorf("%d tags, want %d", n, writers*each)
	}
}

func TestCheckTag(t *testing.T) {
	for tag, want := range map[string]string{
		"best": "", "größe-2": "", "v1.0/a": "", "x:y": "",
		"": "empty", "a b": "' '", "a\tb": `'\t'`, "a,b": "','", `a"b`: `'"'`, "a=b": "'='", "#a": "'#'", "a\xff": "UTF-8",
		strings.Repeat("x", 51): "51 bytes",
	} {
		err := result.CheckTag(tag)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", tag, err, want)
		}
	}
	if err := result.WriteTagging(t.TempDir(), &result.Tagging{Note: text(strings.Repeat("x", 10_001))}); err == nil {
		t.Error("a note of any length was written")
	}
}

// A name means a run, its short label, or a pattern.
func TestNamed(t *testing.T) {
	e := &result.Experiment{Dir: "d", Plan: plan()}
	for _, r := range e.Plan.Runs {
		e.Runs = append(e.Runs, result.RunState{PlannedRun: r})
	}
	label := e.Plan.Labels()[1]
	for name, want := range map[string][]int{"a-0": {0}, "a-*": {0, 1}, "*": {0, 1, 2}, "*-0": {0, 2}, "a*-*1": {1}, "a-0*0": nil, "a": nil, "": nil, label: {1}} {
		got, err := e.Named(name)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%q: %v, %v, want %v", name, got, err, want)
		}
	}
	if _, err := e.Named("x"); err == nil || !strings.Contains(err.Error(), label) {
		t.Errorf("an unknown run: %v", err)
	}
}

func FuzzParseTagging(f *testing.F) {
	f.Add([]byte(`{"format": 1, "runs": ["a"], "add": ["best"], "note": ""}`))
	f.Add([]byte(`{"format": 1, "add": [""]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := result.ParseTagging(data)
		if err != nil {
			return
		}
		for _, tag := range slices.Concat(c.Add, c.Remove) {
			must(t, result.CheckTag(tag))
		}
	})
}
