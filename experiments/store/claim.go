package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/gonst/workbench/experiments/result"
)

// ErrElsewhere means that another process (or another task of this one) makes the run.
var ErrElsewhere = errors.New("another process makes the run")

// A Claim is the advisory right to work on one run: an exclusive flock on
// .attempts/<run>/lock, which the system releases when its holder ends in any
// way. It only avoids duplicate work. On a file system without locks every claim is
// granted: two attempts of a run may then proceed at the same time, and the first
// to publish wins.
type Claim struct {
	lock  *flock.Flock
	Proof bool // the lock is held: other attempts of this run have ended
}

// Take claims the run whose attempts are in dir, and creates dir if it is missing.
// It never waits: it returns ErrElsewhere if the run is already claimed.
func Take(dir string) (*Claim, error) {
	path := filepath.Join(dir, lockName)
	for range 100 { // in each lost round another process has finished the run
		if err := os.MkdirAll(dir, 0o777); errors.Is(err, fs.ErrNotExist) {
			continue // another process has removed a parent directory
		} else if err != nil {
			return nil, err
		}
		lock := flock.New(path, flock.SetPermissions(0o666))
		held, err := lock.TryLock()
		switch {
		case errors.Is(err, fs.ErrNotExist): // another process has removed the directory
			continue
		case isLockless(err):
			lock.Close()
			return &Claim{}, nil
		case err != nil:
			lock.Close()
			return nil, err
		case !held:
			lock.Close()
			return nil, ErrElsewhere
		}
		if stillNamed(lock, path) {
			// The file is only informative, so errors are ignored. It is separate from
			// the lock file, because nobody can read or write a locked file on Windows.
			result.Self().Write(dir)
			return &Claim{lock: lock, Proof: true}, nil
		}
		lock.Close() // this locked a file that its holder has removed: try the new one
	}
	return nil, fmt.Errorf("%s: the lock file was removed again and again", path)
}

// Claimed reports whether a process works on the run at this moment.
func (s Store) Claimed(run string) bool {
	c, err := Take(s.Attempts(run))
	c.Release()
	return errors.Is(err, ErrElsewhere)
}

// Release releases the claim. It may be called more than once.
func (c *Claim) Release() {
	if c != nil && c.lock != nil {
		c.lock.Close()
		c.lock = nil
	}
}

// stillNamed reports whether path still names the locked file.
func stillNamed(lock *flock.Flock, path string) bool {
	held, err := lock.Stat() // of the open file
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(held, named)
}

// isLockless reports whether err means that the file system has no locks.
func isLockless(err error) bool {
	return errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.ENOLCK) || errors.Is(err, errors.ErrUnsupported)
}
