package export

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/gonst/workbench/experiments/result"
)

// WriteEvents updates a directory of event files for the runs of one experiment:
// <dir>/<run>/events.out.tfevents.…, and one in dir itself about the experiment. It does
// not change complete files, and appends to those of runs that have continued, which a
// running TensorBoard notices. It reports whether it has written anything.
//
// Several processes may do this at the same time. If wait is false and another process
// is writing, it returns at once.
func WriteEvents(dir string, runs []Run, wait bool) (wrote bool, err error) {
	return writeEvents(dir, runs, wait, map[string]bool{})
}

// Events keeps the event files of an experiment up to date during a sweep, for
// the runs with these identities. It does not read published runs again after it has
// written them.
type Events struct {
	Experiment string          // its directory
	Dir        string          // of the event files
	Runs       map[string]bool // by identity
	known      *result.Experiment
	written    map[string]bool // by name
}

// Update calls WriteEvents with the current content of the experiment's directory.
func (e *Events) Update(wait bool) error {
	x, err := result.OpenAgain(e.Experiment, e.known)
	if err != nil {
		return err
	}
	if e.written == nil {
		e.written = map[string]bool{}
	}
	e.known = x
	var runs []Run
	for _, s := range x.Runs {
		if e.Runs[s.ID] {
			runs = append(runs, newRun(x, s))
		}
	}
	_, err = writeEvents(e.Dir, runs, wait, e.written)
	return err
}

func writeEvents(dir string, runs []Run, wait bool, written map[string]bool) (wrote bool, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return false, err
	}
	lock := flock.New(filepath.Join(dir, ".lock"), flock.SetPermissions(0o666))
	defer lock.Close()
	if wait {
		_ = lock.Lock() // it also works without locks
	} else if held, err := lock.TryLock(); err == nil && !held {
		return false, nil
	}
	if e := experimentEvents(runs); e != nil {
		wrote, err = update(dir, eventFile(firstStart(runs)), e)
	}
	for _, r := range runs {
		if r.Run == nil || r.Run.Started.IsZero() {
			continue // not begun, or not readable
		}
		if written[r.Name] {
			continue
		}
		w, failed := update(filepath.Join(dir, r.Name), eventFile(r.Run.Started), runEvents(r))
		written[r.Name] = r.Published && failed == nil
		wrote, err = wrote || w, errors.Join(err, failed)
	}
	return wrote, err
}

// firstStart returns when the first run began, or zero.
func firstStart(runs []Run) (first time.Time) {
	for _, r := range runs {
		if r.Run != nil && !r.Run.Started.IsZero() && (first.IsZero() || r.Run.Started.Before(first)) {
			first = r.Run.Started
		}
	}
	return first
}

// update writes or extends a file, and removes our other event files in the directory,
// which belong to attempts that the run has not continued.
func update(dir, name string, want []byte) (wrote bool, err error) {
	fail := func(err error) (bool, error) { return false, err }
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fail(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fail(err)
	}
	for _, e := range entries {
		if ours, _ := filepath.Match(eventFiles, e.Name()); ours && e.Name() != name {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return fail(err)
			}
			wrote = true
		}
	}
	path := filepath.Join(dir, name)
	is, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(is, want):
		return wrote, nil
	case err == nil && len(is) > 0 && bytes.HasPrefix(want, is):
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return fail(err)
		}
		_, err = f.Write(want[len(is):])
		if err = errors.Join(err, f.Close()); err != nil {
			return fail(err)
		}
		return true, nil
	}
	if err := result.WriteFile(path, want); err != nil {
		return fail(err)
	}
	return true, nil
}
