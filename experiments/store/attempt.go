// Package store keeps the results of an experiment in a directory that several
// processes may share: attempts, locks, checkpoints, and complete published runs.
package store

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/result"
)

// Names that package result leaves to this package.
const (
	lockName  = "lock"
	asideName = ".aside"
	plansName = ".plans"
)

// A Store is the directory of one experiment. Concurrent processes change a run only
// through it:
//
//	<dir>/<run>/                      published: complete, and never changed again
//	<dir>/.attempts/<run>/lock        held by the process that makes the run
//	<dir>/.attempts/<run>/holder      that process
//	<dir>/.attempts/<run>/<attempt>/  one attempt at it, the same files as above
type Store struct{ Dir string }

// Published is the directory of a published run.
func (s Store) Published(run string) string { return result.RunDir(s.Dir, run) }

// Attempts returns the directory of the attempts at a run.
func (s Store) Attempts(run string) string { return result.Attempts(s.Dir, run) }

// An Attempt is a directory in which one task makes a run's files.
type Attempt struct {
	Dir  string
	From *Savepoint // the checkpoint from which it continues; nil if it starts at the beginning
	Old  result.Run // the record of the attempt that wrote the checkpoint
	Note string     // how it began, for the log
}

// Path returns the path of a file of the attempt.
func (a *Attempt) Path(name ...string) string {
	return filepath.Join(append([]string{a.Dir}, name...)...)
}

// Begin opens a new attempt at the run with that identity. Unless afresh is set, it
// continues from the newest complete checkpoint of all attempts, and copies what
// belongs to it: the rows, frames and picture up to its step. It copies the
// checkpoint last, so that a directory with a checkpoint has everything that the
// checkpoint requires.
func (s Store) Begin(run, identity string, afresh bool) (*Attempt, error) {
	dir, err := makeAttempt(s.Attempts(run))
	if err != nil {
		return nil, err
	}
	a := &Attempt{Dir: dir}
	if afresh {
		return a, disk.SyncDir(dir)
	}
	for _, old := range s.candidates(run) {
		if old == dir {
			continue
		}
		point, err := readSavepoint(filepath.Join(old, result.CheckpointFile))
		if err == nil && point.Identity != identity {
			err = fmt.Errorf("%w: it belongs to another configuration (identity %s)", errUseless, point.Identity)
		}
		if err == nil {
			err = a.carry(old, point)
		}
		if err == nil {
			point.path = a.Path(result.CheckpointFile) // carried over; the old attempt may be pruned
			if r, err := result.ReadRun(old); err == nil {
				a.Old = *r
			}
			a.From, a.Note = point, a.Note+fmt.Sprintf("continues from step %d of %s\n", point.Step, filepath.Base(old))
			return a, nil
		}
		if !errors.Is(err, errUseless) && !errors.Is(err, errTorn) && !errors.Is(err, fs.ErrNotExist) {
			// For example a full disk. The checkpoint is good, so do not skip it.
			os.RemoveAll(dir)
			return nil, err
		}
		a.Note += fmt.Sprintf("skipped the checkpoint of %s: %v\n", filepath.Base(old), err)
		if err := empty(dir); err != nil { // remove what was copied before the error
			return nil, err
		}
	}
	return a, disk.SyncDir(dir)
}

// errUseless means that a checkpoint is complete but a run cannot continue from it.
var errUseless = errors.New("the checkpoint cannot be used")

// empty removes everything in a directory.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

// makeAttempt makes a new directory, named by the time.
func makeAttempt(parent string) (string, error) {
	name := time.Now().UTC().Format("20060102T150405.000000")
	for n := 0; ; n++ {
		dir := filepath.Join(parent, fmt.Sprintf("%s-%d", name, os.Getpid()+n))
		err := os.MkdirAll(parent, 0o777)
		if err == nil {
			err = os.Mkdir(dir, 0o777)
		}
		switch {
		case err == nil:
			return dir, disk.SyncDir(parent)
		case n < 100 && (errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist)):
		default:
			return "", err
		}
	}
}

// candidates lists the run's attempts that have a checkpoint, sorted by steps,
// the most first, then by time, the latest first.
func (s Store) candidates(run string) []string {
	type found struct {
		dir  string
		step int
	}
	var all []found
	for _, dir := range s.listAttempts(run) {
		if point, err := readSavepoint(filepath.Join(dir, result.CheckpointFile)); err == nil {
			all = append(all, found{dir, point.Step})
		} else if !errors.Is(err, fs.ErrNotExist) {
			all = append(all, found{dir, -1}) // incomplete: tried last, so that the log mentions it
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.step, a.step), strings.Compare(b.dir, a.dir))
	})
	dirs := make([]string, len(all))
	for i, f := range all {
		dirs[i] = f.dir
	}
	return dirs
}

