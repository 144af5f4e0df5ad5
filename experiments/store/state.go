package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
)

// Outcome reads the record of a published run, which is done or has failed. If another
// run is in its place, the error says so and the record is also returned.
func (s Store) Outcome(run plan.Run) (*result.Run, error) {
	r, err := result.ReadRun(s.Published(run.Name))
	switch {
	case errors.Is(err, result.ErrIncompatible): // it says what to do
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: restore the file, or delete %s to make the run again", err, s.Published(run.Name))
	case r.ID != run.Identity:
		return r, fmt.Errorf("%s holds another run (identity %.12s, not %.12s): it was changed by hand or copied from elsewhere; move it away",
			s.Published(run.Name), r.ID, run.Identity)
	case r.Status == result.Done, r.Status == result.Failed && r.Failure != nil:
		return r, nil
	}
	return r, fmt.Errorf("%s is published with the status %q: it was changed by hand; delete it to make the run again", s.Published(run.Name), r.Status)
}

// Earlier lists the published runs whose identities were computed by another identity
// version. Such a run may be a run of this plan or of another configuration; the
// identity cannot tell.
func (s Store) Earlier() []string {
	var all []string
	entries, _ := os.ReadDir(s.Dir)
	for _, e := range entries {
		if e.IsDir() && result.CheckName(e.Name()) == nil {
			if r, err := result.ReadRun(s.Published(e.Name())); err == nil && r.Provenance.Identity != config.IdentityVersion {
				all = append(all, e.Name())
			}
		}
	}
	return all
}

// EarlierWarning warns about runs of an earlier version if runs of the plan are not
// done yet. Otherwise it returns an empty text.
func (s Store) EarlierWarning(runs []plan.Run) string {
	if !slices.ContainsFunc(runs, func(r plan.Run) bool { return !s.IsPublished(r.Name) }) {
		return ""
	}
	old := s.Earlier()
	if len(old) == 0 {
		return ""
	}
	list := strings.Join(old[:min(3, len(old))], ", ")
	if len(old) > 3 {
		list += ", …"
	}
	return fmt.Sprintf("%s holds results of an earlier version of nst, which gave runs other identities (%s): they stay and can be read, but cannot be matched with this plan, whose runs are made anew", s.Dir, list)
}

// SavedSteps returns the number of steps in the best checkpoint of an unfinished run
// with that identity, or 0 if there is none.
func (s Store) SavedSteps(run, identity string) int {
	if c := s.candidates(run); len(c) > 0 {
		if point, err := readSavepoint(filepath.Join(c[0], result.CheckpointFile)); err == nil && point.Identity == identity {
			return point.Step + 1
		}
	}
	return 0
}

// Failure returns the reason why the newest attempt at a run failed, or an empty text
// if it did not fail.
func (s Store) Failure(run string) string {
	note := ""
	for _, dir := range s.listAttempts(run) {
		if r, err := result.ReadRun(dir); err == nil && r.Failure != nil {
			note = r.Failure.Error
		}
	}
	return note
}

// Writable checks that runs can be written here, before any run begins.
func (s Store) Writable() error {
	if err := probe(filepath.Join(s.Dir, result.AttemptsDir)); err != nil {
		return prefix.Errorf("", "cannot write to the results directory %s: %w (--results names another)", s.Dir, err)
	}
	return nil
}

// probe makes and removes an entry of a directory, which it makes if it is missing. The
// entry always has the same name: when a process is killed here, the next one removes it.
func probe(dir string) error {
	path := filepath.Join(dir, ".probe")
	var err error
	for range 100 { // in each lost round another process has removed one of the two
		if err = os.MkdirAll(path, 0o777); err == nil {
			err = os.Remove(path)
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return err
}
