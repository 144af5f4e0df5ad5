package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/result"
)

// Compare writes one page about the runs of several experiments to file, whose name
// ends in .html. It writes nothing into the experiments' directories, and file must not
// be in a published run. The page reports directories that cannot be read. Compare
// returns an error if no directory can be read.
func Compare(file string, dirs ...string) error {
	if err := checkPlace(file); err != nil {
		return err
	}
	s, err := open(dirs)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writePage(&b, s, filepath.Dir(file)); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return result.WriteFile(file, b.Bytes())
}

// CompareFile is the default path of Compare's page: beside the first directory, named
// after all directories.
func CompareFile(dirs ...string) string {
	if len(dirs) == 0 {
		return "compare.html"
	}
	var names []string
	for _, dir := range dirs {
		if absolute, err := filepath.Abs(dir); err == nil {
			dir = absolute
		}
		names = append(names, filepath.Base(dir))
	}
	if len(names) > 3 {
		names = append(names[:2], fmt.Sprintf("%d-more", len(names)-2))
	}
	return filepath.Join(filepath.Dir(filepath.Clean(dirs[0])), "compare-"+strings.Join(names, "-")+".html")
}

// checkPlace rejects a path at which a file of a run, or an experiment's own page,
// would be overwritten.
func checkPlace(file string) error {
	if ext := strings.ToLower(filepath.Ext(file)); ext != ".html" && ext != ".htm" {
		return mistake.Errorf("%s: the page's name must end in .html", file)
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	if resolved, err := filepath.EvalSymlinks(filepath.Dir(absolute)); err == nil {
		absolute = filepath.Join(resolved, filepath.Base(absolute))
	}
	dir := filepath.Dir(absolute)
	if _, err := os.Stat(filepath.Join(dir, result.PlanFile)); err == nil && filepath.Base(absolute) == result.IndexFile {
		return mistake.Errorf("%s is an experiment's own page; choose another name", file)
	}
	for up := dir; ; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, result.RunFile)); err == nil {
			return mistake.Errorf("%s is in the directory of the run %s, which must not change; choose another directory", file, up)
		}
		if up == filepath.Dir(up) {
			break
		}
	}
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return mistake.Errorf("%s: the directory %s does not exist", file, dir)
	} else if err == nil && !info.IsDir() {
		return mistake.Errorf("%s: %s is not a directory", file, dir)
	}
	return nil
}
