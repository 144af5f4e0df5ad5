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

// ReadTold reads the values that were told, by the number of the trial; the last one of a
// trial counts. A line that was cut off by a crash is left out.
func ReadTold(dir string) (map[int]float64, error) {
	f, err := os.Open(filepath.Join(dir, result.SearchDir, result.ToldFile))
	if errors.Is(err, fs.ErrNotExist) {
		return map[int]float64{}, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[int]float64{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var t result.Told
		if json.Unmarshal(lines.Bytes(), &t) == nil && t.Trial > 0 {
			all[t.Trial] = float64(t.Value)
		}
	}
	return all, lines.Err()
}

// Tell appends the value of a trial to the file, synced to the disk.
func Tell(dir string, t result.Told) (err error) {
	line, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, result.SearchDir), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, result.SearchDir, result.ToldFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
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
