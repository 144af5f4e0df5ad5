package field

import (
	"slices"

	"github.com/gonst/workbench/experiments/tree"
)

// Read reads the table at a node, or sets all defaults if n is nil. Every field is read
// when it is visited, so that later fields can depend on its value. Read accepts the
// keys in others and does not read them.
func Read(path string, n *tree.Node, others []string, table Table, problems *tree.Problems) {
	t := tree.NewTable()
	if n != nil {
		t = n.Table()
	}
	var names []string
	table(func(f Field) {
		names = append(names, f.Name)
		f.Reset()
		v, key := t.Get(f.Name), Join(path, f.Name)
		switch {
		case v == nil:
		case f.Needs != "":
			problems.Add(v.Key, key, "a key that needs "+f.Needs, f.Needs+", or no "+f.Name)
		default:
			if e := f.Set(v); e != nil {
				f.Wrong(key, e, problems)
			}
		}
	})
	names = append(names, others...)
	for _, key := range t.Keys {
		if !slices.Contains(names, key) {
			problems.Add(t.Nodes[key].Key, Join(path, tree.WriteKey(key)), "an unknown key", tree.OneOf(key, names))
		}
	}
}

// Join appends a key to the dotted path of its table.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Wrong adds the error for a value.
func (f Field) Wrong(key string, e *Error, problems *tree.Problems) {
	found, want := e.Found, e.Want
	if found == "" {
		found = tree.Describe(e.At)
	}
	if want == "" {
		want = f.Want
	}
	problems.Add(e.At.At, key, found, want)
}
