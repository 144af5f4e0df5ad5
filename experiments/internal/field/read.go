package field

import (
	"slices"

	"github.com/gonst/workbench/experiments/tree"
)

// Read reads one table; others are keys that it leaves alone. It goes over the fields three times, because defaults and
// choices may depend on other fields of the same table, and those on others: the
// colours' order on the preprocessing, and that on the weights.
func Read(path string, n *tree.Node, others []string, list func() []Field, problems *tree.Problems) {
	t := tree.NewTable()
	if n != nil {
		t = n.Table()
	}
	read := func(wrong func(f Field, e *Error)) []string {
		var names []string
		for _, f := range list() {
			f.Reset()
			if v := t.Get(f.Name); v != nil {
				if e := f.Set(v); e != nil {
					wrong(f, e)
				}
			}
			names = append(names, f.Name)
		}
		return names
	}
	for range 2 {
		read(func(Field, *Error) {})
	}
	names := read(func(f Field, e *Error) { f.Wrong(Join(path, f.Name), e, problems) })
	names = append(names, others...)
	for _, key := range t.Keys {
		if !slices.Contains(names, key) {
			problems.Add(t.Nodes[key].Key, Join(path, tree.WriteKey(key)), "an unknown key", tree.OneOf(key, names))
		}
	}
}

func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Wrong adds the error of a value.
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
