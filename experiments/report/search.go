package report

import (
	"slices"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/search"
)

// searchModel is what the page's section "Search" shows of one experiment whose runs are
// judged by an objective.
type searchModel struct {
	Name   string       `json:"name"`  // of the experiment
	Words  string       `json:"words"` // method, objective, how far it is
	Goals  []goalModel  `json:"goals"`
	Bounds []string     `json:"bounds,omitempty"`
	Rule   string       `json:"rule,omitempty"` // that stops runs early
	Trials []trialModel `json:"trials"`
	// Importance has an entry for each goal whose trials suffice for it.
	Importance []importanceModel `json:"importance,omitempty"`
}

type goalModel struct {
	Name   string `json:"name"`
	Higher bool   `json:"higher"`
}

type trialModel struct {
	Run    int         `json:"run"`   // index of the run
	State  string      `json:"state"` // "pending", "done", "stopped", "failed"
	Origin string      `json:"origin,omitempty"`
	Values []number    `json:"values,omitempty"` // by goal
	Excess number      `json:"excess"`           // over the bounds; 0 if all are met
	Path   []milestone `json:"path,omitempty"`   // the first goal at the rungs, and at the end
}

// milestone is a point of a path.
type milestone struct {
	Step  int    `json:"step"`
	Value number `json:"value"`
}

type importanceModel struct {
	Goal   int          `json:"goal"`
	Trials int          `json:"trials"` // that the forest has learned from
	Fit    number       `json:"fit"`
	Axes   []shareModel `json:"axes"`
}

type shareModel struct {
	Name  string `json:"name"`
	Share number `json:"share"`
}

// searches returns what the page says of the experiments with an objective.
func searches(s *study) []searchModel {
	var all []searchModel
	first := 0
	for k, e := range s.Experiments {
		if m, ok := newSearchModel(e, first); ok {
			m.Name = s.Names[k]
			all = append(all, m)
		}
		first += len(e.Runs)
	}
	return all
}

var trialStates = [...]string{search.Pending: "pending", search.Done: "done", search.Pruned: "stopped", search.Failed: "failed"}

// newSearchModel describes the trials of an experiment whose first run has the index first.
func newSearchModel(e *result.Experiment, first int) (m searchModel, ok bool) {
	if e.Plan.Search == nil {
		return m, false
	}
	settings, trials, err := search.Trials(e)
	if err != nil || len(settings.Objective.Goals) == 0 {
		return m, false
	}
	m.Words, m.Rule = searched(e), settings.Pruning.Rule
	for _, g := range settings.Objective.Goals {
		m.Goals = append(m.Goals, goalModel{g.Measure, !g.Minimize})
	}
	for _, c := range settings.Objective.Subject {
		m.Bounds = append(m.Bounds, c.String())
	}
	for i, t := range trials {
		x := trialModel{Run: first + i, State: trialStates[t.State], Origin: e.Runs[i].Origin, Excess: number(t.Excess)}
		for _, v := range t.Values {
			x.Values = append(x.Values, number(v))
		}
		m.Trials = append(m.Trials, x)
	}
	if m.Rule != "" {
		m.paths(e)
	}
	for g := range m.Goals {
		if im, ok := important(e, trials, g); ok {
			m.Importance = append(m.Importance, im)
		}
	}
	return m, true
}

// paths fills in what the trials had at the rungs of pruning.
func (m *searchModel) paths(e *result.Experiment) {
	entries, err := search.ReadRungs(e.Dir)
	if err != nil {
		return
	}
	for i, r := range e.Runs {
		t := &m.Trials[i]
		for _, rung := range entries {
			known := slices.ContainsFunc(t.Path, func(p milestone) bool { return p.Step == rung.Step })
			if rung.ID == r.ID && len(rung.Values) > 0 && !known {
				t.Path = append(t.Path, milestone{rung.Step, number(rung.Values[0])})
			}
		}
		if r.Status == result.Done && len(t.Values) > 0 {
			t.Path = append(t.Path, milestone{r.Run.Steps, t.Values[0]})
		}
		slices.SortStableFunc(t.Path, func(a, b milestone) int { return a.Step - b.Step })
	}
}

// important measures how much the axes matter to a goal, over the trials that are done.
func important(e *result.Experiment, trials []search.Trial, goal int) (m importanceModel, ok bool) {
	im, n, ok := search.ImportantAxes(e, trials, goal)
	if !ok {
		return m, false
	}
	m = importanceModel{Goal: goal, Trials: n, Fit: number(im.Fit)}
	for k, a := range e.Plan.Varied() {
		m.Axes = append(m.Axes, shareModel{a.Name(), number(im.Shares[k])})
	}
	slices.SortStableFunc(m.Axes, func(a, b shareModel) int {
		if a.Share > b.Share {
			return -1
		}
		return 1
	})
	return m, true
}

// searched says what an experiment's runs are judged by, and how far its search is; empty
// without an objective.
func searched(e *result.Experiment) string {
	if e.Plan.Search == nil {
		return ""
	}
	settings, trials, err := search.Trials(e)
	if err != nil {
		return ""
	}
	text := settings.Method
	if goal := settings.Objective.String(); goal != "" {
		text += ", " + goal
	}
	if standing := settings.Standing(trials); standing != "" {
		text += ": " + standing
	}
	return text
}
