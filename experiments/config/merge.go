package config

import (
	"slices"

	"github.com/gonst/workbench/experiments/tree"
)

// Inheriting and overriding is one operation: a table laid over another.

// choiceAt gives the choice among kinds that the table at a path makes; nil for other
// tables. Where an override chooses another kind, only the shared keys are kept: an
// option of Adam is none of L-BFGS's.
func choiceAt(path []string) *choice {
	switch {
	case len(path) == 2 && path[0] == "loss":
		return &lossChoice
	case len(path) != 1:
		return nil
	}
	switch path[0] {
	case "network":
		return &networkChoice
	case "optimizer":
		return &optimizerChoice
	case "schedule":
		return &scheduleChoice
	case "start":
		return &startChoice
	}
	return nil
}

// IsValue tells the tables that are one value (layers with their weights, images
// with theirs, the values of an axis): an override replaces them, key by key
// merging would mix two choices.
func IsValue(path []string) bool {
	switch n := len(path); {
	case n == 3 && path[0] == "loss" && path[2] == "layers":
		return true
	case n == 2 && path[0] == "images" && path[1] == "style":
		return true
	case n == 3 && path[0] == "sweep" && path[1] == "axes":
		return true
	case n == 3 && path[0] == "sweep" && path[1] == "runs":
		return true
	}
	return false
}

// Merge lays over on base: tables key by key, everything else replaced. The
// order is the base's, new keys behind it. An override that is false removes
// a table that it inherits. Neither argument is changed.
func Merge(base, over *tree.Table, path []string) *tree.Table {
	out := base.Clone()
	out.Dotted = out.Dotted && over.Dotted
	if sel := choiceAt(path); sel != nil && over.Get(sel.key) != nil {
		name := path[len(path)-1]
		if next := sel.kind(name, over); sel.kind(name, base) != next {
			out = tree.NewTable()
			for _, k := range base.Keys {
				if slices.Contains(sel.shared, k) && slices.Contains(sel.with(k), next) {
					out.Put(k, base.Nodes[k])
				}
			}
		}
	}
	if len(path) == 2 && path[0] == "loss" { // one takes the other's place
		if over.Get("share") != nil {
			out.Drop("weight")
		} else if over.Get("weight") != nil {
			out.Drop("share")
		}
	}
	for _, key := range over.Keys {
		n := over.Nodes[key]
		old := out.Get(key)
		inner := append(path[:len(path):len(path)], key)
		from, to := old.Table(), n.Table()
		switch {
		case from != nil && to != nil && !IsValue(inner):
			out.Put(key, &tree.Node{Key: n.Key, At: n.At, Value: Merge(from, to, inner)})
		case from != nil && n.Value == false && !IsValue(inner):
			out.Drop(key)
		case len(path) == 2 && path[0] == "sweep" && path[1] == "axes" && n.Value == false && old != nil:
			out.Drop(key)
		default:
			out.Put(key, n)
		}
	}
	return out
}

// Override lays a single value on a tree at a path.
func Override(root *tree.Table, path []string, value *tree.Node) *tree.Table {
	n := value
	for i := len(path) - 1; i >= 0; i-- {
		t := tree.NewTable()
		t.Put(path[i], n)
		n = &tree.Node{Key: value.Key, At: value.At, Value: t}
	}
	return Merge(root, n.Value.(*tree.Table), nil)
}
