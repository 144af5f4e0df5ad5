// Package export exports results to other tools: tables for pandas, R and DVC, event
// files for TensorBoard, runs for an MLflow server and for Weights & Biases. It depends
// only on result directories.
package export

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"

	"github.com/gonst/workbench/experiments/result"
)

// Run is a run with everything in its directory.
type Run struct {
	result.RunState
	Experiment *result.Experiment
	Config     []result.Setting // without name, title and description; nil if there is none

	within string // the experiment's name; with its directory if two have the same
}

// experiment names the run's experiment in tables.
func (r Run) experiment() string { return cmp.Or(r.within, r.Experiment.Plan.Experiment) }

// Open reads experiments' directories. A fault of a run becomes a warning and does not
// prevent the export of the others.
func Open(dirs ...string) (runs []Run, warnings []string, err error) {
	var all []*result.Experiment
	for _, dir := range dirs {
		e, err := result.Open(dir)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, e)
	}
	names := result.Names(all)
	for i, e := range all {
		for _, w := range e.Warnings {
			warnings = append(warnings, dirs[i]+": "+w)
		}
		for _, s := range e.Runs {
			r := newRun(e, s)
			r.within = names[i]
			runs = append(runs, r)
		}
	}
	return runs, warnings, nil
}

func newRun(e *result.Experiment, s result.RunState) Run {
	r := Run{RunState: s, Experiment: e}
	for _, c := range e.Config(s) {
		if c.Key != "name" && c.Key != "title" && c.Key != "description" {
			r.Config = append(r.Config, c)
		}
	}
	return r
}

// path returns the path of a file of the run.
func (r Run) path(name string) string { return filepath.Join(r.Experiment.Dir, r.Dir, name) }

// problem describes why a run is not done.
func (r Run) problem() string {
	switch {
	case r.Status == result.Damaged:
		return "what is in its directory cannot be used"
	case r.Run != nil && r.Run.Failure != nil:
		return r.Run.Failure.Error
	case r.Status == result.Stopped:
		return "stopped early " + r.Run.Pruned
	}
	return ""
}

// Row is one logged step of a run.
type Row struct {
	Step    int
	Seconds float64 // NaN if times.csv does not have it
	Values  []float64
}

// Curves is everything that a run has logged, step by step. The columns are those of
// metrics.csv without the step, then those of yardstick.csv as "yardstick.<column>". A
// missing value is NaN; Missing distinguishes it from a logged NaN.
type Curves struct {
	Columns []string
	Rows    []Row
	missing map[[2]int]bool // row, column
}

// Missing reports whether the value was not logged.
func (c *Curves) Missing(row, column int) bool { return c.missing[[2]int{row, column}] }

// Curves joins the run's tables by step.
func (r Run) Curves() *Curves {
	c := &Curves{missing: map[[2]int]bool{}}
	seconds := map[float64]float64{}
	if at, s := r.Times.Column(result.ColumnStep), r.Times.Column(result.ColumnSeconds); s != nil {
		for i, step := range at {
			seconds[step] = s[i]
		}
	}
	type table struct {
		m    *result.Metrics
		step int // column
		next int // row
		from int // its first column among all
	}
	var tables []*table
	for i, m := range []*result.Metrics{r.Metrics, r.Yardstick} {
		if m == nil {
			continue
		}
		t := &table{m: m, step: -1, from: len(c.Columns)}
		for j, name := range m.Columns {
			switch {
			case name == result.ColumnStep:
				t.step = j
				continue
			case i == 1:
				name = "yardstick." + name
			}
			c.Columns = append(c.Columns, name)
		}
		if t.step < 0 {
			c.Columns = c.Columns[:t.from]
			continue
		}
		tables = append(tables, t)
	}
	for {
		least := math.Inf(1)
		for _, t := range tables {
			if t.next < t.m.Len() {
				least = math.Min(least, t.m.Values[t.step][t.next])
			}
		}
		if math.IsInf(least, 1) {
			return c
		}
		row := Row{Step: int(least), Seconds: math.NaN(), Values: make([]float64, len(c.Columns))}
		if s, ok := seconds[least]; ok {
			row.Seconds = s
		}
		for _, t := range tables {
			here := t.next < t.m.Len() && !(t.m.Values[t.step][t.next] > least)
			at := t.from
			for j := range t.m.Columns {
				if j == t.step {
					continue
				}
				if here {
					row.Values[at] = t.m.Values[j][t.next]
				} else {
					row.Values[at] = math.NaN()
					c.missing[[2]int{len(c.Rows), at}] = true
				}
				at++
			}
			if here {
				t.next++
			}
		}
		c.Rows = append(c.Rows, row)
	}
}

// counted formats a number with its noun.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
