package result

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Frame is an intermediate picture: the picture before a step.
type Frame struct {
	Step int
	File string // relative to the experiment's directory
}

// Frames lists the intermediate pictures of a run, by step. It skips files with other
// names.
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

// Stat returns the properties of a regular file, named relative to the experiment's
// directory. It rejects everything outside of that directory.
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
