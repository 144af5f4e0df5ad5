package result

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gonst/workbench/experiments/internal/mistake"
)

// Experiment is the content of an experiment's directory.
type Experiment struct {
	Dir      string
	Plan     *Plan
	Runs     []RunState // as in Plan.Runs
	Warnings []string   // what was damaged and left out, in words

	states       bool   // without the tables and measures of runs that have ended
	measuredWith string // the yardstick of later measures; "" if the runs' own are used
}

// RunState is the state of a planned run on the disk.
type RunState struct {
	PlannedRun
	Status    Status
	Published bool   // Dir is the published directory, not an attempt
	Dir       string // relative to the experiment's directory; "" if nothing is there
	Run       *Run   // nil if Waiting or Damaged
	Metrics   *Metrics
	Times     *Metrics
	Yardstick *Metrics  // nil if the run has none
	Measures  *Measures // nil until the run has ended, or if the run was made without measures; see MeasuresDir
	Image     string    // image.png relative to the experiment's directory; "" if there is none
	Files     []string  // names of the regular files in Dir, in order; nil if read by OpenStates
	Tags      []string  // what people call it, in alphabetical order; see TagsDir
	Note      string    // what people say about it

	own      *Measures // measures.json, as the run wrote it
	stamp    time.Time // of run.json, for OpenAgain
	warnings []string  // from reading it
}

// Names returns the names of experiments. If two are equal, it adds their directories.
func Names(all []*Experiment) []string {
	var names []string
	for _, e := range all {
		name := e.Plan.Experiment
		for _, o := range all {
			if o != e && o.Plan.Experiment == name {
				name = filepath.ToSlash(filepath.Clean(e.Dir))
				break
			}
		}
		for base, i := name, 2; slices.Contains(names, name); i++ {
			name = fmt.Sprintf("%s (%d)", base, i)
		}
		names = append(names, name)
	}
	return names
}

// Open reads an experiment's directory. It reads each planned run from its published
// directory or, if the run is not published, from the attempt with the most steps. Open
// returns an error only if the plan cannot be read (ErrIncompatible if the plan has
// another version's format). Any problem of a run becomes a warning.
func Open(dir string) (*Experiment, error) { return OpenAgain(dir, nil) }

// OpenAgain is Open for repeated reading. It reuses runs that were published when the
// directory was read before, because they never change. It reads a run that is not the
// same any more or that was replaced.
func OpenAgain(dir string, before *Experiment) (*Experiment, error) { return open(dir, before, false) }

// OpenStates is OpenAgain for programs that show progress. Of runs that have ended, it
// reads only run.json: their tables and measures are nil.
func OpenStates(dir string, before *Experiment) (*Experiment, error) { return open(dir, before, true) }

func open(dir string, before *Experiment, states bool) (*Experiment, error) {
	plan, err := ReadPlan(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, notExperiment(dir, err)
		}
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	e := &Experiment{Dir: dir, Plan: plan, Runs: make([]RunState, len(plan.Runs)), states: states}
	e.measuredWith = e.inUse(root)
	labels := e.labels(root)
	known := before.published()
	warnings := make([][]string, len(plan.Runs))
	eachOf(len(plan.Runs), func(i int) {
		one := *e // with warnings of its own
		one.Warnings = nil
		p := plan.Runs[i]
		s, ok := known[p.Name]
		if ok = ok && s.ID == p.ID && s.stamp.Equal(stamp(root, p.Name)); ok {
			s.PlannedRun = p
			one.Warnings = slices.Clone(s.warnings)
		} else {
			s = one.find(root, p)
			s.warnings = slices.Clone(one.Warnings)
		}
		one.remeasure(root, &s)
		s.Tags, s.Note = labels[s.ID].tags, labels[s.ID].note
		e.Runs[i], warnings[i] = s, one.Warnings
	})
	e.Warnings = append(e.Warnings, slices.Concat(warnings...)...)
	planned := map[string]bool{PlotsDir: true, InputsDir: true, EventsDir: true, AttemptsDir: true}
	for _, p := range plan.Runs {
		planned[p.Name] = true
	}
	for _, name := range subdirs(root, ".") {
		if !planned[name] && name[0] != '.' {
			e.warn("the directory %q is not a run of %s and is ignored", name, PlanFile)
		}
	}
	return e, nil
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// notExperiment describes a directory without a plan: a run, or a directory with the experiments
// that are in it.
func notExperiment(dir string, err error) error {
	if parent := filepath.Dir(filepath.Clean(dir)); exists(filepath.Join(dir, RunFile)) && exists(filepath.Join(parent, PlanFile)) {
		return mistake.Errorf("%s is a run of the experiment %s: name the experiment%w", dir, parent, silent{err})
	}
	inside, _ := filepath.Glob(filepath.Join(escaped(dir), "*", PlanFile))
	if len(inside) == 0 {
		return mistake.Errorf("%s is not an experiment's directory: it has no %s%w", dir, PlanFile, silent{err})
	}
	var some []string
	for _, path := range inside[:min(len(inside), 4)] {
		some = append(some, filepath.Dir(path))
	}
	if len(inside) > len(some) {
		some = append(some, "…")
	}
	return mistake.Errorf("%s is not an experiment's directory, but holds %d: name one or more of %s%w", dir, len(inside), strings.Join(some, ", "), silent{err})
}

// escaped quotes a path for Glob. Windows has no escapes in patterns.
func escaped(path string) string {
	if runtime.GOOS == "windows" {
		return path
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// silent is an error without a text, for errors.Is.
type silent struct{ error }

func (s silent) Error() string { return "" }
func (s silent) Unwrap() error { return s.error }

// eachOf calls f for 0 to n-1, on all processors.
func eachOf(n int, f func(i int)) {
	var group sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		group.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	group.Wait()
}

// published returns the published runs by name.
func (e *Experiment) published() map[string]RunState {
	if e == nil {
		return nil
	}
	all := map[string]RunState{}
	for _, s := range e.Runs {
		if s.Published && s.Run != nil {
			all[s.Name] = s
		}
	}
	return all
}

// stamp returns the time when a run's record was written, or zero if it has none.
func stamp(root *os.Root, dir string) time.Time {
	info, err := root.Stat(filepath.Join(dir, RunFile))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// ReadFile reads a regular file of at most limit bytes, named relative to the
// experiment's directory. It reads nothing outside of that directory.
func (e *Experiment) ReadFile(name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(e.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := readFile(root, filepath.FromSlash(name), limit)
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return nil, path.Err // the caller knows the name
	}
	return data, err
}

func (e *Experiment) warn(format string, args ...any) {
	e.Warnings = append(e.Warnings, fmt.Sprintf(format, args...))
}

// reason returns an error's text without the parts that a warning states anyway.
func reason(err error) string {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// subdirs returns the names of the directories in a directory, in order, or none if it
// cannot be read.
func subdirs(root *os.Root, name string) []string { return entries(root, name, fs.DirEntry.IsDir) }

// files is subdirs for the regular files.
func files(root *os.Root, name string) []string {
	return entries(root, name, func(d fs.DirEntry) bool { return d.Type().IsRegular() })
}

func entries(root *os.Root, name string, wanted func(fs.DirEntry) bool) []string {
	if info, err := root.Stat(name); err != nil || !info.IsDir() {
		return nil
	}
	d, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer d.Close()
	all, _ := d.ReadDir(-1)
	names := make([]string, 0, len(all))
	for _, entry := range all {
		if wanted(entry) {
			name := entry.Name()
			share(&name)
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
