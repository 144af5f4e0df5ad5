package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/tree"
)

// The label of a run must say what the run does. Later changes of a run can override
// earlier ones: directly, or because another kind drops the keys of the first. The checks
// here compare each change of a run with the run's resolved tree.

// effects applies changes and remembers the conflicts that are reported, so that two axes
// give one error for all their values.
type effects struct {
	problems *tree.Problems
	reported map[[2]string]bool // by the keys of both changes
}

// apply lays the changes of a run and the settings of the command line over a tree. A
// change that is not in effect afterwards is reported.
func (e *effects) apply(t *tree.Table, changes []change) *tree.Table {
	for _, c := range changes {
		t = config.Override(t, c.path, c.value)
	}
	for i, c := range changes {
		for _, leaf := range c.leaves() {
			if inEffect(t, leaf) {
				continue
			}
			over := culprit(changes[i:], leaf)
			if c.set && over.set && overlap(c.path, over.path) {
				continue // the last of two settings of a key wins
			}
			if both := [2]string{c.from, over.from}; !e.reported[both] {
				e.reported[both] = true
				e.problems.Add(c.at, c.from, c.describe(leaf)+", which "+over.describe(over)+" overrides", c.wanted(over))
			}
			break
		}
	}
	return t
}

// leaves lists the single values of a change.
func (c change) leaves() []change {
	var all []change
	var walk func(path []string, n *tree.Node)
	walk = func(path []string, n *tree.Node) {
		t := n.Table()
		if t == nil || config.IsValue(path) {
			all = append(all, change{path: path, value: n})
			return
		}
		for _, k := range t.Keys {
			walk(append(path[:len(path):len(path)], k), t.Nodes[k])
		}
	}
	walk(c.path, c.value)
	return all
}

// inEffect reports whether a tree has the value at its path. A false value may have
// removed a table.
func inEffect(t *tree.Table, leaf change) bool {
	var n *tree.Node
	for i, k := range leaf.path {
		if n = t.Get(k); n == nil {
			return leaf.value.Value == false
		}
		if i < len(leaf.path)-1 {
			t = n.Table()
		}
	}
	return n == leaf.value || fingerprint(n) == fingerprint(leaf.value)
}

// culprit returns the change after the first one that overrides a value of the first.
func culprit(changes []change, leaf change) change {
	t := tree.NewTable()
	for i, c := range changes {
		t = config.Override(t, c.path, c.value)
		if i > 0 && !inEffect(t, leaf) {
			return c
		}
	}
	return changes[len(changes)-1]
}

// overlap reports whether one path is the other or leads to it.
func overlap(a, b []string) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// describe names a change with one of its values.
func (c change) describe(leaf change) string {
	value := tree.JoinKey(leaf.path)
	if leaf.value.Table() == nil {
		value += " = " + tree.Shorten(text(leaf.value))
	}
	switch {
	case c.set:
		return c.at.File
	case strings.HasPrefix(c.from, "sweep.axes."):
		return fmt.Sprintf("%s of the axis %s", value, strings.TrimPrefix(c.from, "sweep.axes."))
	}
	return value
}

// wanted says how to resolve the conflict with another change.
func (c change) wanted(over change) string {
	switch {
	case c.set:
		return "settings that do not exclude each other"
	case over.set:
		return "the sweep without that key, or --set sweep=false for one run"
	case strings.HasPrefix(c.from, "sweep.axes."):
		return "axes whose values set different keys: put both keys into the values of one axis, or remove one"
	}
	return "each key once in a run"
}

// text writes a value as a configuration does, without the kinds that need none here.
func text(n *tree.Node) string {
	if s, ok := n.Value.(string); ok {
		return tree.WriteString(s)
	}
	return labelOf(n, false)
}

// same warns about runs that make one picture under several names.
func (plan *Plan) same() {
	first := map[string]int{} // by identity
	again, where := 0, 0
	for i, r := range plan.Runs {
		if _, ok := first[r.Identity]; !ok {
			first[r.Identity] = i
		} else if again++; again == 1 {
			where = i
		}
	}
	if again == 0 {
		return
	}
	last := &plan.Runs[where]
	other := first[last.Identity]
	warning := fmt.Sprintf("%s and %s make the same picture: %s", plan.Runs[other].label(), last.label(), plan.apart(other, where))
	if again > 1 {
		warning += fmt.Sprintf(" (and %d more runs repeat another one)", again-1)
	}
	last.Warnings = append(last.Warnings, warning)
}

// label names a run by its values.
func (r Run) label() string { return "the run " + strings.Join(r.Values, ", ") }

// apart says what two runs of one identity differ in.
func (plan *Plan) apart(i, j int) string {
	var keys []string
	for a, axis := range plan.Axes {
		if plan.Runs[i].Values[a] != plan.Runs[j].Values[a] {
			keys = append(keys, axis.Key)
		}
	}
	switch {
	case len(keys) == 0:
		return "all their values are equal"
	case len(keys) == 1 && keys[0] == "run":
		return "what they set leads to the same settings, or to ones that change no pixel"
	}
	return "they differ only in " + strings.Join(keys, " and ") + ", which here changes no pixel"
}
