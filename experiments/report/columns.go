package report

import (
	"math"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// column is one number of each run. The table, the trade-off, the effects and the
// parallel coordinates choose from the columns.
type column struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Group  string `json:"group"`
	Unit   string `json:"unit,omitempty"`
	Better string `json:"better,omitempty"` // result.Higher, result.Lower
	Form   string `json:"form,omitempty"`   // "count", "seconds"; empty: a plain number
	First  bool   `json:"first,omitempty"`  // visible by default
	of     func(*run) float64
}

// Groups of columns besides the groups of the measures.
const (
	groupLoss   = "loss"
	groupEffort = "effort"
	groupVotes  = "votes"
)

func columns(s *study) []column {
	all := []column{{Key: result.ColumnTotal, Name: "total loss", Group: groupLoss, First: true,
		of: func(r *run) float64 { return r.Total }}}
	networks := s.scales(result.RunState.Network)
	for _, t := range s.Terms {
		better := result.Lower
		if slices.ContainsFunc(s.Runs, func(r run) bool { return r.weights[t] < 0 }) { // the term is maximised
			better = result.Higher
		}
		for nth, scale := range networks {
			unit := ""
			if len(networks) > 1 {
				unit = scale.About
			}
			all = append(all, column{Key: result.ScaledKey("term."+t, nth), Name: scaled(t+" loss", nth), Group: groupLoss, First: true, Better: better,
				Unit: unit,
				of: func(r *run) float64 {
					if r.Network().ID != scale.ID {
						return math.NaN()
					}
					return r.Term(t)
				}})
		}
	}
	all = append(all, voteColumns(s)...)
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
			if v, ok := r.Arrival(); ok {
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

// measureColumns returns the measures of all runs, by group.
func measureColumns(s *study) []column {
	var all []column
	for _, m := range result.MeasureColumns(s.Experiment.Runs) {
		name := strings.ReplaceAll(m.Measure.Name, "_", " ")
		if m.Measure.Layer != "" {
			name += ", " + m.Measure.Layer
		}
		unit := m.Measure.Unit
		if m.Several {
			name, unit = scaled(name, m.Nth), unit+"; "+m.Scale.About
		}
		// The headline of each group, and the most frequent problems of pictures.
		all = append(all, column{Key: m.Key, Name: name, Group: m.Measure.Group, Unit: unit, Better: m.Measure.Better,
			First: m.Headline || m.Measure.Name == "clipped",
			of: func(r *run) float64 {
				if v := m.Of(r.RunState); v != nil {
					return float64(v.Value)
				}
				return math.NaN()
			}})
	}
	return all
}

// scaled returns the name of a column of the nth scale, from 0.
func scaled(name string, nth int) string {
	if nth == 0 {
		return name
	}
	return result.ScaledKey(name+" ", nth)
}

// scales returns the scales of the runs, the most frequent first; at least one.
func (s *study) scales(of func(result.RunState) result.Scale) []result.Scale {
	var all []result.Scale
	for _, r := range s.Runs {
		all = append(all, of(r.RunState))
	}
	if all = result.Scales(all); len(all) == 0 {
		return []result.Scale{{}}
	}
	return all
}
