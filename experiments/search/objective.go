package search

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// Goal is a measure that a search maximises or minimises.
type Goal struct {
	Measure  string // a key of the measures, such as "gram_cosine"; or Told or Votes
	Minimize bool
}

// String says the goal in words: "maximize gram_cosine".
func (g Goal) String() string {
	if g.Minimize {
		return "minimize " + g.Measure
	}
	return "maximize " + g.Measure
}

// A Constraint bounds a measure.
type Constraint struct {
	Measure string
	AtMost  bool // else at least
	Limit   float64
}

// ParseConstraint reads a bound such as ">= 0.7".
func ParseConstraint(measure, text string) (Constraint, error) {
	c := Constraint{Measure: measure}
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), ">=")
	if !ok {
		rest, ok = strings.CutPrefix(strings.TrimSpace(text), "<=")
		c.AtMost = true
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
	if !ok || err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return c, fmt.Errorf("the bound %q: expected >= or <= and a number", text)
	}
	c.Limit = v
	return c, nil
}

// String says the bound: "content_cosine >= 0.7".
func (c Constraint) String() string { return c.Measure + " " + c.Bound() }

// Bound is the bound without the measure: ">= 0.7".
func (c Constraint) Bound() string {
	op := ">= "
	if c.AtMost {
		op = "<= "
	}
	return op + strconv.FormatFloat(c.Limit, 'g', -1, 64)
}

// Objective is what a search looks for: one goal or two, within constraints.
type Objective struct {
	Goals   []Goal
	Subject []Constraint
}

// String says the objective in words.
func (o Objective) String() string {
	var goals, subject []string
	for _, g := range o.Goals {
		goals = append(goals, g.String())
	}
	text := strings.Join(goals, " and ")
	for _, c := range o.Subject {
		subject = append(subject, c.String())
	}
	if len(subject) > 0 {
		text += " subject to " + strings.Join(subject, " and ")
	}
	return text
}

// Names lists the measures that the objective reads.
func (o Objective) Names() []string {
	var names []string
	for _, g := range o.Goals {
		names = append(names, g.Measure)
	}
	for _, c := range o.Subject {
		names = append(names, c.Measure)
	}
	return names
}

// A MissingError says that a run lacks a measure of the objective.
type MissingError struct {
	Measure string
	Has     []string // the measures that the run has
}

func (e *MissingError) Error() string {
	if len(e.Has) == 0 {
		return fmt.Sprintf("the objective's measure %s is missing: the run has no measures (log.measures is false)", e.Measure)
	}
	return fmt.Sprintf("the objective's measure %s is missing: the run has %s", e.Measure, strings.Join(e.Has, ", "))
}

// Outcome reads the values of the goals and the excess over the constraints from the
// measures of a run. find returns a measure's value. A value that is not a number makes
// the trial infeasible.
func (o Objective) Outcome(find func(measure string) (float64, bool), has func() []string) (values []float64, excess float64, err error) {
	for _, g := range o.Goals {
		v, ok := find(g.Measure)
		if !ok {
			return nil, 0, &MissingError{g.Measure, has()}
		}
		if math.IsNaN(v) {
			excess = math.Inf(1)
		}
		values = append(values, v)
	}
	for _, c := range o.Subject {
		v, ok := find(c.Measure)
		if !ok {
			return nil, 0, &MissingError{c.Measure, has()}
		}
		switch over := c.over(v); {
		case math.IsNaN(over):
			excess = math.Inf(1)
		default:
			excess += over
		}
	}
	return values, excess, nil
}

// OfMeasures is Outcome of a run's measures.
func (o Objective) OfMeasures(m *result.Measures) (values []float64, excess float64, err error) {
	return o.Outcome(func(key string) (float64, bool) {
		if v := m.Find(key); v != nil {
			return float64(v.Value), true
		}
		return 0, false
	}, func() []string {
		var all []string
		for i := 0; m != nil && i < len(m.Measures); i++ {
			if m.Measures[i].Layer == "" {
				all = append(all, m.Measures[i].Name)
			}
		}
		return all
	})
}

// over returns by how much a value exceeds the bound, relative to the bound's size.
func (c Constraint) over(v float64) float64 {
	over := c.Limit - v
	if c.AtMost {
		over = -over
	}
	if over <= 0 {
		return 0
	}
	return over / max(math.Abs(c.Limit), 1e-6)
}

// signed returns a trial's values such that lower is better.
func (o Objective) signed(t Trial) []float64 {
	all := make([]float64, len(t.Values))
	for i, v := range t.Values {
		if all[i] = v; !o.Goals[i].Minimize {
			all[i] = -v
		}
	}
	return all
}

// Better reports whether a trial is better than another for a single goal. A trial that
// meets the constraints is better than one that does not; of two that do not, the one
// that exceeds them less. A failed trial is the worst.
func (o Objective) Better(a, b Trial) bool { return o.score(a).less(o.score(b)) }

// score orders trials; a lower one is better.
type score struct {
	class  int // 0: feasible, 1: infeasible, 2: failed
	excess float64
	value  float64
}

func (s score) less(t score) bool {
	switch {
	case s.class != t.class:
		return s.class < t.class
	case s.excess != t.excess:
		return s.excess < t.excess
	}
	return s.value < t.value
}

func (o Objective) score(t Trial) score {
	switch {
	case t.State == Failed || len(t.Values) == 0:
		return score{class: 2}
	case t.Excess > 0:
		return score{1, t.Excess, 0}
	}
	return score{value: o.signed(t)[0]}
}

// Best returns the index of the best trial that is done and meets the constraints, by the
// first goal; -1 if there is none.
func (o Objective) Best(trials []Trial) int {
	best := -1
	for i, t := range trials {
		if t.State != Done || t.Excess > 0 || len(t.Values) == 0 {
			continue
		}
		if best < 0 || o.Better(t, trials[best]) {
			best = i
		}
	}
	return best
}

// Front returns the indices of the trials that are done, meet the constraints, and that
// no other such trial equals or exceeds in every goal, in their order.
func (o Objective) Front(trials []Trial) []int {
	var front []int
	for i, t := range trials {
		if t.State != Done || t.Excess > 0 || len(t.Values) == 0 {
			continue
		}
		if !slices.ContainsFunc(trials, func(u Trial) bool {
			return u.State == Done && u.Excess == 0 && len(u.Values) > 0 && dominates(o.signed(u), o.signed(t))
		}) {
			front = append(front, i)
		}
	}
	return front
}

// dominates reports whether a is nowhere worse than b and somewhere better; lower is better.
func dominates(a, b []float64) bool {
	better := false
	for i := range a {
		if a[i] > b[i] {
			return false
		}
		better = better || a[i] < b[i]
	}
	return better
}
