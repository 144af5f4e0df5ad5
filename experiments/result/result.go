// Package result defines the files of a results directory: their names, types, readers
// and writers. Programs that make runs write through it, and programs that compare runs
// read through it. They do not depend on each other, so old results stay readable when
// the engine changes.
//
//	<experiment>/
//	  plan.toml                  the frozen plan (Plan)
//	  inputs/*.png               small copies of the pictures that went in (Plan.Inputs)
//	  index.html summary.csv plots/   what a report makes of the rest
//	  tensorboard/               event files of runs, made of the rest as well
//	  <run>/                     published by one rename; never changes again
//	    config.toml              the resolved configuration
//	    run.json                 how it ended, provenance, counts, warnings (Run)
//	    metrics.csv              a row for each logged step (Metrics)
//	    times.csv                step,seconds (Metrics): apart, because times are
//	                             never the same twice and metrics.csv is
//	    yardstick.csv            a row every some steps, on a fixed network (Metrics); may be missing
//	    measures.json            how the picture compares (Measures); may be missing
//	    print.png print.tif      the picture with 16 bits a channel, if [log] print is set
//	    image.png frames/000100.png checkpoint log.txt
//	  .measures/<yardstick>/<id>.json later measures of the run with that identity (Measures)
//	  .tags/*.json               changes of tags and notes (Tagging)
//	  .launch/                   logs and notes of launchers
//	  .search/told.jsonl         values of trials that came from outside (Told)
//	  .search/rungs.jsonl        what runs had at the rungs of pruning (Rung)
//	  .attempts/<run>/<attempt>/ the same files while they are being made
//
// Readers accept any content: no file makes them panic, read outside of the directory,
// or read without end.
package result

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gonst/workbench/internal/atomicfile"

	"github.com/gonst/workbench/experiments/internal/mistake"
)

// Format is the version of the directory's files that this package reads and writes. It
// changes if an older reader would misunderstand a newer file. An addition does not
// change it.
const Format = 1

// Names within an experiment's directory.
const (
	PlanFile    = "plan.toml"
	IndexFile   = "index.html"
	SummaryFile = "summary.csv"
	PlotsDir    = "plots"
	InputsDir   = "inputs"
	EventsDir   = "tensorboard"
	AttemptsDir = ".attempts"
	LaunchDir   = ".launch" // logs and notes of launchers
	SearchDir   = ".search" // of a search: its lock, and what was told
	ToldFile    = "told.jsonl"
	RungsFile   = "rungs.jsonl" // what runs had at the rungs of pruning
)

// Names within a run's directory, published or attempted.
const (
	RunFile        = "run.json"
	ConfigFile     = "config.toml"
	MetricsFile    = "metrics.csv"
	TimesFile      = "times.csv"
	YardstickFile  = "yardstick.csv"
	MeasuresFile   = "measures.json"
	ImageFile      = "image.png"
	PrintPNGFile   = "print.png" // the result with 16 bits a channel
	PrintTIFFFile  = "print.tif"
	CheckpointFile = "checkpoint"
	LogFile        = "log.txt"
	FramesDir      = "frames"
)

// ErrIncompatible reports that a file has the format of another version of the program,
// which this version does not know.
var ErrIncompatible = mistake.Errorf("written in a format that this version does not read")

// FrameFile returns the name of the picture of a step within a run's directory.
func FrameFile(step int) string {
	return filepath.Join(FramesDir, fmt.Sprintf("%06d.png", step))
}

// RunDir returns the directory of a published run. Each attempt has a directory in
// Attempts. Publishing is one os.Rename of an attempt's directory to RunDir.
func RunDir(experiment, run string) string { return filepath.Join(experiment, run) }

// Attempts returns the directory of the attempts at a run. See RunDir.
func Attempts(experiment, run string) string { return filepath.Join(experiment, AttemptsDir, run) }

// CheckName returns an error if name cannot be the name of a run or of an attempt. It
// is the name of a directory, so it must not be empty, hidden, reserved, or longer than
// 200 bytes, and must not contain a separator, a control character or a character that
// some file system rejects.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("a run requires a name")
	case len(name) > 200:
		return fmt.Errorf("the name %.40q… has %d bytes; at most 200 are accepted", name, len(name))
	case !utf8.ValidString(name):
		return fmt.Errorf("the name %q is not UTF-8", name)
	case name[0] == '.' || strings.HasSuffix(name, ".") || strings.TrimSpace(name) != name:
		return fmt.Errorf("the name %q begins or ends with a dot or a space", name)
	}
	for _, r := range name {
		if unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return fmt.Errorf("the name %q contains %q, which a directory's name cannot contain", name, r)
		}
	}
	switch name {
	case PlanFile, IndexFile, SummaryFile, PlotsDir, InputsDir, EventsDir:
		return fmt.Errorf("the name %q is reserved in a results directory", name)
	}
	return nil
}

// checkThere returns an error if nothing is left of a file: after a power cut it can
// have no bytes, or only zeros.
func checkThere(data []byte) error {
	if len(bytes.Trim(data, "\x00 \t\r\n")) == 0 {
		return errors.New("it is empty, as after a power cut")
	}
	return nil
}

func checkFormat(file string, found int) error {
	if found == Format {
		return nil
	}
	what := fmt.Sprintf("format %d", found)
	if found == 0 {
		what = "no format"
	}
	return fmt.Errorf("%w: %s states %s, this version reads format %d; use another results directory, or the version that wrote this one",
		ErrIncompatible, file, what, Format)
}

// WriteFile replaces a file of a results directory as a whole: a reader sees the old
// bytes or the new ones, also after a crash.
func WriteFile(path string, data []byte) error {
	return atomicfile.WriteFile(path, data)
}

// readFile reads a regular file of at most limit bytes below root. It rejects pipes and
// devices, which could block, and links that lead out of root.
func readFile(root *os.Root, name string, limit int64) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, mistake.Errorf("%s is not a regular file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, limit>>20)
	}
	return data, nil
}

// readPath is readFile for the path of a caller.
func readPath(path string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return readFile(root, filepath.Base(path), limit)
}

// Limits of what readers load into memory.
const (
	maxPlanBytes    = 64 << 20
	maxRunBytes     = 16 << 20
	maxMetricsBytes = 256 << 20
)
