package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/atomicfile"
)

// Publish publishes the attempt as the run, by one rename of its directory. The first
// attempt wins; the others find the name taken, remove their own directory, and use
// the published one. won reports whether this attempt was first. In both cases the
// run is published if err is nil.
func (s Store) Publish(a *Attempt, run string) (won bool, err error) {
	if err := disk.SyncTree(a.Dir); err != nil {
		return false, s.Adopted(a, run, err)
	}
	// A rename does not replace a directory that is not empty.
	if err := atomicfile.Rename(a.Dir, s.Published(run)); err != nil {
		return false, s.Adopted(a, run, err)
	}
	return true, errors.Join(disk.SyncDir(s.Dir), disk.SyncDir(s.Attempts(run)))
}

// Adopted returns the failure of an attempt (nil: it never began), or nil if another
// attempt has published the run meanwhile.
func (s Store) Adopted(a *Attempt, run string, failure error) error {
	if s.IsPublished(run) {
		if a != nil {
			os.RemoveAll(a.Dir)
		}
		return nil
	}
	inTheWay := errors.Is(failure, fs.ErrExist)
	if runtime.GOOS == "windows" && errors.Is(failure, fs.ErrPermission) { // Windows reports no other error for such a rename
		_, err := os.Lstat(s.Published(run))
		inTheWay = err == nil
	}
	if inTheWay {
		return fmt.Errorf("%s is in the way: it exists but has no run.json; move or delete it", s.Published(run))
	}
	return failure
}

// IsPublished reports whether the run is published: a directory with its name and a
// record is always complete.
func (s Store) IsPublished(run string) bool {
	_, err := os.Stat(filepath.Join(s.Published(run), result.RunFile))
	return err == nil
}

// Tidy removes the remaining attempts of a published run.
func (s Store) Tidy(run string) {
	if _, err := os.Stat(s.Attempts(run)); err != nil {
		return
	}
	if s.IsPublished(run) {
		os.RemoveAll(s.Attempts(run))
		os.Remove(filepath.Join(s.Dir, result.AttemptsDir)) // only if it is empty
	}
}

// PutAside moves a published run to .aside/<run>/<n>, so that it can be run
// again.
func (s Store) PutAside(run string) (string, error) {
	parent := filepath.Join(s.Dir, asideName, run)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		to := filepath.Join(parent, fmt.Sprint(n))
		if _, err := os.Stat(to); err == nil {
			continue
		}
		err := atomicfile.Rename(s.Published(run), to)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		return to, disk.SyncDir(s.Dir)
	}
}
