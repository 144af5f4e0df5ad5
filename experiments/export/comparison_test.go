package export_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/export"
)

func TestCompare(t *testing.T) {
	dir := experiment(t)
	c := export.Compare(open(t, dir), false)
	text := func() string {
		var b bytes.Buffer
		must(t, c.Text(&b))
		return b.String()
	}
	want := `loss.style.weight  run       status   steps  evaluations  seconds  total   style  steps to 5 %  ssim
                1  w=1-aaaa  done         3            4      1.5  0.125   0.125             1   NaN
                2  w=2-bbbb  failed       1            4      1.5    NaN   0.125             -     -
                3  w=3-cccc  running      3            4      1.5  0.125   0.125             -     -
                -  w=4-dddd  waiting      -            -        -      -       -             -     -
`
	if got := text(); squeeze(got) != squeeze(want) {
		t.Errorf("compared as\n%s, want\n%s", got, want)
	}
	for i, line := range strings.Split(strings.TrimSpace(text()), "\n") { // aligned
		if at := strings.Index(line, [...]string{"run", "w=1", "w=2", "w=3", "w=4"}[i]); i > 0 && at != 19 {
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

// squeeze leaves one space where there are several.
func squeeze(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}
