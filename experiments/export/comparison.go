package export

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/result"
)

// A Comparison is a table of runs: how they differ, and their results. A cell is nil, a
// string, bool, int or float64.
type Comparison struct {
	Columns []string
	Rows    [][]any
	Notes   []string // what does not compare, and how to make it compare
}

// Compare makes a table of the keys in which the runs differ, their progress, the total
// and the terms, and one measure of each group, or with all every measure that is not of
// a single layer. Numbers of different yardsticks or networks do not compare: they
// have separate columns, and Notes explains it.
func Compare(runs []Run, measures bool) *Comparison {
	c := &Comparison{Rows: make([][]any, len(runs)), Notes: result.ScaleNotes(states(runs))}
	all := runTable(runs)
	// add copies a column, with only the runs that keep accepts.
	add := func(name, column string, keep func(Run) bool) {
		i := slices.Index(all.columns, column)
		if i < 0 || !slices.ContainsFunc(runs, keep) {
			return
		}
		if slices.Contains(c.Columns, name) {
			name = column // a term may have the name of another column
		}
		c.Columns = append(c.Columns, name)
		for k, row := range all.rows {
			var cell any
			if keep(runs[k]) {
				cell = row[i]
			}
			c.Rows[k] = append(c.Rows[k], cell)
		}
	}
	each := func(Run) bool { return true }
	if slices.ContainsFunc(runs, func(r Run) bool { return r.Experiment != runs[0].Experiment }) {
		add("experiment", "experiment", each)
	}
	var configs [][]result.Setting
	for _, r := range runs {
		configs = append(configs, r.Config)
	}
	varied := result.Varied(configs)
	for _, key := range varied {
		add(key, "config."+key, each)
	}
	if len(varied) == 0 || slices.ContainsFunc(runs, func(r Run) bool { return r.Config == nil }) {
		add("run", "run", each) // nothing else distinguishes them
	}
	for _, name := range []string{"tags", "note", "status", "steps", "evaluations", "seconds"} {
		add(name, name, each)
	}
	var networks []result.Scale
	for _, r := range runs {
		networks = append(networks, r.Network())
	}
	networks = result.Scales(networks)
	for _, name := range all.columns {
		term, ok := strings.CutPrefix(name, "final.")
		if !ok {
			continue
		}
		if term == result.ColumnTotal || len(networks) == 0 {
			add(term, name, each)
			continue
		}
		for nth, scale := range networks {
			add(result.ScaledKey(term, nth), name, func(r Run) bool { return r.Network().ID == scale.ID && r.hasTerm(term) })
		}
	}
	add("steps to 5 %", "near.steps", each)
	for _, m := range mainMeasures(runs, measures) {
		add(m.Key, "measure."+m.Measure.Key(), func(r Run) bool { return m.Of(r.RunState) != nil })
	}
	c.shortenPaths()
	return c
}

func (r Run) hasTerm(name string) bool {
	return r.Run != nil && slices.ContainsFunc(r.Run.Terms, func(t result.Term) bool { return t.Name == name })
}

// mainMeasures returns the measures that are not of a single layer: all, or the first of each group.
func mainMeasures(runs []Run, all bool) []result.MeasureColumn {
	return slices.DeleteFunc(result.MeasureColumns(states(runs)), func(c result.MeasureColumn) bool {
		return c.Measure.Layer != "" || !all && !c.Headline
	})
}

func states(runs []Run) []result.RunState {
	all := make([]result.RunState, len(runs))
	for i, r := range runs {
		all[i] = r.RunState
	}
	return all
}

// shortenPaths removes the directories of pictures and weights if their names alone
// distinguish them.
func (c *Comparison) shortenPaths() {
	for i, name := range c.Columns {
		if !result.IsFile(name) {
			continue
		}
		paths, bases := map[string]bool{}, map[string]bool{}
		for _, row := range c.Rows {
			if s, ok := row[i].(string); ok {
				paths[s], bases[filepath.Base(s)] = true, true
			}
		}
		if len(paths) != len(bases) {
			continue
		}
		for _, row := range c.Rows {
			if s, ok := row[i].(string); ok && !strings.Contains(s, " = ") {
				row[i] = filepath.Base(s)
			}
		}
	}
}

// Sort sorts the rows by a column, ascending, or descending with a minus before its
// name. The end of a name is enough if it is unique. Missing values come last.
func (c *Comparison) Sort(column string) error {
	name, down := strings.CutPrefix(column, "-")
	at := slices.Index(c.Columns, name)
	for i, full := range c.Columns {
		if at < 0 && strings.HasSuffix(full, "."+name) {
			at = i
		} else if strings.HasSuffix(full, "."+name) && slices.Index(c.Columns, name) < 0 {
			at = -1
			break
		}
	}
	if name == "" || at < 0 {
		return mistake.Errorf("unknown column %q: choose one of %s", name, strings.Join(c.Columns, ", "))
	}
	slices.SortStableFunc(c.Rows, func(x, y []any) int {
		a, b := x[at], y[at]
		if unknown(a)+unknown(b) > 0 {
			return unknown(a) - unknown(b)
		}
		n := compareCells(a, b)
		if down {
			return -n
		}
		return n
	})
	return nil
}

// unknown is 1 for a cell that cannot be ranked.
func unknown(v any) int {
	if f, ok := v.(float64); v == nil || ok && math.IsNaN(f) {
		return 1
	}
	return 0
}

func compareCells(a, b any) int {
	x, isX := number(a)
	y, isY := number(b)
	switch {
	case isX && isY && x < y:
		return -1
	case isX && isY && x > y:
		return 1
	case isX && isY:
		return 0
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// maxCell is the number of characters of a cell that Text shows.
const maxCell = 32
