package experiments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/atomicfile"
)

// publish makes the attempt the run, by one rename of its directory. The first
// attempt to get there wins: then the others find the name taken, remove their
// own directory, and take the published one for theirs; won tells which it was.
// Either way the run is published when err is nil.
func (s store) publish(a *attempt, run string) (won bool, err error) {
	if err := syncTree(a.dir); err != nil {
		return false, s.adopted(a, run, err)
	}
	// A rename replaces no directory that has anything in it.
	if err := atomicfile.Rename(a.dir, s.published(run)); err != nil {
		return false, s.adopted(a, run, err)
	}
	return true, errors.Join(syncDir(s.dir), syncDir(s.attempts(run)))
}

// adopted decides what a failure of an attempt (nil: it never began) means:
// nothing if another one has published the run meanwhile.
func (s store) adopted(a *attempt, run string, failure error) error {
	if s.isPublished(run) {
		if a != nil {
			os.RemoveAll(a.dir)
		}
		return nil
	}
	inTheWay := errors.Is(failure, fs.ErrExist)
	if runtime.GOOS == "windows" && errors.Is(failure, fs.ErrPermission) { // all that a rename says there
		_, err := os.Lstat(s.published(run))
		inTheWay = err == nil
	}
	if inTheWay {
		return fmt.Errorf("experiments: %s is in the way: it is there but holds no run.json; move it elsewhere or delete it", s.published(run))
	}
	return failure
}

// isPublished reports whether the run has been published: whatever carries its
// name and a record was whole when it got there.
func (s store) isPublished(run string) bool {
	_, err := os.Stat(filepath.Join(s.published(run), result.RunFile))
	return err == nil
}

// tidy removes what is left of the attempts at a run that has been published.
func (s store) tidy(run string) {
	if _, err := os.Stat(s.attempts(run)); err != nil {
		return
	}
	if s.isPublished(run) {
		os.RemoveAll(s.attempts(run))
		os.Remove(filepath.Join(s.dir, result.AttemptsDir)) // if that was the last
	}
}

// putAside takes a published run out of the way without losing anything, so
// that it can be run again: to .aside/<run>/<n>.
func (s store) putAside(run string) (string, error) {
	parent := filepath.Join(s.dir, asideName, run)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		to := filepath.Join(parent, fmt.Sprint(n))
		if _, err := os.Stat(to); err == nil {
			continue
		}
		err := atomicfile.Rename(s.published(run), to)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		return to, syncDir(s.dir)
	}
}

// syncTree brings every file and directory under dir to the disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncDir(path)
	})
}

// syncDir brings one directory (or file) to the disk. On Windows directories are the
// file system's business, and what is brought to the disk must be open for writing.
func syncDir(path string) error {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			return err
		}
		flag = os.O_RDWR
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}
