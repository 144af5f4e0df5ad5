package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/atomicfile"
)

// A search may make a run in parts: to a rung, where it is judged, and on from there. How
// far a run goes is no part of its identity: it stands beside the attempts, and a run that
// was stopped early continues from its checkpoint.

const limitName = "until"

// PausedStop is Run.Stop of an attempt that waits at its limit, measured; one that was
// interrupted there is not.
const PausedStop = "paused"

// Limit sets the number of steps after which a run pauses; 0 removes the limit.
func (s Store) Limit(run string, steps int) error {
	dir := s.Attempts(run)
	path := filepath.Join(dir, limitName)
	if steps == 0 {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return result.WriteFile(path, []byte(strconv.Itoa(steps)+"\n"))
}

// Until returns the limit of a run, or 0 if it has none.
func (s Store) Until(run string) int {
	data, err := os.ReadFile(filepath.Join(s.Attempts(run), limitName))
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(string(data[:max(0, len(data)-1)]))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Paused returns the record of a run that waits at its limit, and the directory of its
// attempt.
func (s Store) Paused(run string) (*result.Run, string, bool) {
	until := s.Until(run)
	for _, dir := range s.candidates(run) {
		r, err := result.ReadRun(dir)
		if err != nil || until == 0 || r.Steps != until {
			continue
		}
		// PublishPaused may have been killed before it published.
		if r.Status == result.Interrupted && r.Stop == PausedStop || r.Status == result.Done && r.Pruned != "" {
			return r, dir, true
		}
	}
	return nil, "", false
}

// PublishPaused publishes a run that waits at its limit, as stopped early for that reason.
func (s Store) PublishPaused(run, why string) error {
	c, err := Take(s.Attempts(run))
	if err != nil {
		return err
	}
	defer c.Release()
	r, dir, ok := s.Paused(run)
	if !ok {
		return fmt.Errorf("%s does not wait at a rung", run)
	}
	r.Status, r.Stop, r.Pruned, r.Finished = result.Done, "stopped early "+why, why, time.Now().UTC()
	if err := result.WriteRun(dir, r); err != nil {
		return err
	}
	if _, err := s.Publish(&Attempt{Dir: dir}, run); err != nil {
		return err
	}
	s.Tidy(run)
	return nil
}

// Reopen makes an attempt of a published run that was stopped early, so that it continues
// from its checkpoint.
func (s Store) Reopen(run string) error {
	r, err := result.ReadRun(s.Published(run))
	if err != nil {
		return err
	}
	parent := s.Attempts(run)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	name := r.Attempt
	if result.CheckName(name) != nil {
		name = "reopened"
	}
	if err := atomicfile.Rename(s.Published(run), filepath.Join(parent, name)); err != nil {
		return err
	}
	return disk.SyncDir(parent)
}
