package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// TestPageOfARunMeanwhile: a run that is published while the page is drawn is not on it,
// so that the page has to be made once more.
func TestPageOfARunMeanwhile(t *testing.T) {
	dir := t.TempDir()
	publish := func(run string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, run), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, run, result.RunFile), []byte(run), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	page := func(...string) error { return os.WriteFile(filepath.Join(dir, result.IndexFile), nil, 0o666) }
	publish("first")
	if err := drawPage(dir, page); err != nil {
		t.Fatal(err)
	}
	if !pageIsCurrent(dir) {
		t.Error("a page just made is said to be out of date")
	}
	if err := drawPage(dir, func(...string) error { publish("meanwhile"); return page(dir) }); err != nil {
		t.Fatal(err)
	}
	if pageIsCurrent(dir) {
		t.Error("a page without a run that is there is said to be up to date")
	}
	if err := drawPage(dir, page); err != nil {
		t.Fatal(err)
	}
	if !pageIsCurrent(dir) {
		t.Error("made again, it is still said to be out of date")
	}
}
