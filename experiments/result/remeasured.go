package result

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Finished pictures can be measured once more with another yardstick. A published run
// never changes, so these measures are beside the runs: .measures/<yardstick>/<id>.json,
// where id is the run's identity. The file .measures/current names the yardstick whose
// measures readers use in place of the runs' own. It is written when all runs are
// measured, so that an interruption leaves the earlier measures in use.

// MeasuresDir is the directory of later measures in an experiment's directory.
const MeasuresDir = ".measures"

const currentFile = "current"

// CurrentMeasures is the path of the file that names the measures in use.
func CurrentMeasures(experiment string) string {
	return filepath.Join(experiment, MeasuresDir, currentFile)
}

// ReadRemeasured reads the measures of the run with that identity by the named
// yardstick.
func ReadRemeasured(experiment, yardstick, id string) (*Measures, error) {
	if err := checkRemeasured(yardstick, id); err != nil {
		return nil, err
	}
	path := filepath.Join(experiment, MeasuresDir, yardstick, id+".json")
	data, err := readPath(path, maxRunBytes)
	if err != nil {
		return nil, err
	}
	m, err := ParseMeasures(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// WriteRemeasured writes the measures of the run with that identity by the named
// yardstick. Readers use them after UseMeasures.
func WriteRemeasured(experiment, yardstick, id string, m *Measures) error {
	if err := checkRemeasured(yardstick, id); err != nil {
		return err
	}
	data, err := m.Marshal()
	if err != nil {
		return err
	}
	dir := filepath.Join(experiment, MeasuresDir, yardstick)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, id+".json"), data)
}

// UseMeasures makes readers use the measures by the named yardstick. If yardstick is
// empty, they use the runs' own measures. No measures are removed.
func UseMeasures(experiment, yardstick string) error {
	path := CurrentMeasures(experiment)
	if yardstick == "" {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	if err := checkRemeasured(yardstick, "id"); err != nil {
		return err
	}
	return WriteFile(path, []byte(yardstick+"\n"))
}

func checkRemeasured(yardstick, id string) error {
	if err := CheckName(yardstick); err != nil {
		return fmt.Errorf("yardstick: %w", err)
	}
	if err := CheckName(id); err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	return nil
}

// inUse returns the name of the yardstick whose measures are in use, or "" if these are
// the runs' own.
func (e *Experiment) inUse(root *os.Root) string {
	data, err := readFile(root, filepath.Join(MeasuresDir, currentFile), 1<<10)
	if os.IsNotExist(err) {
		return ""
	}
	name := strings.TrimSpace(string(data))
	if err == nil {
		err = CheckName(name)
	}
	if err != nil {
		e.warn("%s: %s; the runs' own measures are used", filepath.Join(MeasuresDir, currentFile), reason(err))
		return ""
	}
	return name
}

// remeasure replaces a run's own measures by those that are in use, if there are any.
func (e *Experiment) remeasure(root *os.Root, s *RunState) {
	s.Measures = s.own
	if e.states || e.measuredWith == "" || !s.Published || s.Run == nil || CheckName(s.ID) != nil {
		return
	}
	file := filepath.Join(MeasuresDir, e.measuredWith, s.ID+".json")
	data, err := readFile(root, file, maxRunBytes)
	if os.IsNotExist(err) {
		return
	}
	var m *Measures
	if err == nil {
		m, err = ParseMeasures(data)
	}
	if err == nil && m.Step != s.Run.Steps {
		err = fmt.Errorf("measured after %d steps, but the run has %d", m.Step, s.Run.Steps)
	}
	if err != nil {
		e.warn("run %q: %s: %s; its own measures are used", s.Name, file, reason(err))
		return
	}
	s.Measures = m
}
