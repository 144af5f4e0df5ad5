package search

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

// Record returns the settings as plan.toml has them.
func (s Settings) Record() *result.Search {
	r := &result.Search{Method: s.Method, Seed: s.Seed, Startup: s.Startup, Prune: s.Pruning.Rule, Rungs: s.Pruning.Rungs, Votes: s.Votes}
	for _, g := range s.Objective.Goals {
		if g.Minimize {
			r.Minimize = append(r.Minimize, g.Measure)
		} else {
			r.Maximize = append(r.Maximize, g.Measure)
		}
	}
	for _, c := range s.Objective.Subject {
		if r.Subject == nil {
			r.Subject = map[string]string{}
		}
		r.Subject[c.Measure] = c.Bound()
	}
	if s.Budget != (Budget{}) {
		r.Budget = s.Budget.String()
	}
	switch s.Pruning.Rule {
	case "halving":
		r.Keep = s.Pruning.Keep
	case "median":
		r.After = s.Pruning.After
	}
	return r
}

// Recorded reads the settings from a plan.toml. nil gives the zero value.
func Recorded(r *result.Search) (Settings, error) {
	var s Settings
	if r == nil {
		return s, nil
	}
	s = Settings{Method: r.Method, Seed: r.Seed, Startup: r.Startup, Pruning: Pruning{r.Prune, r.Rungs, r.Keep, r.After}, Votes: r.Votes}
	for _, m := range r.Maximize {
		s.Objective.Goals = append(s.Objective.Goals, Goal{Measure: m})
	}
	for _, m := range r.Minimize {
		s.Objective.Goals = append(s.Objective.Goals, Goal{Measure: m, Minimize: true})
	}
	for _, m := range slices.Sorted(maps.Keys(r.Subject)) {
		c, err := ParseConstraint(m, r.Subject[m])
		if err != nil {
			return s, fmt.Errorf("plan.toml: search.subject: %w", err)
		}
		s.Objective.Subject = append(s.Objective.Subject, c)
	}
	var err error
	switch n, runs := strings.CutSuffix(r.Budget, " runs"); {
	case runs:
		s.Budget.Trials, err = strconv.Atoi(n)
	case r.Budget != "":
		s.Budget.Time, err = time.ParseDuration(r.Budget)
	}
	if err != nil {
		return s, fmt.Errorf("plan.toml: search.budget: %q is neither a number of runs nor a time", r.Budget)
	}
	return s, nil
}

// Differs says in which key two searches differ whose trials must not be mixed; "" if
// they are one search. Another budget or number of votes continues a search.
func Differs(old, now *result.Search) string {
	a, b := *old, *now
	a.Budget, b.Budget = "", ""
	for _, k := range []struct {
		key  string
		a, b any
	}{{"method", a.Method, b.Method}, {"seed", a.Seed, b.Seed}, {"startup", a.Startup, b.Startup}, {"maximize", a.Maximize, b.Maximize},
		{"minimize", a.Minimize, b.Minimize}, {"subject", a.Subject, b.Subject}, {"prune", a.Prune, b.Prune}, {"rungs", a.Rungs, b.Rungs},
		{"keep", a.Keep, b.Keep}, {"after", a.After, b.After}} {
		if x, y := fmt.Sprint(k.a), fmt.Sprint(k.b); x != y {
			return fmt.Sprintf("%s was %s and is %s", k.key, x, y)
		}
	}
	return ""
}

// Trials reads the settings and the outcomes of an experiment's runs, in their order. The
// points of the trials are not set.
func Trials(e *result.Experiment) (Settings, []Trial, error) {
	s, err := Recorded(e.Plan.Search)
	if err != nil {
		return s, nil, err
	}
	ids := make([]string, len(e.Runs))
	for i, r := range e.Runs {
		ids[i] = r.ID
	}
	given, err := s.Objective.ReadGiven(e.Dir, ids)
	if err != nil {
		return s, nil, err
	}
	all := make([]Trial, len(e.Runs))
	for i, r := range e.Runs {
		own := r.Own()
		switch {
		case r.Status == result.Failed:
			all[i].State = Failed
		case r.Status == result.Done || r.Status == result.Stopped:
			// A damaged run without measures counts as one that is not made.
			all[i] = s.Objective.Trial(i+1, r.Status == result.Stopped, own, given)
		}
	}
	return s, all, nil
}

// Trial is the outcome of a run that has ended, by its number from 1. It is pending if a
// value is not known.
func (o Objective) Trial(number int, pruned bool, m *result.Measures, given Given) Trial {
	t := Trial{State: Done}
	if pruned {
		t.State = Pruned
	}
	var err error
	t.Values, t.Excess, err = o.Outcome(func(key string) (float64, bool) {
		if (Goal{Measure: key}).given() {
			v, ok := given.Values[number]
			return v, ok
		}
		if v := m.Find(key); v != nil {
			return float64(v.Value), true
		}
		return 0, false
	}, func() []string { return nil })
	if err != nil {
		return Trial{}
	}
	return t
}
