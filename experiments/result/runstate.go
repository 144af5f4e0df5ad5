package result

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// find reads the state of a planned run.
func (e *Experiment) find(root *os.Root, p PlannedRun) RunState {
	for range 2 { // an attempt may be published during the reading: then read a second time
		if _, err := root.Stat(p.Name); err == nil {
			return e.read(root, p, p.Name, true)
		}
		if s := e.furthest(root, p); s.Status != Waiting {
			return s
		}
	}
	return RunState{PlannedRun: p, Status: Waiting}
}

// furthest reads a run's attempts. It chooses the one with the most steps, then the one
// that started last, then the last by name.
func (e *Experiment) furthest(root *os.Root, p PlannedRun) RunState {
	best := RunState{PlannedRun: p, Status: Waiting}
	parent := filepath.Join(AttemptsDir, p.Name)
	for _, name := range subdirs(root, parent) {
		dir := filepath.Join(parent, name)
		if _, err := root.Stat(filepath.Join(dir, RunFile)); errors.Is(err, fs.ErrNotExist) {
			continue // it has just begun, or has just been published
		}
		s := e.read(root, p, dir, false)
		if s.Run == nil {
			continue // read has warned
		}
		if best.Run == nil || s.steps() > best.steps() ||
			s.steps() == best.steps() && !s.Run.Started.Before(best.Run.Started) {
			best = s
		}
	}
	return best
}

// steps returns the number of steps of a run from its metrics, which are written more
// often than run.json.
func (s RunState) steps() float64 {
	if steps := s.Metrics.Column(ColumnStep); len(steps) > 0 {
		return steps[len(steps)-1]
	}
	return float64(s.Run.Steps)
}

// read reads one directory of a run.
func (e *Experiment) read(root *os.Root, p PlannedRun, dir string, published bool) RunState {
	s := RunState{PlannedRun: p, Status: Damaged, Published: published, Dir: dir}
	at := dir
	if published { // an attempt may be renamed, which an open directory prevents on Windows
		if own, err := root.OpenRoot(dir); err == nil {
			defer own.Close()
			root, at = own, "."
		}
	}
	s.stamp = stamp(root, at)
	data, err := readFile(root, filepath.Join(at, RunFile), maxRunBytes)
	if err == nil {
		s.Run, err = ParseRun(data)
	}
	switch {
	case err != nil:
		e.warn("run %q: %s", p.Name, reason(err))
		return s
	case s.Run.ID != p.ID:
		e.warn("run %q: %s belongs to the run %q, but the plan states %q: it was edited, or copied from another place",
			p.Name, filepath.Join(dir, RunFile), s.Run.ID, p.ID)
		s.Run = nil
		return s
	case published && s.Run.Status != Done && s.Run.Status != Failed:
		e.warn("run %q: published with the status %q, but has not ended", p.Name, s.Run.Status)
	}
	s.Status = s.Run.Status
	switch {
	case s.Status == Done && s.Run.Pruned != "":
		s.Status = Stopped
	case s.Status == Running && !published:
		if holder, ok := ReadHolder(Attempts(e.Dir, p.Name)); ok && holder.Gone() {
			s.Status = Killed
		}
	}
	if e.states && published {
		if e.Plan.Search != nil { // its best trial is shown
			s.own = e.measures(root, at, s)
		}
		return s
	}
	s.Files = files(root, at)
	s.Metrics = e.metrics(root, at, s, MetricsFile)
	s.Times = e.metrics(root, at, s, TimesFile)
	s.Yardstick = e.metrics(root, at, s, YardstickFile)
	s.own = e.measures(root, at, s)
	s.Measures = s.own
	if slices.Contains(s.Files, ImageFile) {
		s.Image = filepath.Join(dir, ImageFile)
	} else if s.Status == Done || s.Status == Stopped {
		e.warn("run %q: %s, but %s is missing", p.Name, s.Status, ImageFile)
	}
	return s
}

func (e *Experiment) metrics(root *os.Root, at string, s RunState, file string) *Metrics {
	data, err := readFile(root, filepath.Join(at, file), maxMetricsBytes)
	if errors.Is(err, fs.ErrNotExist) && (s.Status != Done && s.Status != Stopped || file == YardstickFile) {
		return nil
	}
	var m *Metrics
	if err == nil {
		m, err = ParseMetrics(data)
	}
	if err != nil {
		e.warn("run %q: %s: %s", s.Name, file, reason(err))
	} else if file == MetricsFile && m.Len() == 0 && (s.Status == Done || s.Status == Stopped) {
		e.warn("run %q: %s, but %s has no rows", s.Name, s.Status, file)
	}
	return m
}

func (e *Experiment) measures(root *os.Root, at string, s RunState) *Measures {
	data, err := readFile(root, filepath.Join(at, MeasuresFile), maxRunBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var m *Measures
	if err == nil {
		m, err = ParseMeasures(data)
	}
	if err != nil {
		e.warn("run %q: %s: %s", s.Name, MeasuresFile, reason(err))
		return nil
	}
	return m
}
