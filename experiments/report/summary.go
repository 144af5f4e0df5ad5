package report

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// summary makes summary.csv with a row for each run. Numbers have all their digits;
// unknown values are empty. Measures of two runs compare if the column yardstick is the
// same.
func summary(s *study) []byte {
	header := []string{"name", "status"}
	column := func(name, kind string) {
		if slices.Contains(header, name) {
			name = kind + "." + name
		}
		header = append(header, name)
	}
	for _, a := range s.Plan.Axes {
		column(a.Key, "axis")
	}
	column("total", "final")
	for _, t := range s.Terms {
		column(t, "term")
	}
	for _, name := range []string{"steps", "evaluations", "seconds", "error"} {
		column(name, "run")
	}
	measured := measuredColumns(s)
	for _, c := range measured {
		column(c.Key, "measure")
	}
	column("yardstick", "measure")
	tagged := s.tagged()
	if tagged {
		column("tags", "run")
		column("note", "run")
	}

	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(header) // writes to memory, so it cannot fail
	for _, r := range s.Runs {
		row := []string{r.Name, string(r.Status)}
		for _, a := range s.Plan.Axes {
			row = append(row, r.Values[a.Key])
		}
		row = append(row, exact(r.Total))
		for _, t := range s.Terms {
			row = append(row, exact(r.Term(t)))
		}
		if r.Run == nil {
			row = append(row, "", "", "")
		} else {
			row = append(row, strconv.Itoa(r.Steps), strconv.Itoa(r.Evaluations), exact(r.Seconds))
		}
		problem := ""
		if r.Status == result.Failed || r.Status == result.Damaged || r.Status == result.Stopped {
			problem = r.Problem()
		}
		row = append(row, problem)
		for _, c := range measured {
			row = append(row, exact(c.of(&r)))
		}
		yardstick := ""
		if r.Measures != nil && r.Measures.Yardstick != nil {
			yardstick = r.Measures.Yardstick.ID
		}
		row = append(row, yardstick)
		if tagged {
			row = append(row, strings.Join(r.Tags, " "), r.Note)
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes()
}

// measuredColumns returns the votes, the measures, and how soon the runs came near their end.
func measuredColumns(s *study) []column {
	return slices.DeleteFunc(columns(s), func(c column) bool {
		return c.Group != groupVotes && !slices.Contains(result.Groups(), c.Group) && !strings.HasPrefix(c.Key, "near.")
	})
}

func exact(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
