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

// Publish makes the attempt the run, by one rename of its directory. The first
// attempt to get there wins: then the others find the name taken, remove their
// own directory, and take the published one for theirs; won tells which it was.
// Either way the run is published when err is nil.
func (s Store) Publish(a *Attempt, run string) (won bool, err error) {
	if err := disk.SyncTree(a.Dir); err != nil {
		return false, s.Adopted(a, run, err)
	}
	// A rename replaces no directory that has anything in it.
	if err := atomicfile.Rename(a.Dir, s.Published(run)); err != nil {
		return false, s.Adopted(a, run, err)
	}
	return true, errors.Join(disk.SyncDir(s.Dir), disk.SyncDir(s.Attempts(run)))
}

// Adopted decides what a failure of an attempt (nil: it never began) means:
// nothing if another one has published the run meanwhile.
func (s Store) Adopted(a *Attempt, run string, failure error) error {
	if s.IsPublished(run) {
		if a != nil {
			os.RemoveAll(a.Dir)
		}
		return nil
	}
	inTheWay := errors.Is(failure, fs.ErrExist)
	if runtime.GOOS == "windows" && errors.Is(failure, fs.ErrPermission) { // all that a rename says there
		_, err := os.Lstat(s.Published(run))
		inTheWay = err == nil
	}
	if inTheWay {
		return fmt.Errorf("%s is in the way: it exists but has no run.json; move or delete it", s.Published(run))
	}
	return failure
}

// IsPublished reports whether the run has been published: whatever carries its
// name and a record was whole when it got there.
func (s Store) IsPublished(run string) bool {
	_, err := os.Stat(filepath.Join(s.Published(run), result.RunFile))
	return err == nil
}

// Tidy removes what is left of the attempts at a run that has been published.
func (s Store) Tidy(run string) {
	if _, err := os.Stat(s.Attempts(run)); err != nil {
		return
	}
	if s.IsPublished(run) {
		os.RemoveAll(s.Attempts(run))
		os.Remove(filepath.Join(s.Dir, result.AttemptsDir)) // if that was the last
	}
}

// PutAside takes a published run out of the way without losing anything, so
// that it can be run again: to .aside/<run>/<n>.
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
