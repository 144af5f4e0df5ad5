package export_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/result"
)

func TestCompare(t *testing.T) {
	dir := experiment(t)
	c := export.Compare(open(t, dir), false)
	text := func() string {
		var b bytes.Buffer
		must(t, c.Text(&b, 0))
		return b.String()
	}
	want := `weight             run       status   steps  evaluations  seconds  total   style  steps to 5 %  ssim
                1  w=1-aaaa  done         3            4      1.5  0.125   0.125             1   NaN
                2  w=2-bbbb  failed       1            4      1.5    NaN   0.125             -     -
                3  w=3-cccc  running      3            4      1.5  0.125   0.125             -     -
                -  w=4-dddd  waiting      -            -        -      -       -             -     -
`
	if got := text(); squeeze(got) != squeeze(want) {
		t.Errorf("compared as\n%s, want\n%s", got, want)
	}
	for i, line := range strings.Split(strings.TrimSpace(text()), "\n") { // aligned
		if at := strings.Index(line, [...]string{"run", "w=1", "w=2", "w=3", "w=4"}[i]); i > 0 && at != 8 {
			t.Errorf("column run is at %d in %q", at, line)
		}
	}

	must(t, c.Sort("-weight"))
	if got := c.Rows[0][1].(string) + c.Rows[3][1].(string); got != "w=3-ccccw=4-dddd" {
		t.Errorf("sorted by -weight: %s", got)
	}
	must(t, c.Sort("total")) // NaN and nothing come last
	if got := c.Rows[2][1].(string) + c.Rows[3][1].(string); got != "w=2-bbbbw=4-dddd" {
		t.Errorf("sorted by total: %s", got)
	}
	if err := c.Sort("wait"); err == nil || !strings.Contains(err.Error(), "loss.style.weight, run") {
		t.Errorf("sorted by no column: %v", err)
	}

	// Tags are columns if there are any.
	must(t, result.WriteTagging(dir, &result.Tagging{Runs: []string{"bbbbbbbb"}, Add: []string{"best", "a"}}))
	c = export.Compare(open(t, dir), false)
	if got := text(); !strings.Contains(got, "tags") || strings.Contains(got, "note") || !strings.Contains(got, "a best") {
		t.Errorf("with tags, compared as\n%s", got)
	}

	// Twice the same experiment: then its name is a column.
	two := export.Compare(open(t, dir, experiment(t)), true)
	if two.Columns[0] != "experiment" || len(two.Rows) != 8 {
		t.Errorf("%q, %d rows", two.Columns, len(two.Rows))
	}
	var b bytes.Buffer
	must(t, c.JSON(&b))
	for line := range strings.Lines(b.String()) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil || len(row) != len(c.Columns) {
			t.Errorf("%v in %s", err, line)
		}
	}
}

// measured is a run whose picture was measured with a yardstick, and made with a network.
func measured(e *result.Experiment, name, yardstick, network string, value float64) export.Run {
	return export.Run{Experiment: e, RunState: result.RunState{
		PlannedRun: result.PlannedRun{Name: name, ID: name}, Status: result.Done,
		Run: &result.Run{Total: 1, Terms: []result.Term{{Name: "style", Value: result.Float(value)}}, Provenance: result.Provenance{Network: network}},
		Measures: &result.Measures{Yardstick: &result.Yardstick{ID: yardstick, Network: yardstick, Size: 256}, Measures: []result.Measure{
			{Name: "gram_cosine", Group: result.GroupStyle, Better: result.Higher, Value: result.Float(value)},
			{Name: "ssim", Group: result.GroupStructure, Better: result.Higher, Value: result.Float(value)},
		}},
	}}
}

// Numbers of two yardsticks, or losses of two networks, stand in columns of their own.
func TestCompareYardsticks(t *testing.T) {
	e := &result.Experiment{Plan: &result.Plan{Experiment: "e"}}
	runs := []export.Run{measured(e, "a", "pyramid", "pyramid", .1), measured(e, "b", "vgg19", "vgg19", .2), measured(e, "c", "vgg19", "vgg19", .3)}
	c := export.Compare(runs, false)
	cells := func(column string) []any {
		var all []any
		for _, row := range c.Rows {
			all = append(all, row[slices.Index(c.Columns, column)])
		}
		return all
	}
	for column, want := range map[string][]any{
		"gram_cosine": {nil, .2, .3}, "gram_cosine@2": {.1, nil, nil}, "style": {nil, .2, .3}, "style@2": {.1, nil, nil}, "ssim": {.1, .2, .3},
	} {
		if !slices.Contains(c.Columns, column) {
			t.Errorf("no column %s in %q", column, c.Columns)
		} else if got := cells(column); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", column, got, want)
		}
	}
	var b bytes.Buffer
	must(t, c.Text(&b, 80))
	for _, want := range []string{"2 with vgg19 at 256 pixels, 1 with pyramid at 256 pixels (columns @2)", "`nst measure DIR…`"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	if alike := export.Compare(runs[1:], false); len(alike.Notes) > 0 || slices.Contains(alike.Columns, "gram_cosine@2") {
		t.Errorf("runs of one yardstick: %q, %q", alike.Columns, alike.Notes)
	}
}

// Whatever runs differ by, the table fits the terminal, and its rows can be told apart.
func TestCompareFits(t *testing.T) {
	e := &result.Experiment{Plan: &result.Plan{Experiment: "e"}}
	var runs []export.Run
	for i := range 12 {
		r := measured(e, fmt.Sprint("run", i), "y", "n", float64(i))
		for k := range 20 {
			r.Config = append(r.Config, result.Setting{Key: fmt.Sprintf("loss.style%d.layers", k), Value: strings.Repeat("conv1_1 = 0.5, ", 8) + fmt.Sprint(i)})
		}
		r.Config = append(r.Config, result.Setting{Key: "schedule.rate", Value: float64(i)})
		runs = append(runs, r)
	}
	c := export.Compare(runs, true)
	for _, width := range []int{80, 120, 1} {
		var b bytes.Buffer
		must(t, c.Text(&b, width))
		rows := 0
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > max(width, 37) {
				t.Errorf("%d columns where the terminal has %d: %s", n, width, line)
			}
			if strings.HasPrefix(line, "12  ") {
				rows++
			}
		}
		if rows < 2 {
			t.Errorf("the row 12 stands in %d tables", rows)
		}
		if !strings.Contains(b.String(), "  rate") || strings.Contains(b.String(), "schedule.rate") {
			t.Errorf("no short heading in\n%s", b.String())
		}
		if !strings.Contains(b.String(), "5, 11") {
			t.Errorf("the end of a long value, by which it differs, is not in\n%.500s", b.String())
		}
	}
}

// squeeze leaves one space where there are several.
func squeeze(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}
