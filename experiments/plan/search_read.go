package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/experiments/tree"
)

// defaultVotes is the number of answers about a picture before a search goes on.
const defaultVotes = 3

// defaultStartup is the number of trials before a search learns from their outcomes.
const defaultStartup = 10

// searchFields visits the keys of [sweep] that a search has, and those of pruning.
func (s *sweep) searchFields(visit func(field.Field)) {
	var maximize, minimize []string
	goals := func(name string, p *[]string, minimized bool) field.Field {
		f := field.Names(name, "measure", p)
		read := f.Set
		f.Set = func(n *tree.Node) *field.Error {
			err := read(n)
			for _, m := range *p {
				s.objective.Goals = append(s.objective.Goals, search.Goal{Measure: m, Minimize: minimized})
			}
			return err
		}
		return f
	}
	visit(goals("maximize", &maximize, false).
		Says("The measure that the runs are judged by, such as \"gram_cosine\"; \"votes\" for what people prefer (`nst vote`), or \"told\" for values that `nst tell` brings. A list of two, or one here and one in minimize, searches for the front between both."))
	visit(goals("minimize", &minimize, true).
		Says("The same for a measure of which less is better."))
	visit(field.Of("subject", `a table of bounds: {content_cosine = ">= 0.7"}`, &s.objective.Subject, nil, readSubject, func(all []search.Constraint) any {
		if len(all) == 0 {
			return nil
		}
		return "given"
	}).Accepts(field.Schema{"type": "object", "additionalProperties": field.Schema{"type": "string", "pattern": "^ *[<>]="}}).
		Says("Bounds of measures. A run that exceeds one is worse than each run that does not."))
	visit(field.Of("budget", `a number of runs, or a time such as "3h" or "90m"`, &s.budget, search.Budget{}, readBudget, func(b search.Budget) any {
		switch {
		case b.Trials > 0:
			return int64(b.Trials)
		case b.Time > 0:
			return b.Time.String()
		}
		return nil
	}).Accepts(field.Schema{"anyOf": []field.Schema{{"type": "integer", "minimum": 1}, {"type": "string"}}}).
		Says("When a search ends: after so many runs, or when their steps have taken so much time together."))
	visit(field.Whole("startup", &s.startup, defaultStartup, field.AtLeast(2)).
		Says("Runs before the method tpe learns from their outcomes."))
	visit(field.Whole("votes", &s.votes, defaultVotes, field.AtLeast(1)).
		Says("With maximize = \"votes\": answers about each picture before the next one is chosen."))
	visit(field.Of("prune", tree.OneOf("", search.Rules)+", or false", &s.pruning.Rule, "", func(n *tree.Node) (string, *field.Error) {
		if n.Value == false {
			return "", nil
		}
		text, ok := n.Value.(string)
		if !ok || !slices.Contains(search.Rules, text) {
			return "", &field.Error{At: n, Want: tree.OneOf(text, search.Rules) + ", or false"}
		}
		return text, nil
	}, func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}).Accepts(field.Schema{"anyOf": []field.Schema{{"enum": search.Rules}, {"const": false}}}).
		Says("Stops runs early. halving: at each rung the best of every few go on. median: a run that is worse than the median of those before it at a rung stops."))
	visit(field.Wholes("rungs", &s.pruning.Rungs, field.AtLeast(1)).
		Says("The steps after which prune judges a run. Without it: the ends of the stages, or a ninth and a third of the steps."))
	visit(field.Whole("keep", &s.pruning.Keep, 3, field.From(2, 100)).
		Says("With prune = \"halving\": one of so many runs goes on from a rung."))
	visit(field.Whole("after", &s.pruning.After, 5, field.AtLeast(1)).
		Says("With prune = \"median\": runs that a rung must have before it stops one."))
}

// readSubject reads the bounds.
func readSubject(n *tree.Node) ([]search.Constraint, *field.Error) {
	t := n.Table()
	if t == nil || len(t.Keys) == 0 {
		return nil, &field.Error{At: n}
	}
	var all []search.Constraint
	for _, key := range t.Keys {
		v := t.Nodes[key]
		text, ok := v.Value.(string)
		if !ok {
			return nil, &field.Error{At: v, Want: key + ` = ">= 0.7", a bound in quotes`}
		}
		c, err := search.ParseConstraint(key, text)
		if err != nil {
			return nil, &field.Error{At: v, Found: tree.ErrorText(err), Want: `a bound such as ">= 0.7" or "<= 12"`}
		}
		all = append(all, c)
	}
	return all, nil
}

