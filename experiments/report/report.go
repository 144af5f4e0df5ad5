// Package report makes pages from the directories of experiments: index.html, a single
// file that requires no other file and no network; plots/*.png and *.svg, drawn by
// gonum/plot; and summary.csv with a row for each run (Write). It also makes a page
// about several experiments (Compare), and a page that is live while a sweep runs
// (Handler). It depends on package result and not on the engine, so old results stay
// readable when the engine changes.
//
// The same directory gives the same bytes.
package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gonst/workbench/experiments/result"
)

// Write reads each experiment's directory and writes its index.html, summary.csv and
// plots there, each file as a whole. It may be called while the experiment runs. The
// page reports damaged runs and leaves them out. A directory without a plan, or with an
// incompatible version (result.ErrIncompatible), is an error; Write still writes the
// other directories.
func Write(dirs ...string) error {
	var errs []error
	for _, dir := range dirs {
		if err := noted(dir, write); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func write(dir string) error {
	e, err := result.Open(dir)
	if err != nil {
		return err
	}
	s := newStudy(e)
	if err := writePlots(s); err != nil {
		return fmt.Errorf("plots of %s: %w", dir, err)
	}
	if err := result.WriteFile(filepath.Join(dir, result.SummaryFile), summary(s)); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writePage(&b, s, dir); err != nil {
		return fmt.Errorf("page of %s: %w", dir, err)
	}
	if err := result.WriteFile(filepath.Join(dir, result.IndexFile), b.Bytes()); err != nil {
		return err
	}
	return nil
}

func writePlots(s *study) error {
	dir := filepath.Join(s.Dir, result.PlotsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files, formats := plotFiles(s), []string{"png", "svg"}
	errs := make([]error, len(files)*len(formats))
	eachOf(len(errs), func(i int) {
		f, format := files[i/len(formats)], formats[i%len(formats)]
		data, err := f.render(s, format)
		if err != nil {
			errs[i] = fmt.Errorf("%s.%s: %w", f.Name, format, err)
		} else {
			errs[i] = result.WriteFile(filepath.Join(dir, f.Name+"."+format), data)
		}
	})
	for _, err := range errs { // one is enough: if a directory cannot be written, no plot can
		if err != nil {
			return err
		}
	}
	return nil
}
