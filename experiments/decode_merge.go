package experiments

import (
	"slices"
	"strings"
)

// Inheriting and overriding is one operation: a table laid over another.

// selector says which key of a table chooses among kinds, and which of the
// table's other keys mean the same for every kind. Where an override chooses
// another kind, only these are kept: an option of Adam is none of L-BFGS's.
type selector struct {
	key    string
	all    kinds
	shared []string                           // kept where the other kind has them too
	kind   func(name string, t *table) string // the kind of a table, also where it is not written
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
func kindIn(key, def string) func(string, *table) string {
	return func(_ string, t *table) string {
		if n := t.get(key); n != nil {
			s, _ := n.value.(string)
			return s
		}
		return def
	}
}

// wholeAt tells the tables that are one value (layers with their weights, images
// with theirs, the values of an axis): an override replaces them, key by key
// merging would mix two choices.
func wholeAt(path []string) bool {
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

// merge lays over on base: tables key by key, everything else replaced. The
// order is the base's, new keys behind it. An override that is false removes
// a table that it inherits. Neither argument is changed.
func merge(base, over *table, path []string) *table {
	out := base.clone()
	out.dotted = out.dotted && over.dotted
	if sel := selectorAt(path); sel != nil && over.get(sel.key) != nil {
		name := path[len(path)-1]
		if next := sel.kind(name, over); sel.kind(name, base) != next {
			out = newTable()
			for _, k := range base.keys {
				if slices.Contains(sel.shared, k) && slices.Contains(sel.all.with(k), next) {
					out.put(k, base.nodes[k])
				}
			}
		}
	}
	if len(path) == 2 && path[0] == "loss" { // one takes the other's place
		if over.get("share") != nil {
			out.drop("weight")
		} else if over.get("weight") != nil {
			out.drop("share")
		}
	}
	for _, key := range over.keys {
		n := over.nodes[key]
		old := out.get(key)
		inner := append(path[:len(path):len(path)], key)
		from, to := old.table(), n.table()
		switch {
		case from != nil && to != nil && !wholeAt(inner):
			out.put(key, &node{key: n.key, at: n.at, value: merge(from, to, inner)})
		case from != nil && n.value == false && !wholeAt(inner):
			out.drop(key)
		case len(path) == 2 && path[0] == "sweep" && path[1] == "axes" && n.value == false && old != nil:
			out.drop(key)
		default:
			out.put(key, n)
		}
	}
	return out
}

// override lays a single value on a tree at a path.
func override(root *table, path []string, value *node) *table {
	n := value
	for i := len(path) - 1; i >= 0; i-- {
		t := newTable()
		t.put(path[i], n)
		n = &node{key: value.key, at: value.at, value: t}
	}
	return merge(root, n.value.(*table), nil)
}

// splitKey parses a dotted key such as loss.style.weight or a."b c".
func splitKey(key string) ([]string, bool) {
	s := &scanner{text: key, line: 1, column: 1, index: map[string]int{}, count: map[string]int{}}
	parts := s.dottedKey()
	if s.i != len(s.text) || len(parts) == 0 || strings.HasSuffix(key, ".") {
		return nil, false
	}
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = p.name
	}
	return out, true
}

// joinKey writes a path as a dotted key.
func joinKey(path []string) string {
	var b strings.Builder
	for i, p := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(writeKey(p))
	}
	return b.String()
}
