package result

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Frame is a picture on the way: that before a step.
type Frame struct {
	Step int
	File string // relative to the experiment's directory
}

// Frames lists the pictures on the way that a run has kept, by step. Files of
// other names are left out.
func (e *Experiment) Frames(s RunState) []Frame {
	if s.Dir == "" {
		return nil
	}
	root, err := os.OpenRoot(e.Dir)
	if err != nil {
		return nil
	}
	defer root.Close()
	d, err := root.Open(filepath.Join(s.Dir, FramesDir))
	if err != nil {
		return nil
	}
	defer d.Close()
	entries, _ := d.ReadDir(-1)
	var all []Frame
	for _, entry := range entries {
		digits, ok := strings.CutSuffix(entry.Name(), ".png")
		step, err := strconv.Atoi(digits)
		if ok && err == nil && step >= 0 && entry.Type().IsRegular() {
			all = append(all, Frame{step, filepath.Join(s.Dir, FramesDir, entry.Name())})
		}
	}
	slices.SortFunc(all, func(a, b Frame) int { return a.Step - b.Step })
	return all
}

// Stat tells of a regular file, named relative to the experiment's directory, and
// of nothing outside of that.
func (e *Experiment) Stat(name string) (os.FileInfo, error) {
	root, err := os.OpenRoot(e.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "stat", Path: name, Err: os.ErrInvalid}
	}
	return info, nil
}
