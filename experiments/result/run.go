package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"time"
)

// Status is the state of a run.
type Status string

const (
	Done        Status = "done"        // completed; Run.Stop gives the reason for stopping
	Failed      Status = "failed"      // ended by an error that would occur every time; Run.Failure describes it
	Interrupted Status = "interrupted" // stopped from outside; continues from its checkpoint
	Running     Status = "running"     // at work

	// Only a RunState has these; run.json never does.
	Stopped Status = "stopped" // run.json says done, but a rule of pruning ended it early (Run.Pruned): its numbers are of fewer steps
	Killed  Status = "killed"  // run.json says running, but its process on this machine has ended
	Waiting Status = "waiting" // no file of the run exists yet
	Damaged Status = "damaged" // the files cannot be used
)

// Over reports whether the run's state is final: running the same command changes
// nothing.
func (s Status) Over() bool { return s.Ended() || s == Damaged }

// Ended reports whether the run has a result that is published.
func (s Status) Ended() bool { return s == Done || s == Stopped || s == Failed }

// Run is run.json: how a run ended and what it was made from.
type Run struct {
	Format  int    `json:"format"` // WriteRun sets it
	Name    string `json:"name"`
	ID      string `json:"id"`
	Attempt string `json:"attempt,omitempty"`

	Status  Status   `json:"status"`
	Stop    string   `json:"stop,omitempty"`    // why it stopped, in words: "all 300 steps done"
	Pruned  string   `json:"pruned,omitempty"`  // if a search stopped it early: why; its checkpoint continues it
	Failure *Failure `json:"failure,omitempty"` // if Status is Failed

	Steps       int     `json:"steps"`            // completed, over all attempts
	Planned     int     `json:"planned"`          // maximum
	Stages      []Stage `json:"stages,omitempty"` // empty if the run has no stages
	Evaluations int     `json:"evaluations"`      // of the objective and its gradient
	Seconds     float64 `json:"seconds"`          // spent on steps, over all attempts
	Total       Float   `json:"total"`            // the objective at the last step logged
	Terms       []Term  `json:"terms"`            // its terms, in the objective's order
	Width       int     `json:"width"`            // pixels
	Height      int     `json:"height"`           // pixels

	Provenance Provenance `json:"provenance"`
	Started    time.Time  `json:"started"`  // the first attempt
	Finished   time.Time  `json:"finished"` // zero while it runs
	Warnings   []string   `json:"warnings,omitempty"`

	// Sums are the SHA-256 of the directory's other files by name, in
	// hexadecimal, so that a file changed by hand is noticed.
	Sums map[string]string `json:"sums,omitempty"`
}

// Stage is a part of a run from coarse to fine.
type Stage struct {
	Size  int `json:"size"` // pixels of the side that the configuration names
	Steps int `json:"steps"`
}

// StageAt returns the stage in which a step is made, as "stage 2 of 3, 384 px"; empty
// without stages.
func (r *Run) StageAt(step int) string {
	for i, s := range r.Stages {
		if step < s.Steps || i == len(r.Stages)-1 {
			return fmt.Sprintf("stage %d of %d, %d px", i+1, len(r.Stages), s.Size)
		}
		step -= s.Steps
	}
	return ""
}

// Term is one term of the objective. It adds Weight * Value to the total. Value alone
// compares between runs of different weights; it is also the value in the term's column
// of metrics.csv. The weight is negative if the term is maximised.
type Term struct {
	Name   string `json:"name"`
	Weight Float  `json:"weight"`
	Value  Float  `json:"value"`
}

// Failure is the reason why a run failed. If a value was not finite, Step, Term and
// Layer say where the first such value appeared.
type Failure struct {
	Error string `json:"error"`
	Step  int    `json:"step,omitempty"`
	Term  string `json:"term,omitempty"`
	Layer string `json:"layer,omitempty"`
}

// Provenance describes what made a run, besides its configuration.
type Provenance struct {
	Program   string `json:"program"`            // version of this program
	Go        string `json:"go"`                 // runtime.Version()
	ISA       string `json:"isa"`                // the kernels' instruction set: "avx2", "portable"
	Platform  string `json:"platform"`           // "linux/amd64"
	Network   string `json:"network"`            // "pyramid", "vgg19"
	Numerical string `json:"numerical"`          // the engine's numerical version: changes when results change
	Identity  int    `json:"identity,omitempty"` // how the ID was computed: see config.IdentityVersion; 0 is the first way
	Files     []File `json:"files,omitempty"`
}

// Kernels names the processors whose kernels give the same bits as those of the run: AVX-512
// and AVX2 agree in every bit, others in about six digits. It is empty if unknown.
func (p Provenance) Kernels() string {
	switch p.ISA {
	case "":
		return ""
	case "avx2", "avx512":
		return "AVX2 kernels"
	}
	return p.ISA + " kernels on " + p.Platform
}

// File is a file that a run read: an image or weights.
type File struct {
	Role   string `json:"role"` // "content", "style", "start", "weights"
	Name   string `json:"name"` // for people; not part of the identity
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size,omitempty"` // bytes; 0 if it was not recorded
}

// Float is a float64 that JSON can also hold if it is not finite: then it is written as
// "NaN", "+Inf" or "-Inf".
type Float float64

// MarshalJSON writes a number, or a string if f is not finite.
func (f Float) MarshalJSON() ([]byte, error) {
	s := strconv.FormatFloat(float64(f), 'g', -1, 64)
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		s = strconv.Quote(s)
	}
	return []byte(s), nil
}

// UnmarshalJSON reads the output of MarshalJSON. null does not change f.
func (f *Float) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	s := string(data)
	if len(s) > 0 && s[0] == '"' {
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("%s is not a number", data)
	}
	*f = Float(v)
	return nil
}

// WriteRun writes dir/run.json as a whole. dir is the directory of a run or an attempt.
// It sets r.Format.
func WriteRun(dir string, r *Run) error {
	r.Format = Format
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("%s: %w", RunFile, err)
	}
	return WriteFile(filepath.Join(dir, RunFile), b.Bytes())
}

// ReadRun reads dir/run.json. It returns fs.ErrNotExist for a missing file and
// ErrIncompatible for another format.
func ReadRun(dir string) (*Run, error) {
	path := filepath.Join(dir, RunFile)
	data, err := readPath(path, maxRunBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := ParseRun(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// parse reads JSON into v, whose format is a field of it. A file of another format may not
// fit into the type, so its format is the error.
func parse(data []byte, file string, v any, format *int) error {
	if err := checkThere(data); err != nil {
		return err
	}
	err := json.Unmarshal(data, v)
	if err == nil && *format == Format {
		return nil
	}
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("not a %s: %w", file, err)
	}
	if err := checkFormat(file, head.Format); err != nil {
		return err
	}
	return fmt.Errorf("not a %s: %w", file, err)
}

// ParseRun reads the bytes of a run.json.
func ParseRun(data []byte) (*Run, error) {
	r := new(Run)
	if err := parse(data, RunFile, r, &r.Format); err != nil {
		return nil, err
	}
	switch r.Status {
	case Done, Failed, Interrupted, Running:
	default:
		return nil, fmt.Errorf("not a run.json: the status is %q, none of %q", r.Status, []Status{Done, Failed, Interrupted, Running})
	}
	if r.Steps < 0 || r.Planned < 0 || r.Evaluations < 0 || r.Seconds < 0 || r.Width < 0 || r.Height < 0 {
		return nil, fmt.Errorf("not a run.json: a count, a size or a time is negative")
	}
	return r, nil
}
