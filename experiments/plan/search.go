package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/experiments/tree"
)

// A Search is a plan whose runs are chosen one after another. Its trials are ordinary
// runs: Run resolves one, and Plan.Grow appends it.
type Search struct {
	Space  []search.Axis
	Probes []Run // runs at the ends of the space, which were checked

	axes    []*sweepAxis
	resolve *resolver
	taken   map[string]bool // names
}

// probes are drafts that together have each end of each range and each value of each
// list: one for the first ones, and one for each further value alone.
func (s *sweep) probes() []draft {
	values := make([][]axisValue, len(s.axes))
	for i, a := range s.axes {
		values[i] = a.values
		if a.span != nil {
			values[i] = []axisValue{a.value(a.span.min), a.value(a.span.max)}
		}
	}
	var out []draft
	for varied := range s.axes {
		for k, v := range values[varied] {
			if k == 0 && varied > 0 {
				continue // the first draft
			}
			var d draft
			for i, a := range s.axes {
				if i == varied {
					d.add(a, v)
				} else {
					d.add(a, values[i][0])
				}
			}
			out = append(out, d)
		}
	}
	return out
}

// value is a value of a range, as a value of its axis.
func (a *sweepAxis) value(v float64) axisValue {
	n := &tree.Node{Key: a.at, At: a.span.at.At, Value: v}
	if a.span.distribution == "int" {
		n.Value = int64(v)
	}
	return axisValue{labelOf(n, true), n}
}

func newSearch(s *sweep, r *resolver, probes []Run) *Search {
	q := &Search{Probes: probes, axes: s.axes, resolve: r, taken: map[string]bool{}}
	for _, a := range s.axes {
		q.Space = append(q.Space, a.dimension())
	}
	return q
}

// dimension describes an axis for the sampler. A list of numbers has an order.
func (a *sweepAxis) dimension() search.Axis {
	if a.span != nil {
		kinds := map[string]search.Kind{"uniform": search.Linear, "log": search.Log, "int": search.Whole}
		return search.Axis{Kind: kinds[a.span.distribution], Min: a.span.min, Max: a.span.max}
	}
	d := search.Axis{Kind: search.Choice, Choices: len(a.values)}
	numbers := make([]float64, len(a.values))
	for i, v := range a.values {
		var ok bool
		if numbers[i], ok = tree.Float(v.node); !ok {
			return d
		}
		d.Order = append(d.Order, i)
	}
	d.Kind = search.Steps
	slices.SortStableFunc(d.Order, func(i, j int) int {
		if numbers[i] < numbers[j] {
			return -1
		}
		return 1
	})
	return d
}

// checkSpace reports axes that a method cannot search.
func (s *sweep) checkSpace(p *tree.Problems) {
	if s.method != "cmaes" {
		return
	}
	for _, a := range s.axes {
		if a.dimension().Kind == search.Choice {
			p.Add(a.at, "sweep.axes."+a.key, "values without an order for the method cmaes", `numbers or a range, or method = "tpe"`)
		}
	}
}

// Run resolves the trial at a point. The error says what is wrong with its configuration:
// values that are right alone can be wrong together.
func (q *Search) Run(plan *Plan, point search.Point) (Run, error) {
	var d draft
	for i, a := range q.axes {
		if a.span != nil {
			d.add(a, a.value(point[i]))
		} else {
			d.add(a, a.values[int(point[i])])
		}
	}
	p := &tree.Problems{Files: []string{plan.File}}
	r := *q.resolve
	check := *q.resolve.check
	check.problems, r.problems, r.check = p, p, &check
	r.effects = effects{problems: p, reported: map[[2]string]bool{}}
	run, root := r.run(d)
	if err := p.Err(); err != nil {
		return run, err
	}
	sticks := engine.ChooseYardsticks(append(configsOf(q.Probes), run.Config))
	r.yardstick(&run, sticks[len(sticks)-1], root)
	if err := p.Err(); err != nil {
		return run, err
	}
	return run, nil
}

// Point is the inverse of the labels of a run: the point that they name.
func (q *Search) Point(labels []string) (search.Point, error) {
	var p search.Point
	for i, a := range q.axes {
		if a.span != nil {
			v, err := strconv.ParseFloat(labels[i], 64)
			if err != nil || v < a.span.min || v > a.span.max || a.span.distribution == "int" && v != float64(int64(v)) {
				return nil, fmt.Errorf("%s = %s: expected a number from %s to %s", a.key, labels[i], tree.FormatFloat(a.span.min), tree.FormatFloat(a.span.max))
			}
			p = append(p, v)
			continue
		}
		var all []string
		for _, v := range a.values {
			all = append(all, v.label)
		}
		k := slices.Index(all, labels[i])
		if k < 0 {
			return nil, fmt.Errorf("%s = %s: expected %s", a.key, labels[i], tree.OneOf(labels[i], all))
		}
		p = append(p, float64(k))
	}
	return p, nil
}

// PointOf returns the point of values by the keys of the axes: numbers, or the labels of
// choices.
func (q *Search) PointOf(values map[string]any) (search.Point, error) {
	var keys []string
	labels := make([]string, len(q.axes))
	for i, a := range q.axes {
		keys = append(keys, a.key)
		v, ok := values[a.key]
		if !ok {
			return nil, fmt.Errorf("no value of the axis %s; expected one of each axis", a.key)
		}
		switch v := v.(type) {
		case string:
			labels[i] = v
		case float64:
			labels[i] = tree.FormatFloat(v)
		default:
			labels[i] = fmt.Sprint(v)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(keys, key) {
			return nil, fmt.Errorf("a value of %s, which is no axis; expected %s", key, tree.OneOf(key, keys))
		}
	}
	return q.Point(labels)
}

// Forget removes the trials from a plan.
func (plan *Plan) Forget() {
	plan.Runs, plan.Search.taken = nil, map[string]bool{}
	for i, a := range plan.Search.axes {
		if a.span != nil {
			plan.Axes[i].Labels = nil
		}
	}
}

// Grow appends a trial to the plan's runs. It gives the run its name.
func (plan *Plan) Grow(r Run) Run {
	q := plan.Search
	plan.name(&r, q.resolve.check, q.taken)
	plan.Runs = append(plan.Runs, r)
	for i := range plan.Axes {
		if a := q.axes[i]; a.span != nil && !slices.Contains(plan.Axes[i].Labels, r.Values[i]) {
			labels := append(slices.Clone(plan.Axes[i].Labels), r.Values[i])
			slices.SortFunc(labels, func(x, y string) int {
				a, _ := strconv.ParseFloat(x, 64)
				b, _ := strconv.ParseFloat(y, 64)
				if a < b {
					return -1
				}
				return 1
			})
			plan.Axes[i].Labels = labels
		}
	}
	return r
}
