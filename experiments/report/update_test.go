package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// A page is made anew if and only if it is out of date. A run that is published while
// the page is written is not on it.
func TestUpdate(t *testing.T) {
	dir := t.TempDir()
	s := synthetic{name: "update", steps: 10, every: 5, width: 8, height: 6, runs: 2}
	s.make(t, dir)
	e, err := result.Open(dir)
	must(t, err)
	aside := filepath.Join(t.TempDir(), "second")
	second := filepath.Join(dir, e.Runs[1].Name)
	must(t, os.Rename(second, aside))

	index := filepath.Join(dir, result.IndexFile)
	drawn := func() bool {
		must(t, os.WriteFile(index, nil, 0o666))
		must(t, Update(dir))
		info, err := os.Stat(index)
		must(t, err)
		return info.Size() > 0
	}
	if !drawn() {
		t.Error("there is no page, and none was made")
	}
	if drawn() {
		t.Error("a page just made is made again")
	}
	must(t, noted(dir, func(dir string) error {
		must(t, os.Rename(aside, second))
		return nil
	}))
	if !drawn() {
		t.Error("a page without a run that is there counts as up to date")
	}
	if drawn() {
		t.Error("a page just made is made again, the second time")
	}
	must(t, result.WriteTagging(dir, &result.Tagging{Runs: []string{e.Runs[0].ID}, Add: []string{"best"}}))
	if !drawn() {
		t.Error("a page without a new tag counts as up to date")
	}
	if table := read(t, filepath.Join(dir, result.SummaryFile)); !strings.Contains(table, ",tags,note\n") || !strings.Contains(table, ",best,\n") {
		t.Errorf("the summary has no tags:\n%s", table)
	}
	must(t, os.Remove(index))
	must(t, Update(dir))
	if _, err := os.Stat(index); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return string(data)
}
