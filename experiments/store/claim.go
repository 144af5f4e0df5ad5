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

// ErrElsewhere says that another process (or another task of this one) works on the run.
var ErrElsewhere = errors.New("another process makes the run")

// A Claim is the advisory right to work on one run: an exclusive flock on
// .attempts/<run>/lock, which the system drops when its holder ends, however it
// ends. It only saves work. Where a file system knows no locks every claim is
// granted, two attempts of a run may then proceed side by side, and the first
// to publish wins.
type Claim struct {
	lock  *flock.Flock
	Proof bool // the lock is really held: other attempts of this run are dead
}

// Take claims the run whose attempts lie in dir, which is made if need be.
// It never waits: a run that is claimed already gives errElsewhere.
func Take(dir string) (*Claim, error) {
	path := filepath.Join(dir, lockName)
	for range 100 { // each round lost means that somebody else finished the run meanwhile
		if err := os.MkdirAll(dir, 0o777); errors.Is(err, fs.ErrNotExist) {
			continue // a parent went away between two steps: somebody tidied up
		} else if err != nil {
			return nil, err
		}
		lock := flock.New(path, flock.SetPermissions(0o666))
		held, err := lock.TryLock()
		switch {
		case errors.Is(err, fs.ErrNotExist): // the directory went away under us
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
			// For people; a failure harms nobody. Beside the lock: Windows lets nobody
			// read or write what is locked.
			result.Self().Write(dir)
			return &Claim{lock: lock, Proof: true}, nil
		}
		lock.Close() // locked a file that its holder has removed: try the new one
	}
	return nil, fmt.Errorf("%s: the lock file keeps disappearing", path)
}

// Release gives the claim up. It may be called more than once.
func (c *Claim) Release() {
	if c != nil && c.lock != nil {
		c.lock.Close()
		c.lock = nil
	}
}

// stillNamed reports whether path still names the file that is locked.
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
