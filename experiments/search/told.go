package search

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gonst/workbench/experiments/result"
)

// The journals of a search are files of JSON lines below its directory. A line is appended
// and synced; one that a crash has cut off is left out by readers.

// ReadTold reads the values that were told, by the number of the trial; the last one of a
// trial counts.
func ReadTold(dir string) (map[int]float64, error) {
	all := map[int]float64{}
	return all, read(dir, result.ToldFile, func(t result.Told) {
		if t.Trial > 0 {
			all[t.Trial] = float64(t.Value)
		}
	})
}

// Tell appends the value of a trial.
func Tell(dir string, t result.Told) error { return appendLine(dir, result.ToldFile, t) }

// ReadRungs reads what the runs had at the rungs of pruning, in order.
func ReadRungs(dir string) ([]result.Rung, error) {
	var all []result.Rung
	err := read(dir, result.RungsFile, func(r result.Rung) { all = append(all, r) })
	return all, err
}

// Reach appends what a run has at a rung.
func Reach(dir string, r result.Rung) error { return appendLine(dir, result.RungsFile, r) }

func read[T any](dir, file string, each func(T)) error {
	f, err := os.Open(filepath.Join(dir, result.SearchDir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var t T
		if json.Unmarshal(lines.Bytes(), &t) == nil {
			each(t)
		}
	}
	return lines.Err()
}

func appendLine(dir, file string, v any) (err error) {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, result.SearchDir), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, result.SearchDir, file), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err := f.Stat(); err != nil {
		return err
	} else if n := info.Size(); n > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, n-1); err != nil {
			return err
		}
		if last[0] != '\n' { // a crash has cut off the last line
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return f.Sync()
}