// ParseBudget reads a budget as the command line has it: "40", "40 runs" or "3h".
func ParseBudget(text string) (search.Budget, error) {
	text = strings.TrimSpace(text)
	number, ok := strings.CutSuffix(text, " runs")
	if n, err := strconv.Atoi(number); err == nil {
		if n < 1 || int64(n) > field.MaxWhole {
			return search.Budget{}, fmt.Errorf("a budget of %s: expected 1 run or more", text)
		}
		return search.Budget{Trials: n}, nil
	} else if ok {
		return search.Budget{}, fmt.Errorf("a budget of %q: expected a number of runs, or a time such as 3h or 90m", text)
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	switch {
	case err != nil:
		return search.Budget{}, fmt.Errorf("a budget of %q: expected a number of runs, or a time such as 3h or 90m", text)
	case d <= 0:
		return search.Budget{}, fmt.Errorf("a budget of %s: expected a time above 0", text)
	}
	return search.Budget{Time: d}, nil
}

func readBudget(n *tree.Node) (search.Budget, *field.Error) {
	text, ok := n.Value.(string)
	if v, whole := tree.Whole(n); whole {
		text, ok = strconv.FormatInt(v, 10), true
	}
	if !ok {
		return search.Budget{}, &field.Error{At: n}
	}
	b, err := ParseBudget(text)
	if err != nil {
		found, want, _ := strings.Cut(tree.ErrorText(err), ": expected ")
		return b, &field.Error{At: n, Found: found, Want: want}
	}
	return b, nil
}

var measureKey = regexp.MustCompile(`^[a-z0-9_]+(\.[A-Za-z0-9_]+)?$`)

// readSearch checks the keys of a search together.
func (s *sweep) readSearch(t *tree.Table, p *tree.Problems) {
	at := func(key string) tree.Pos {
		if n := t.Get(key); n != nil {
			return n.Key
		}
		return s.at
	}
	goalKey := "maximize"
	if t.Get("maximize") == nil && t.Get("minimize") != nil {
		goalKey = "minimize"
	}
	goals := s.objective.Goals
	switch {
	case s.searches() && s.method != "ask" && s.budget == search.Budget{}:
		p.Add(at("budget"), "sweep.budget", "a search without a budget", `budget = 40, or budget = "3h"`)
	case s.searches() && len(goals) == 0 && s.method != "sobol" && s.method != "ask":
		p.Add(at("maximize"), "sweep.maximize", "a search without an objective", `maximize = "gram_cosine", or minimize = "style_distance"`)
	case len(goals) > 2:
		p.Add(at(goalKey), "sweep."+goalKey, fmt.Sprintf("%d measures", len(goals)), "one measure, or two for the front between both")
	case len(goals) == 2 && s.method == "cmaes":
		p.Add(at(goalKey), "sweep."+goalKey, "two measures for the method cmaes", `one measure, or method = "tpe"`)
	case len(goals) == 2 && goals[0].Measure == goals[1].Measure:
		p.Add(at("minimize"), "sweep.minimize", "the measure "+goals[0].Measure+" twice", "two different measures, or one")
	case len(goals) == 0 && len(s.objective.Subject) > 0:
		p.Add(at("subject"), "sweep.subject", "bounds without an objective", "maximize or minimize")
	case t.Get("votes") != nil && !s.objective.Votes():
		p.Add(at("votes"), "sweep.votes", "a number of votes for a search that does not follow votes", `maximize = "votes", or no votes`)
	case s.objective.Told() && (len(goals) > 1 || len(s.objective.Subject) > 0):
		p.Add(at(goalKey), "sweep."+goalKey, "values that are told, together with measures", `"told" alone: the program that tells them can combine measures`)
	}
	s.checkMeasures(t, at, p)
	s.checkPruning(t, at, p)
}

// checkMeasures reports measures that no run has.
func (s *sweep) checkMeasures(t *tree.Table, at func(string) tree.Pos, p *tree.Problems) {
	known := engine.MeasureNames()
	check := func(key, measure string, pos tree.Pos) {
		name, _, _ := strings.Cut(measure, ".")
		switch {
		case key != "subject" && measure == search.Told, key == "maximize" && measure == search.Votes:
			return
		case key == "minimize" && measure == search.Votes:
			p.Add(pos, "sweep.minimize", "the votes, which say what people prefer", `maximize = "votes"`)
			return
		}
		if measureKey.MatchString(measure) && slices.Contains(known, name) {
			return
		}
		p.Add(pos, "sweep."+key, "the measure "+tree.Shorten(tree.WriteString(measure))+", which no run has", tree.OneOf(name, known))
	}
	for _, g := range s.objective.Goals {
		key := "maximize"
		if g.Minimize {
			key = "minimize"
		}
		check(key, g.Measure, at(key))
	}
	for _, c := range s.objective.Subject {
		check("subject", c.Measure, t.Get("subject").Table().Get(c.Measure).Key)
	}
}

func (s *sweep) checkPruning(t *tree.Table, at func(string) tree.Pos, p *tree.Problems) {
	if v := t.Get("prune"); v != nil && v.Value == false {
		return
	}
	only := func(key, rule string) {
		if v := t.Get(key); v != nil && s.pruning.Rule != rule {
			p.Add(v.Key, "sweep."+key, "an option of the rule "+rule, `prune = "`+rule+`", or no `+key)
		}
	}
	only("keep", "halving")
	only("after", "median")
	switch {
	case s.pruning.Rule == "":
		if v := t.Get("rungs"); v != nil {
			p.Add(v.Key, "sweep.rungs", "rungs without a rule of pruning", `prune = "halving" or "median", or no rungs`)
		}
		return
	case len(s.objective.Goals) != 1:
		p.Add(at("prune"), "sweep.prune", fmt.Sprintf("a rule of pruning with %d objectives", len(s.objective.Goals)), `one measure, such as maximize = "gram_cosine"`)
	case s.objective.Told() || s.objective.Votes():
		p.Add(at("prune"), "sweep.prune", "a rule of pruning with values from outside", "a measure of the runs as the objective")
	}
	for i, r := range s.pruning.Rungs {
		if i > 0 && r <= s.pruning.Rungs[i-1] {
			p.Add(at("rungs"), "sweep.rungs", fmt.Sprintf("%d after %d", r, s.pruning.Rungs[i-1]), "steps in ascending order")
		}
	}
}

// settings returns what package search needs to know.
func (s *sweep) settings(runs []Run, p *tree.Problems) search.Settings {
	all := search.Settings{Method: s.method, Objective: s.objective, Budget: s.budget, Pruning: s.rungs(runs, p)}
	if s.searches() || s.method == "random" {
		all.Seed = s.seed
	}
	if s.method == "tpe" {
		all.Startup = s.startup
	}
	if s.objective.Votes() {
		all.Votes = s.votes
	}
	return all
}

// rungs returns the rule of pruning with its rungs, which may depend on the runs.
func (s *sweep) rungs(runs []Run, p *tree.Problems) search.Pruning {
	rule := s.pruning
	if rule.Rule == "" {
		return search.Pruning{}
	}
	steps := 0
	for _, r := range runs {
		steps = max(steps, r.Config.Steps())
	}
	if stages := runs[0].Config.StageList(); rule.Rungs == nil && len(stages) > 1 {
		end := 0
		for _, stage := range stages[:len(stages)-1] {
			end += stage.Steps
			rule.Rungs = append(rule.Rungs, end)
		}
	}
	if rule.Rungs == nil {
		for _, part := range []int{9, 3} {
			if n := steps / part; n > 0 && !slices.Contains(rule.Rungs, n) {
				rule.Rungs = append(rule.Rungs, n)
			}
		}
	}
	if n := len(rule.Rungs); n == 0 || rule.Rungs[n-1] >= steps {
		p.Add(s.at, "sweep.rungs", fmt.Sprintf("rungs %v for runs of %d steps", rule.Rungs, steps), "rungs below the steps of a run")
	}
	return rule
}
