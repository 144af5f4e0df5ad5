package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/vote"
)

// madeFrom is the file in an experiment's directory that records what its page was made
// from.
const madeFrom = ".report"

// Update calls Write for a directory whose page is missing or out of date. It does
// nothing if the page is up to date.
func Update(dir string) error {
	was, err := os.ReadFile(filepath.Join(dir, madeFrom))
	if err == nil && string(was) == basis(dir) {
		if _, err := os.Stat(filepath.Join(dir, result.IndexFile)); err == nil {
			return nil
		}
	}
	return Write(dir)
}

// noted writes an experiment's page. It records the state before the writing, because a
// run that is published during the writing may not be on the page.
func noted(dir string, write func(dir string) error) error {
	from := basis(dir)
	if err := write(dir); err != nil {
		return err
	}
	// If recording fails, the page is only made once more.
	_ = os.WriteFile(filepath.Join(dir, madeFrom), []byte(from), 0o666)
	return nil
}

// basis returns a hash of everything that a page is made from: the program and the
// directory.
func basis(dir string) string {
	program := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		program = info.String()
	}
	sum := sha256.Sum256([]byte(program + pageScript + pageStyle + stampOf([]string{dir})))
	return hex.EncodeToString(sum[:]) + "\n"
}

// stampOf detects at low cost whether anything on a page has changed: names, sizes and
// times of the plans, of votes, of changes of tags, of published runs (which never change) and of the attempts'
// files, and whether a process still works on them.
func stampOf(dirs []string) string {
	sum := sha256.New()
	for k, dir := range dirs {
		dir = filepath.Clean(dir)
		note := func(path string) {
			if info, err := os.Stat(path); err == nil {
				fmt.Fprintln(sum, k, strings.TrimPrefix(path, dir), info.Size(), info.ModTime().UnixNano())
			}
		}
		note(filepath.Join(dir, result.PlanFile))
		note(result.CurrentMeasures(dir))
		note(filepath.Join(dir, vote.File))
		tags, _ := os.ReadDir(filepath.Join(dir, result.TagsDir))
		for _, e := range tags {
			note(filepath.Join(dir, result.TagsDir, e.Name()))
		}
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if e.IsDir() && e.Name()[0] != '.' {
				note(filepath.Join(dir, e.Name(), result.RunFile))
			}
		}
		_ = filepath.WalkDir(filepath.Join(dir, result.AttemptsDir), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
			case d.Type().IsRegular():
				note(path)
			case d.IsDir():
				if holder, ok := result.ReadHolder(path); ok {
					fmt.Fprintln(sum, k, strings.TrimPrefix(path, dir), holder.Gone())
				}
			}
			return nil
		})
	}
	return hex.EncodeToString(sum.Sum(nil))
}
