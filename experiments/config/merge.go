package config

import (
	"slices"

	"github.com/gonst/workbench/experiments/tree"
)

// Inheriting and overriding are the same operation: one table is laid over another.

// choiceAt returns the choice among kinds for the table at a path, or nil for tables
// without kinds. If an override chooses another kind, only the shared keys are kept:
// L-BFGS has none of Adam's own options.
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

// IsValue reports whether a table is a single value: layers with their weights, images
// with theirs, the values of an axis. An override replaces such a table. Merging key by
// key would mix two choices.
func IsValue(path []string) bool {
	switch n := len(path); {
	case n == 3 && path[0] == "loss" && path[2] == "layers":
		return true
	case n == 3 && (path[0] == "loss" || path[0] == "region") && path[2] == "style":
		return true
	case n == 2 && path[0] == "images" && path[1] == "style":
		return true
	case n == 2 && path[0] == "stages" && path[1] == "weights":
		return true
	case n == 3 && path[0] == "sweep" && path[1] == "axes":
		return true
	case n == 3 && path[0] == "sweep" && path[1] == "runs":
		return true
	}
	return false
}

// replaced lists the keys that a key of the table at a path replaces, because they say the
// same in another way.
func replaced(path []string, key string) []string {
	switch {
	case len(path) == 2 && path[0] == "loss" && key == "share":
		return []string{"weight"}
	case len(path) == 2 && path[0] == "loss" && key == "weight":
		return []string{"share"}
	case len(path) == 1 && path[0] == "stages" && key == "sizes":
		return []string{"from", "factor"}
	case len(path) == 1 && path[0] == "stages" && key == "from":
		return []string{"sizes"}
	}
	return nil
}

// Replaces reports whether the key a replaces the key b, as loss.NAME.share does
// loss.NAME.weight.
func Replaces(a, b []string) bool {
	n := len(a) - 1
	return n >= 0 && len(b) == len(a) && slices.Equal(a[:n], b[:n]) && slices.Contains(replaced(a[:n], a[n]), b[n])
}

// Merge lays over on base: tables are merged key by key, everything else is replaced.
// The keys keep the order of base; new keys follow. An override that is false removes
// an inherited table. Neither argument is changed.
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
	for _, key := range over.Keys {
		for _, other := range replaced(path, key) {
			out.Drop(other)
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

// Override sets a single value in a tree at a path.
func Override(root *tree.Table, path []string, value *tree.Node) *tree.Table {
	n := value
	for i := len(path) - 1; i >= 0; i-- {
		t := tree.NewTable()
		t.Put(path[i], n)
		n = &tree.Node{Key: value.Key, At: value.At, Value: t}
	}
	return Merge(root, n.Value.(*tree.Table), nil)
}
