package export

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gonst/workbench/experiments/result"
)

// A Comparison is what a person wants to see of runs side by side: how they
// differ, and what came of it. A cell is nil, a string, bool, int or float64.
type Comparison struct {
	Columns []string
	Rows    [][]any
}

// Compare takes of runs the keys of the configuration by which they differ, how
// far they came, the total and the terms, and of measures one a group, or with all
// those that are of no single layer.
func Compare(runs []Run, measures bool) *Comparison {
	all := runTable(runs)
	at := map[string]int{}
	for i, name := range all.columns {
		at[name] = i
	}
	c := &Comparison{}
	var from []int
	add := func(name, column string) {
		if i, ok := at[column]; ok {
			c.Columns = append(c.Columns, name)
			from = append(from, i)
		}
	}
	if slices.ContainsFunc(runs, func(r Run) bool { return r.Experiment != runs[0].Experiment }) {
		add("experiment", "experiment")
	}
	var configs [][]result.Setting
	for _, r := range runs {
		configs = append(configs, r.Config)
	}
	varied := 0
	for _, key := range result.Varied(configs) {
		if !strings.HasPrefix(key, "log.") {
			add(key, "config."+key)
			varied++
		}
	}
	if varied == 0 || slices.ContainsFunc(runs, func(r Run) bool { return r.Config == nil }) {
		add("run", "run") // nothing else tells them apart
	}
	for _, name := range []string{"status", "steps", "evaluations", "seconds"} {
		add(name, name)
	}
	for _, name := range all.columns {
		if term, ok := strings.CutPrefix(name, "final."); ok {
			add(term, name)
		}
	}
	add("steps to 5 %", "speed.step")
	for _, key := range mainMeasures(runs, measures) {
		add(key, "measure."+key)
	}
	for _, row := range all.rows {
		cells := make([]any, len(from))
		for i, j := range from {
			cells[i] = row[j]
		}
		c.Rows = append(c.Rows, cells)
	}
	c.shortenPaths()
	return c
}

// telling are the measures that say most in one number, where a run has them.
var telling = []string{"content_cosine", "gram_cosine", "colour_histogram_style", "ssim", "high_frequency"}

// mainMeasures names the measures that are of no single layer: all, or of each
// group the telling one, else the first.
func mainMeasures(runs []Run, all bool) []string {
	var order []string
	best := map[string]string{} // by group
	for _, r := range runs {
		if r.Measures == nil {
			continue
		}
		for _, m := range r.Measures.Measures {
			if m.Layer != "" {
				continue
			}
			if !slices.Contains(order, m.Key()) {
				order = append(order, m.Key())
			}
			if best[m.Group] == "" || slices.Contains(telling, m.Key()) {
				best[m.Group] = m.Key()
			}
		}
	}
	if all {
		return order
	}
	var keys []string
	for _, g := range result.Groups() {
		if best[g] != "" {
			keys = append(keys, best[g])
		}
	}
	return keys
}

// shortenPaths leaves the directories of pictures and weights out where their
// names alone tell them apart.
func (c *Comparison) shortenPaths() {
	for i, name := range c.Columns {
		if !slices.Contains([]string{"images.content", "images.style", "start.path", "network.weights"}, name) {
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

// Sort orders the rows by a column, ascending, or descending with a minus before
// its name; the end of a name will do where it is one column's only. What a run
// has not got comes last.
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
		return fmt.Errorf("export: no column %q; there are %s", name, strings.Join(c.Columns, ", "))
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

// Text writes the comparison as an aligned table: numbers to the right and with
// four digits, all else to the left.
func (c *Comparison) Text(w io.Writer) error {
	rows := make([][]string, len(c.Rows))
	for i, row := range c.Rows {
		for _, v := range row {
			rows[i] = append(rows[i], shown(v))
		}
	}
	width := make([]int, len(c.Columns))
	right := make([]bool, len(c.Columns))
	for j, name := range c.Columns {
		width[j] = utf8.RuneCountInString(name)
		right[j] = len(rows) > 0
		for i := range rows {
			width[j] = max(width[j], utf8.RuneCountInString(rows[i][j]))
			_, ok := number(c.Rows[i][j])
			right[j] = right[j] && (ok || c.Rows[i][j] == nil)
		}
	}
	for _, row := range append([][]string{c.Columns}, rows...) {
		var line strings.Builder
		for j, cell := range row {
			if j > 0 {
				line.WriteString("  ")
			}
			pad := strings.Repeat(" ", width[j]-utf8.RuneCountInString(cell))
			if right[j] {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case float64:
		return fmt.Sprintf("%.4g", v)
	case string: // in one line, whatever is in it
		return strings.Join(strings.Fields(v), " ")
	}
	return fmt.Sprint(v)
}

// JSON writes the comparison as one JSON object a line, with all digits.
func (c *Comparison) JSON(w io.Writer) error {
	if len(c.Columns) == 0 {
		return errors.New("export: nothing to compare")
	}
	_, err := w.Write(table{columns: c.Columns, rows: c.Rows}.jsonl())
	return err
}
