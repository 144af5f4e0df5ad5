package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

// table has rows of named columns. A cell is nil if there is no value, otherwise a
// string, bool, int or float64.
type table struct {
	name    string // of the file, without its ending
	columns []string
	rows    [][]any
}

// tables returns the tables for a spreadsheet or a data frame:
//
//	runs      one row for each run: configuration, last values, measures
//	curves    one row for each logged step, one column for each loss, layer and yardstick
//	long      one row for each value of curves: series and value
//	measures  one row for each measure: its value, unit and direction
func tables(runs []Run) []table {
	wide, long := curveTables(runs)
	return []table{runTable(runs), wide, long, measureTable(runs)}
}

// builder makes a table whose columns are added while its rows are made.
type builder struct {
	order []string
	at    map[string]int
	rows  []map[string]any
}

func (b *builder) row() { b.rows = append(b.rows, map[string]any{}) }

// set puts a value into the last row.
func (b *builder) set(column string, value any) {
	b.column(column)
	b.rows[len(b.rows)-1][column] = value
}

func (b *builder) column(name string) {
	if b.at == nil {
		b.at = map[string]int{}
	}
	if _, ok := b.at[name]; !ok {
		b.at[name] = len(b.order)
		b.order = append(b.order, name)
	}
}

// table sorts the columns into groups with the same first word, in the order of the
// groups' first columns, so that a column of only later runs is in its group.
func (b *builder) table(name string) table {
	group := func(column string) string { return strings.SplitN(column, ".", 2)[0] }
	first := map[string]int{}
	for i, c := range b.order {
		if _, ok := first[group(c)]; !ok {
			first[group(c)] = i
		}
	}
	columns := slices.Clone(b.order)
	slices.SortStableFunc(columns, func(x, y string) int { return first[group(x)] - first[group(y)] })
	t := table{name: name, columns: columns}
	for _, r := range b.rows {
		row := make([]any, len(columns))
		for i, c := range columns {
			row[i] = r[c]
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func runTable(runs []Run) table {
	b := &builder{}
	for _, r := range runs {
		b.row()
		b.set("experiment", r.experiment())
		b.set("run", r.Name)
		b.set("id", r.ID)
		b.set("status", string(r.Status))
		var problem any
		if p := r.problem(); p != "" {
			problem = p
		}
		b.set("problem", problem)
		if r.Origin != "" {
			b.set("origin", r.Origin)
		}
		if len(r.Tags) > 0 {
			b.set("tags", strings.Join(r.Tags, " "))
		}
		if r.Note != "" {
			b.set("note", r.Note)
		}
		for _, a := range r.Experiment.Plan.Axes {
			if v, ok := r.Values[a.Key]; ok {
				b.set("axis."+a.Key, axisValue(a, v))
			}
		}
		for _, s := range r.Config {
			b.set("config."+s.Key, s.Value)
		}
		if r.Run != nil {
			b.set("final.total", float64(r.Run.Total))
			for _, t := range r.Run.Terms {
				b.set("final."+t.Name, float64(t.Value))
			}
			for _, t := range r.Run.Terms {
				b.set("weight."+t.Name, float64(t.Weight))
			}
			b.set("steps", r.Run.Steps)
			b.set("evaluations", r.Run.Evaluations)
			b.set("seconds", r.Run.Seconds)
			b.set("width", r.Run.Width)
			b.set("height", r.Run.Height)
			b.set("started", stamp(r.Run.Started))
			b.set("finished", stamp(r.Run.Finished))
			b.set("program", r.Run.Provenance.Program)
			b.set("numerical", r.Run.Provenance.Numerical)
			b.set("network", r.Run.Provenance.Network)
		}
		if s, ok := r.Arrival(); ok {
			b.set("near.steps", s.Step)
			b.set("near.evaluations", s.Evaluations)
			b.set("near.seconds", s.Seconds)
		}
		if r.Measures != nil {
			if r.Measures.Yardstick != nil {
				b.set("yardstick", r.Measures.Yardstick.ID)
			}
			for _, m := range r.Measures.Measures {
				b.set("measure."+m.Key(), float64(m.Value))
			}
		}
	}
	return b.table("runs")
}

// axisValue returns a number if all values of the axis are numbers.
func axisValue(a result.Axis, value string) any {
	if !a.Numeric() {
		return value
	}
	v, _ := strconv.ParseFloat(value, 64)
	return v
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func curveTables(runs []Run) (wide, long table) {
	b := &builder{}
	for _, c := range []string{"experiment", "run", "step", result.ColumnSeconds} {
		b.column(c)
	}
	long = table{name: "long", columns: []string{"experiment", "run", "step", result.ColumnSeconds, "series", "value"}}
	for _, r := range runs {
		c := r.Curves()
		for i, row := range c.Rows {
			b.row()
			b.set("experiment", r.experiment())
			b.set("run", r.Name)
			b.set("step", row.Step)
			b.set(result.ColumnSeconds, known(row.Seconds))
			for j, name := range c.Columns {
				if c.Missing(i, j) {
					b.column(name)
					continue
				}
				b.set(name, row.Values[j])
				long.rows = append(long.rows, []any{r.experiment(), r.Name, row.Step, known(row.Seconds), name, row.Values[j]})
			}
		}
	}
	return b.table("curves"), long
}

// known returns nil for an unknown time.
func known(seconds float64) any {
	if seconds != seconds {
		return nil
	}
	return seconds
}

func measureTable(runs []Run) table {
	t := table{name: "measures", columns: []string{"experiment", "run", "group", "measure", "layer", "value", "unit", "better", "held_out", "of_content", "of_style"}}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	number := func(f *result.Float) any {
		if f == nil {
			return nil
		}
		return float64(*f)
	}
	for _, r := range runs {
		if r.Measures == nil {
			continue
		}
		for _, m := range r.Measures.Measures {
			t.rows = append(t.rows, []any{r.experiment(), r.Name, m.Group, m.Name, text(m.Layer), float64(m.Value),
				text(m.Unit), text(m.Better), m.HeldOut, number(m.OfContent), number(m.OfStyle)})
		}
	}
	return t
}

// dvc returns metrics.json for `dvc metrics show` and `dvc metrics diff`:
// numbers in objects by experiment and run.
func dvc(runs []Run) map[string]map[string]map[string]any {
	all := map[string]map[string]map[string]any{}
	t := runTable(runs)
	for _, row := range t.rows {
		experiment, run := fmt.Sprint(row[0]), fmt.Sprint(row[1])
		if all[experiment] == nil {
			all[experiment] = map[string]map[string]any{}
		}
		numbers := map[string]any{}
		for i, name := range t.columns {
			for _, group := range []string{"final.", "measure.", "near."} {
				if v, ok := row[i].(float64); ok && strings.HasPrefix(name, group) {
					numbers[name] = finite(v)
				} else if v, ok := row[i].(int); ok && strings.HasPrefix(name, group) {
					numbers[name] = v
				}
			}
		}
		all[experiment][run] = numbers
	}
	return all
}
