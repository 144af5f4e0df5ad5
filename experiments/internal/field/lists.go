package field

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/tree"
)

// Fields that hold lists, paths, images with weights and layers with weights.

func Wholes(name string, p *[]int, b Bounds) Field {
	want := "a list of whole numbers, each " + b.String()
	return Field{Name: name, Want: want,
		Reset: func() { *p = nil },
		Set: func(n *tree.Node) *Error {
			list, ok := n.Value.([]*tree.Node)
			if !ok {
				return &Error{At: n}
			}
			*p = nil
			for _, e := range list {
				v, ok := e.Value.(int64)
				if !ok || !b.Has(float64(v)) || v > MaxWhole {
					return &Error{At: e}
				}
				*p = append(*p, int(v))
			}
			return nil
		},
		Get: func() any { return *p }}
}

func Numbers(name string, p *[]float64, b Bounds) Field {
	want := "a list of numbers, each " + b.String()
	return Field{Name: name, Want: want,
		Reset: func() { *p = nil },
		Set: func(n *tree.Node) *Error {
			list, ok := n.Value.([]*tree.Node)
			if !ok {
				return &Error{At: n}
			}
			*p = nil
			for _, e := range list {
				v, ok := tree.Float(e)
				if !ok || !b.Has(v) {
					return &Error{At: e}
				}
				*p = append(*p, v)
			}
			return nil
		},
		Get: func() any { return *p }}
}

// Colour takes one grey value, or a list of one or three.
func Colour(name string, p *[]float64, def float64) Field {
	b := From(0, 1)
	list := Numbers(name, p, b)
	list.Want = "a grey value from 0 to 1, or a list of red, green and blue"
	list.Reset = func() { *p = []float64{def} }
	whole := list.Set
	list.Set = func(n *tree.Node) *Error {
		if v, ok := tree.Float(n); ok && b.Has(v) {
			*p = []float64{v}
			return nil
		}
		if err := whole(n); err != nil {
			return &Error{At: err.At}
		}
		if len(*p) != 1 && len(*p) != 3 {
			return &Error{At: n, Found: fmt.Sprintf("a list of %d", len(*p))}
		}
		return nil
	}
	return list
}

// Resolve makes a path absolute: it is relative to the file that names it,
// or to the home directory after "~/", which shells leave alone behind a "=".
func Resolve(path string, at tree.Pos) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(at.Dir, path)
	}
	return filepath.Clean(path)
}

func Path(name string, p *string) Field {
	return Field{Name: name, Want: "the path of a file",
		Reset: func() { *p = "" },
		Set: func(n *tree.Node) *Error {
			s, ok := n.Value.(string)
			if !ok || s == "" {
				return &Error{At: n}
			}
			*p = Resolve(s, n.At)
			return nil
		},
		Get: func() any {
			if *p == "" {
				return nil
			}
			return PathText(*p)
		}}
}

// Names takes a name or a list of names, each once; empty where the file has none.
func Names(name, what string, p *[]string) Field {
	return Field{Name: name, Want: "a " + what + ", or a list of " + what + "s",
		Reset: func() { *p = nil },
		Set: func(n *tree.Node) *Error {
			list, ok := n.Value.([]*tree.Node)
			if !ok {
				list = []*tree.Node{n}
			}
			var names []string
			for _, e := range list {
				s, ok := e.Value.(string)
				if !ok || s == "" {
					return &Error{At: e, Want: "the name of a " + what + " in quotes"}
				}
				if slices.Contains(names, s) {
					return &Error{At: e, Found: fmt.Sprintf("the %s %s twice", what, s), Want: "each " + what + " once"}
				}
				names = append(names, s)
			}
			if len(names) == 0 {
				return &Error{At: n}
			}
			*p = names
			return nil
		},
		Get: func() any {
			if len(*p) == 0 {
				return nil
			}
			return *p
		}}
}

// Triple takes three numbers, one for each channel.
func Triple(name string, p *[3]float64, def [3]float64, b Bounds) Field {
	var list []float64
	f := Numbers(name, &list, b)
	f.Want = "a list of three numbers" // channels
	if s := b.String(); s != "" {
		f.Want += ", each " + s
	}
	set := f.Set
	f.Reset = func() { *p = def }
	f.Set = func(n *tree.Node) *Error {
		if err := set(n); err != nil {
			return err
		}
		if len(list) != 3 {
			return &Error{At: n}
		}
		*p = [3]float64(list)
		return nil
	}
	f.Get = func() any { return p[:] }
	return f
}
