package export

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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

// Text writes the comparison as an aligned table: numbers right-aligned with four
// digits, everything else left-aligned. If the columns do not fit into width characters
// (0: any), it writes several tables below each other, whose first column is the number
// of the row. Notes follow.
func (c *Comparison) Text(w io.Writer, width int) error {
	columns := make([][]string, len(c.Columns)) // heading and cells, equally wide
	for j, name := range c.headings() {
		cells := []string{name}
		right := len(c.Rows) > 0
		for _, row := range c.Rows {
			cells = append(cells, clip(shown(row[j]), maxCell))
			_, ok := number(row[j])
			right = right && (ok || row[j] == nil)
		}
		columns[j] = aligned(cells, right)
	}
	numbers := []string{"#"}
	for i := range c.Rows {
		numbers = append(numbers, strconv.Itoa(i+1))
	}
	numbers = aligned(numbers, true)
	for k, block := range blocks(columns, numbers, width) {
		if k > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		for i := range numbers {
			var cells []string
			for _, column := range block {
				cells = append(cells, column[i])
			}
			if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "  "), " ")); err != nil {
				return err
			}
		}
	}
	for _, note := range c.Notes {
		if _, err := fmt.Fprintf(w, "note: %s\n", note); err != nil {
			return err
		}
	}
	return nil
}

// headings returns the columns' names without their tables, if they stay distinct:
// "rate" for "schedule.rate".
func (c *Comparison) headings() []string {
	short := slices.Clone(c.Columns)
	for j, name := range c.Columns {
		for at := strings.LastIndexByte(name, '.'); at >= 0; at = strings.LastIndexByte(name[:at], '.') {
			tail := name[at:]
			if !slices.ContainsFunc(c.Columns, func(other string) bool {
				return other != name && (strings.HasSuffix(other, tail) || other == tail[1:])
			}) {
				short[j] = tail[1:]
				break
			}
		}
		short[j] = clip(short[j], maxCell)
	}
	return short
}

// aligned makes cells equally wide.
func aligned(cells []string, right bool) []string {
	width := 0
	for _, cell := range cells {
		width = max(width, utf8.RuneCountInString(cell))
	}
	for i, cell := range cells {
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(cell))
		if right {
			cells[i] = pad + cell
		} else {
			cells[i] = cell + pad
		}
	}
	return cells
}

// blocks divides columns into groups of at most width characters. If there is more than
// one group, each begins with the row numbers.
func blocks(columns [][]string, numbers []string, width int) [][][]string {
	const gap = 2
	all := 0
	for _, column := range columns {
		all += gap + utf8.RuneCountInString(column[0])
	}
	if width <= 0 || all-gap <= width {
		return [][][]string{columns}
	}
	var out [][][]string
	used := width + 1
	for _, column := range columns {
		wide := gap + utf8.RuneCountInString(column[0])
		if used+wide > width {
			out = append(out, [][]string{numbers})
			used = utf8.RuneCountInString(numbers[0])
		}
		out[len(out)-1] = append(out[len(out)-1], column)
		used += wide
	}
	return out
}

// clip removes the middle of a text that is longer than n characters: names of runs
// and files often have equal beginnings and different ends.
func clip(s string, n int) string {
	letters := []rune(s)
	if len(letters) <= n {
		return s
	}
	head := n / 3
	return string(letters[:head]) + "…" + string(letters[len(letters)-(n-head-1):])
}

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case float64:
		return fmt.Sprintf("%.4g", v)
	case string: // on one line
		return strings.Join(strings.Fields(v), " ")
	}
	return fmt.Sprint(v)
}

// JSON writes the comparison as one JSON object per line, with all digits.
func (c *Comparison) JSON(w io.Writer) error {
	if len(c.Columns) == 0 {
		return errors.New("nothing to compare")
	}
	_, err := w.Write(table{columns: c.Columns, rows: c.Rows}.jsonl())
	return err
}
