package config

import (
	"slices"

	"github.com/gonst/workbench/experiments/tree"
)

// Inheriting and overriding is one operation: a table laid over another.

// selector says which key of a table chooses among kinds, and which of the
// table's other keys mean the same for every kind. Where an override chooses
// another kind, only these are kept: an option of Adam is none of L-BFGS's.
type selector struct {
	key    string
	all    kinds
	shared []string                                // kept where the other kind has them too
	kind   func(name string, t *tree.Table) string // the kind of a table, also where it is not written
}

// selectorAt gives the selector of the table at a path.
func selectorAt(path []string) *selector {
	switch {
	case len(path) == 2 && path[0] == "loss":
		return &lossSelector
	case len(path) != 1:
		return nil
	}
	switch path[0] {
	case "network":
		return &networkSelector
	case "optimizer":
		return &optimizerSelector
	case "schedule":
		return &scheduleSelector
	case "start":
		return &startSelector
	}
	return nil
}

// kindIn is the kind that a table chooses: what it writes, or the default.
func kindIn(key, def string) func(string, *tree.Table) string {
	return func(_ string, t *tree.Table) string {
		if n := t.Get(key); n != nil {
			s, _ := n.Value.(string)
			return s
		}
		return def
	}
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
	if sel := selectorAt(path); sel != nil && over.Get(sel.key) != nil {
		name := path[len(path)-1]
		if next := sel.kind(name, over); sel.kind(name, base) != next {
			out = tree.NewTable()
			for _, k := range base.Keys {
				if slices.Contains(sel.shared, k) && slices.Contains(sel.all.with(k), next) {
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