// listAttempts lists the directories of the run's attempts, the oldest first.
func (s Store) listAttempts(run string) []string {
	entries, _ := os.ReadDir(s.Attempts(run))
	var dirs []string
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, filepath.Join(s.Attempts(run), e.Name()))
		}
	}
	return dirs
}

// carry copies from an older attempt everything that its checkpoint includes.
func (a *Attempt) carry(old string, point *Savepoint) error {
	metrics, err := counted(old, result.MetricsFile, point.Metrics, point.MetricsSum)
	if err != nil {
		return err
	}
	yardstick := []byte(nil)
	if point.Yardstick > 0 {
		if yardstick, err = counted(old, result.YardstickFile, point.Yardstick, point.YardstickSum); err != nil {
			return err
		}
	}
	times, err := os.ReadFile(filepath.Join(old, result.TimesFile))
	if err != nil {
		return err
	}
	rows := rowsUpTo(times, point.Step)
	if point.Metrics == 0 {
		rows = nil // both tables start at the same step
	}
	log, _ := os.ReadFile(filepath.Join(old, result.LogFile)) // for people only
	for name, data := range map[string][]byte{
		result.MetricsFile:   metrics,
		result.YardstickFile: yardstick,
		result.TimesFile:     rows,
		result.LogFile:       log,
	} {
		if name == result.YardstickFile && point.Yardstick == 0 {
			continue
		}
		if err := disk.Replace(a.Path(name), func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
			return err
		}
	}
	frames, err := os.ReadDir(filepath.Join(old, result.FramesDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range frames {
		if step, ok := frameStep(f.Name()); ok && step <= point.Step {
			if err := os.MkdirAll(a.Path(result.FramesDir), 0o777); err != nil {
				return err
			}
			if err := adopt(filepath.Join(old, result.FramesDir, f.Name()), a.Path(result.FramesDir, f.Name())); err != nil {
				return err
			}
		}
	}
	if err := adopt(filepath.Join(old, result.ImageFile), a.Path(result.ImageFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := disk.SyncTree(a.Dir); err != nil {
		return err
	}
	if err := adopt(filepath.Join(old, result.CheckpointFile), a.Path(result.CheckpointFile)); err != nil {
		return err
	}
	return disk.SyncDir(a.Dir)
}

// counted reads the part of a table that a checkpoint includes.
func counted(dir, name string, size int64, sum string) ([]byte, error) {
	table, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	if size < 0 || int64(len(table)) < size || digest.Bytes(table[:size]) != sum {
		return nil, fmt.Errorf("%w: %s has changed since the checkpoint was written", errUseless, name)
	}
	return table[:size], nil
}

// rowsUpTo returns the heading and the complete rows of a table up to a step. The
// first column is the step.
func rowsUpTo(table []byte, last int) []byte {
	var kept []byte
	for i := 0; ; i++ {
		line, rest, whole := bytes.Cut(table, []byte("\n"))
		if !whole {
			return kept
		}
		first, _, _ := bytes.Cut(line, []byte(","))
		if step, err := strconv.Atoi(string(first)); i > 0 && (err != nil || step > last) {
			return kept
		}
		kept = append(append(kept, line...), '\n')
		table = rest
	}
}

// FrameName is the name of the picture of a step, and frameStep its inverse.
func FrameName(step int) string { return filepath.Base(result.FrameFile(step)) }

func frameStep(name string) (int, bool) {
	number, ok := strings.CutSuffix(name, ".png")
	step, err := strconv.Atoi(number)
	return step, ok && err == nil
}

// adopt links a file that is never written in place, or copies it if the file
// system has no links.
func adopt(from, to string) error {
	if err := os.Link(from, to); err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return disk.Replace(to, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Prune removes the run's other attempts. The caller must hold a proven claim, and
// its own attempt must have everything that the others had.
func (s Store) Prune(run string, keep *Attempt) {
	for _, dir := range s.listAttempts(run) {
		if dir == keep.Dir {
			continue
		}
		// A process whose lock was lost may still work there. It must find no directory, and not
		// one that lacks some files: that one it would publish.
		if gone := dir + ".removed"; os.Rename(dir, gone) == nil {
			os.RemoveAll(gone)
		}
	}
}
