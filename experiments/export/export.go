// Package export hands results to other people's tools: tables for pandas, R and
// DVC, event files for TensorBoard, runs for an MLflow server. It reads result
// directories and knows nothing of how they were made.
package export

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/gonst/workbench/experiments/result"
)

// Run is a run with all that its directory says of it.
type Run struct {
	result.RunState
	Experiment *result.Experiment
	Config     []result.Setting // without name, title and description; nil if there is none
}

// Open reads experiments' directories. What is odd about a run is a warning, and
// never keeps the others from being exported.
func Open(dirs ...string) (runs []Run, warnings []string, err error) {
	for _, dir := range dirs {
		e, err := result.Open(dir)
		if err != nil {
			return nil, nil, err
		}
		for _, w := range e.Warnings {
			warnings = append(warnings, dir+": "+w)
		}
		for _, s := range e.Runs {
			runs = append(runs, newRun(e, s))
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

// path is where a file of the run lies.
func (r Run) path(name string) string { return filepath.Join(r.Experiment.Dir, r.Dir, name) }

// problem is why a run is not done, in words.
func (r Run) problem() string {
	switch {
	case r.Status == result.Damaged:
		return "what is in its directory cannot be used"
	case r.Run != nil && r.Run.Failure != nil:
		return r.Run.Failure.Error
	}
	return ""
}

// Row is one logged step of a run.
type Row struct {
	Step    int
	Seconds float64 // NaN where times.csv does not say
	Values  []float64
}

// Curves are all that a run has logged, step by step. Columns are those of
// metrics.csv but for the step, then those of yardstick.csv as
// "yardstick.<column>"; a value is NaN where a run has none, and Missing tells that
// from a NaN that was logged.
type Curves struct {
	Columns []string
	Rows    []Row
	missing map[[2]int]bool // row, column
}

// Missing reports whether nothing was logged there.
func (c *Curves) Missing(row, column int) bool { return c.missing[[2]int{row, column}] }

// Curves joins the run's tables by their steps.
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
			if t.next < len(t.m.Rows) {
				least = math.Min(least, t.m.Rows[t.next][t.step])
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
			here := t.next < len(t.m.Rows) && !(t.m.Rows[t.next][t.step] > least)
			at := t.from
			for j := range t.m.Columns {
				if j == t.step {
					continue
				}
				if here {
					row.Values[at] = t.m.Rows[t.next][j]
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

// counted is a number with its noun.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
