package report

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strconv"

	"github.com/gonst/workbench/experiments/result"
)

// summary is summary.csv: a row for each run. Numbers have all their digits;
// what is not known is empty.
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

	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(header) // into memory: cannot fail
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
		if r.Status == result.Failed || r.Status == result.Damaged {
			problem = r.Problem()
		}
		_ = w.Write(append(row, problem))
	}
	w.Flush()
	return b.Bytes()
}

func exact(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
