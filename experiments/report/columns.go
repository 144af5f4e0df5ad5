package report

import (
	"math"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// column is one number of each run: what the table, the trade-off, the effects
// and the parallel coordinates choose from.
type column struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Group  string `json:"group"`
	Unit   string `json:"unit,omitempty"`
	Better string `json:"better,omitempty"` // result.Higher, result.Lower
	Form   string `json:"form,omitempty"`   // "count", "seconds"; empty: a plain number
	First  bool   `json:"first,omitempty"`  // shown unless asked otherwise
	of     func(*run) float64
}

// Groups of columns besides those of the measures.
const (
	groupLoss   = "loss"
	groupEffort = "effort"
)

// nearEnd is the part of the last value within which a run counts as arrived.
const nearEnd = 0.05

func columns(s *study) []column {
	all := []column{{Key: result.ColumnTotal, Name: "total loss", Group: groupLoss, First: true,
		of: func(r *run) float64 { return r.Total }}}
	for _, t := range s.Terms {
		better := result.Lower
		if slices.ContainsFunc(s.Runs, func(r run) bool { return r.weights[t] < 0 }) { // it is maximised
			better = result.Higher
		}
		all = append(all, column{Key: "term." + t, Name: t + " loss", Group: groupLoss, First: true, Better: better,
			of: func(r *run) float64 { return r.Term(t) }})
	}
	all = append(all, measureColumns(s)...)
	count := func(key, name string, first bool, of func(*run) float64) {
		all = append(all, column{Key: key, Name: name, Group: groupEffort, Form: "count", First: first, of: of})
	}
	known := func(of func(*run) float64) func(*run) float64 {
		return func(r *run) float64 {
			if r.Run == nil {
				return math.NaN()
			}
			return of(r)
		}
	}
	count("steps", "steps", true, known(func(r *run) float64 { return float64(r.Steps) }))
	count("evaluations", "evaluations", true, known(func(r *run) float64 { return float64(r.Evaluations) }))
	all = append(all, column{Key: "seconds", Name: "time", Group: groupEffort, Form: "seconds", First: true, Better: result.Lower,
		of: func(r *run) float64 { return r.Seconds }})
	near := func(of func(result.Speed) float64) func(*run) float64 {
		return func(r *run) float64 {
			if v, ok := result.SpeedTo(r.Metrics, r.Times, result.ColumnTotal, nearEnd); ok && r.Status == result.Done {
				return of(v)
			}
			return math.NaN()
		}
	}
	count("near.steps", "steps to within 5 %", false, near(func(v result.Speed) float64 { return float64(v.Step) }))
	count("near.evaluations", "evaluations to within 5 %", false, near(func(v result.Speed) float64 { return float64(v.Evaluations) }))
	all = append(all, column{Key: "near.seconds", Name: "time to within 5 %", Group: groupEffort, Form: "seconds", Better: result.Lower,
		of: near(func(v result.Speed) float64 { return v.Seconds })})
	return slices.DeleteFunc(all, func(c column) bool {
		return !slices.ContainsFunc(s.Runs, func(r run) bool { return isNumber(c.of(&r)) })
	})
}

// measureColumns are the measures of any run, group by group.
func measureColumns(s *study) []column {
	var found []result.Measure
	seen := map[string]bool{}
	for _, r := range s.Runs {
		if r.Measures == nil {
			continue
		}
		for _, m := range r.Measures.Measures {
			if !seen[m.Key()] {
				seen[m.Key()] = true
				found = append(found, m)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b result.Measure) int {
		return slices.Index(result.Groups(), a.Group) - slices.Index(result.Groups(), b.Group)
	})
	var all []column
	groups := map[string]bool{}
	for _, m := range found {
		name := strings.ReplaceAll(m.Name, "_", " ")
		if m.Layer != "" {
			name += ", " + m.Layer
		}
		// Of each group the first, and what spoils pictures most often.
		first := m.Layer == "" && (!groups[m.Group] || m.Name == "clipped")
		groups[m.Group] = groups[m.Group] || first
		all = append(all, column{Key: m.Key(), Name: name, Group: m.Group, Unit: m.Unit, Better: m.Better, First: first,
			of: func(r *run) float64 {
				if v := r.Measures.Find(m.Key()); v != nil {
					return float64(v.Value)
				}
				return math.NaN()
			}})
	}
	return all
}
