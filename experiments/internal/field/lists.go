package field

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/tree"
)

// Fields that hold lists and paths.

// list reads a list. A function reads each element.
func list[T any](n *tree.Node, element func(n *tree.Node) (T, bool)) ([]T, *Error) {
	nodes, ok := n.Value.([]*tree.Node)
	if !ok {
		return nil, &Error{At: n}
	}
	var all []T
	for _, e := range nodes {
		v, ok := element(e)
		if !ok {
			return nil, &Error{At: e}
		}
		all = append(all, v)
	}
	return all, nil
}

func (b Bounds) number(n *tree.Node) (float64, bool) {
	v, ok := tree.Float(n)
	return v, ok && b.Has(v)
}

// Wholes is a list of whole numbers.
func Wholes(name string, p *[]int, b Bounds) Field {
	return Of(name, "a list of whole numbers, each "+b.String(), p, nil, func(n *tree.Node) ([]int, *Error) {
		return list(n, func(e *tree.Node) (int, bool) {
			v, ok := tree.Whole(e)
			return int(v), ok && b.Has(float64(v)) && v <= MaxWhole
		})
	}, same).Accepts(ListOf(b.schema("integer")))
}

// Numbers is a list of numbers.
func Numbers(name string, p *[]float64, b Bounds) Field {
	return Of(name, "a list of numbers, each "+b.String(), p, nil, func(n *tree.Node) ([]float64, *Error) {
		return list(n, b.number)
	}, same).Accepts(ListOf(b.schema("number")))
}

// ListOf is the schema of a list.
func ListOf(element Schema) Schema { return Schema{"type": "array", "items": element} }

// Colour is a grey value, or a list of one or three values, each from 0 to 1.
func Colour(name string, p *[]float64, def float64) Field {
	b := From(0, 1)
	return Of(name, "a grey value from 0 to 1, or a list of red, green and blue", p, []float64{def}, func(n *tree.Node) ([]float64, *Error) {
		if v, ok := b.number(n); ok {
			return []float64{v}, nil
		}
		all, err := list(n, b.number)
		if err == nil && len(all) != 1 && len(all) != 3 {
			err = &Error{At: n, Found: fmt.Sprintf("a list of %d", len(all))}
		}
		return all, err
	}, same).Accepts(Schema{"anyOf": []Schema{b.schema("number"), ListOf(b.schema("number"))}})
}

// Triple is a list of three numbers, one for each channel.
func Triple(name string, p *[3]float64, def [3]float64, b Bounds) Field {
	want := "a list of three numbers" // channels
	if s := b.String(); s != "" {
		want += ", each " + s
	}
	return Of(name, want, p, def, func(n *tree.Node) (v [3]float64, err *Error) {
		all, err := list(n, b.number)
		if err == nil && len(all) != 3 {
			err = &Error{At: n}
		}
		copy(v[:], all)
		return v, err
	}, func(v [3]float64) any { return v[:] }).
		Accepts(Schema{"type": "array", "items": b.schema("number"), "minItems": 3, "maxItems": 3})
}

// Resolve makes a path absolute. The path is relative to the file that names it, or to
// the home directory after "~/", because shells do not expand "~" after a "=".
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

// Path is the path of a file. The path is made absolute. The default is none.
func Path(name string, p *string) Field {
	return Of(name, "the path of a file", p, "", func(n *tree.Node) (string, *Error) {
		s, ok := n.Value.(string)
		if !ok || s == "" {
			return "", &Error{At: n}
		}
		if found, want := tree.EscapedPath(s); want != "" {
			return "", &Error{At: n, Found: found, Want: want}
		}
		return Resolve(s, n.At), nil
	}, func(s string) any {
		if s == "" {
			return nil
		}
		return PathText(s)
	}).Accepts(Schema{"type": "string"})
}

// Names is a name or a list of different names. The default is none.
func Names(name, what string, p *[]string) Field {
	return Of(name, "a "+what+", or a list of "+what+"s", p, nil, func(n *tree.Node) ([]string, *Error) {
		list, ok := n.Value.([]*tree.Node)
		if !ok {
			list = []*tree.Node{n}
		}
		var names []string
		for _, e := range list {
			s, ok := e.Value.(string)
			if !ok || s == "" {
				return nil, &Error{At: e, Want: "the name of a " + what + " in quotes"}
			}
			if slices.Contains(names, s) {
				return nil, &Error{At: e, Found: fmt.Sprintf("the %s %s twice", what, s), Want: "each " + what + " once"}
			}
			names = append(names, s)
		}
		if len(names) == 0 {
			return nil, &Error{At: n}
		}
		return names, nil
	}, func(names []string) any {
		if len(names) == 0 {
			return nil
		}
		return names
	}).Accepts(Schema{"anyOf": []Schema{{"type": "string"}, ListOf(Schema{"type": "string"})}})
}
