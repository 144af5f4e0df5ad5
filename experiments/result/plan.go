package result

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/BurntSushi/toml"
)

// Plan is plan.toml: the runs of an experiment, frozen when it first starts. The same
// plan gives the same bytes.
type Plan struct {
	Format      int    `toml:"format"` // WritePlan sets it
	Experiment  string `toml:"experiment"`
	Title       string `toml:"title,omitempty"`
	Description string `toml:"description,omitempty"`
	// Source is the configuration: a path, relative to the experiment's directory if that
	// is possible, with slashes; or "preset:NAME". Empty if it is not known.
	Source string `toml:"source,omitempty"`

	Search *Search      `toml:"search,omitempty"` // what the runs are judged by, and how they are chosen; nil if nothing is said
	Inputs []Input      `toml:"inputs,omitempty"` // input pictures, in the order of display
	Axes   []Axis       `toml:"axes,omitempty"`   // axes that vary; none for a single run
	Runs   []PlannedRun `toml:"runs"`             // in the order of display
}

// Axis is a setting that varies between the runs.
type Axis struct {
	Key    string   `toml:"key"`             // the configuration's key: "loss.style.weight"
	Label  string   `toml:"label,omitempty"` // for people: "style weight"; empty: the key
	Values []string `toml:"values"`          // in the form and order of display, all different
}

// Name returns the axis' label, or its key if it has none.
func (a Axis) Name() string {
	if a.Label != "" {
		return a.Label
	}
	return a.Key
}

// Numeric reports whether all values of the axis are numbers.
func (a Axis) Numeric() bool {
	return !slices.ContainsFunc(a.Values, func(v string) bool {
		_, err := strconv.ParseFloat(v, 64)
		return err != nil
	})
}

// PlannedRun is one run of a plan.
type PlannedRun struct {
	Name   string            `toml:"name"`             // its directory: readable, unique; see CheckName
	ID     string            `toml:"id"`               // its identity, which run.json must repeat
	Values map[string]string `toml:"values,omitempty"` // axis key to one of that axis' values; an axis may be left out
	Origin string            `toml:"origin,omitempty"` // of a search: what chose the values, such as "tpe"
}

// Search describes a search, or what the runs of another sweep are judged by. Package
// search reads it.
type Search struct {
	Method   string            `toml:"method"` // of the sweep: "tpe", "grid"
	Seed     uint64            `toml:"seed,omitzero"`
	Startup  int               `toml:"startup,omitzero"`
	Maximize []string          `toml:"maximize,omitempty"`
	Minimize []string          `toml:"minimize,omitempty"`
	Subject  map[string]string `toml:"subject,omitempty"` // bounds by measure: ">= 0.7"
	Budget   string            `toml:"budget,omitempty"`  // "40 runs" or a time such as "3h0m0s"
	Prune    string            `toml:"prune,omitempty"`   // the rule that stops runs early
	Rungs    []int             `toml:"rungs,omitempty"`   // the steps after which it judges
	Keep     int               `toml:"keep,omitzero"`
	After    int               `toml:"after,omitzero"`
	Votes    int               `toml:"votes,omitzero"` // with the goal "votes": answers about each picture before the next trial
}

// Rung is one line of SearchDir/RungsFile: what a run had when it reached a rung of
// pruning.
type Rung struct {
	ID      string  `json:"id"` // of the run
	Step    int     `json:"step"`
	Values  []Float `json:"values"` // of the goals
	Excess  Float   `json:"excess"` // over the bounds
	Seconds float64 `json:"seconds"`
}

// Told is one line of SearchDir/ToldFile: the value of a trial that came from outside.
type Told struct {
	Trial int       `json:"trial"` // its number, from 1
	Value Float     `json:"value"`
	From  string    `json:"from,omitempty"` // who told it
	At    time.Time `json:"at"`
}

// Input is an input picture of the experiment. A small copy of it (a long side of at
// most 512 pixels is enough) is in the experiment's directory.
type Input struct {
	Role  string `toml:"role"`            // "content", "style" or "start"
	Label string `toml:"label,omitempty"` // for people: "tubingen.jpg"
	File  string `toml:"file"`            // picture relative to the experiment's directory, with slashes: "inputs/style-1.png"
	Key   string `toml:"key,omitempty"`   // if this picture is one value of an axis: the axis' key,
	Value string `toml:"value,omitempty"` // and the value
}

// Validate returns an error if the plan is invalid.
func (p *Plan) Validate() error {
	if p.Experiment == "" {
		return errors.New("the plan has no experiment name")
	}
	axes := make(map[string][]string, len(p.Axes))
	for i, a := range p.Axes {
		if a.Key == "" {
			return fmt.Errorf("axis %d of the plan has no key", i+1)
		}
		if _, twice := axes[a.Key]; twice {
			return fmt.Errorf("the plan has two axes with the key %q", a.Key)
		}
		seen := make(map[string]bool, len(a.Values))
		for _, v := range a.Values {
			if seen[v] {
				return fmt.Errorf("the axis %q has the value %q twice", a.Key, v)
			}
			seen[v] = true
		}
		axes[a.Key] = a.Values
	}
	for i, in := range p.Inputs {
		if !filepath.IsLocal(filepath.FromSlash(in.File)) {
			return fmt.Errorf("input %d of the plan, %q, is not a path within the experiment's directory", i+1, in.File)
		}
	}
	names := make(map[string]bool, len(p.Runs))
	for _, r := range p.Runs {
		if err := CheckName(r.Name); err != nil {
			return err
		}
		if names[r.Name] {
			return fmt.Errorf("the plan has two runs named %q", r.Name)
		}
		names[r.Name] = true
		for key, value := range r.Values {
			values, ok := axes[key]
			if !ok {
				return fmt.Errorf("run %q has a value for %q, which is not an axis of the plan", r.Name, key)
			}
			if !slices.Contains(values, value) {
				return fmt.Errorf("run %q has %s = %q, which is not one of the axis' values %q", r.Name, key, value, values)
			}
		}
	}
	return nil
}

// WritePlan writes dir/plan.toml as a whole. It sets p.Format.
func WritePlan(dir string, p *Plan) error {
	p.Format = Format
	if err := p.Validate(); err != nil {
		return err
	}
	data, err := p.Marshal()
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, PlanFile), data)
}

// Marshal returns the bytes of plan.toml.
func (p *Plan) Marshal() ([]byte, error) {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("%s: %w", PlanFile, err)
	}
	return b.Bytes(), nil
}

// ReadPlan reads dir/plan.toml. It returns fs.ErrNotExist for a missing file and
// ErrIncompatible for another format.
func ReadPlan(dir string) (*Plan, error) {
	path := filepath.Join(dir, PlanFile)
	data, err := readPath(path, maxPlanBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p, err := ParsePlan(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// ParsePlan reads the bytes of a plan.toml.
func ParsePlan(data []byte) (*Plan, error) {
	if err := checkThere(data); err != nil {
		return nil, err
	}
	p := new(Plan)
	if _, err := toml.Decode(string(data), p); err != nil || p.Format != Format {
		// A newer plan may not fit into the type, so its format is the error.
		var head struct {
			Format int `toml:"format"`
		}
		if _, err := toml.Decode(string(data), &head); err != nil {
			return nil, fmt.Errorf("not a plan: %w", err)
		}
		if err := checkFormat(PlanFile, head.Format); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("not a plan: %w", err)
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, nil
}
