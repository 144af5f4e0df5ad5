package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Fields that hold lists, paths, images with weights and layers with weights.

func wholesField(name string, p *[]int, b bounds) field {
	want := "a list of whole numbers, each " + b.String()
	return field{name: name, want: want,
		reset: func() { *p = nil },
		set: func(n *node) *fieldError {
			list, ok := n.value.([]*node)
			if !ok {
				return &fieldError{at: n}
			}
			*p = nil
			for _, e := range list {
				v, ok := e.value.(int64)
				if !ok || !b.has(float64(v)) || v > maxWhole {
					return &fieldError{at: e}
				}
				*p = append(*p, int(v))
			}
			return nil
		},
		get: func() any { return *p }}
}

func numbersField(name string, p *[]float64, b bounds) field {
	want := "a list of numbers, each " + b.String()
	return field{name: name, want: want,
		reset: func() { *p = nil },
		set: func(n *node) *fieldError {
			list, ok := n.value.([]*node)
			if !ok {
				return &fieldError{at: n}
			}
			*p = nil
			for _, e := range list {
				v, ok := asFloat(e)
				if !ok || !b.has(v) {
					return &fieldError{at: e}
				}
				*p = append(*p, v)
			}
			return nil
		},
		get: func() any { return *p }}
}

// colourField takes one grey value, or a list of one or three.
func colourField(name string, p *[]float64, def float64) field {
	b := from(0, 1)
	list := numbersField(name, p, b)
	list.want = "a grey value from 0 to 1, or a list of red, green and blue"
	list.reset = func() { *p = []float64{def} }
	whole := list.set
	list.set = func(n *node) *fieldError {
		if v, ok := asFloat(n); ok && b.has(v) {
			*p = []float64{v}
			return nil
		}
		if err := whole(n); err != nil {
			return &fieldError{at: err.at}
		}
		if len(*p) != 1 && len(*p) != 3 {
			return &fieldError{at: n, found: fmt.Sprintf("a list of %d", len(*p))}
		}
		return nil
	}
	return list
}

// resolvePath makes a path absolute: it is relative to the file that names it,
// or to the home directory after "~/", which shells leave alone behind a "=".
func resolvePath(path string, at pos) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(at.dir, path)
	}
	return filepath.Clean(path)
}

func pathField(name string, p *string) field {
	return field{name: name, want: "the path of a file",
		reset: func() { *p = "" },
		set: func(n *node) *fieldError {
			s, ok := n.value.(string)
			if !ok || s == "" {
				return &fieldError{at: n}
			}
			*p = resolvePath(s, n.at)
			return nil
		},
		get: func() any {
			if *p == "" {
				return nil
			}
			return pathText(*p)
		}}
}

// imagesField takes one path, a list of paths in equal shares that sum to one,
// or a table of paths and weights.
func imagesField(name string, p *[]WeightedImage) field {
	want := `a path, a list of paths, or a table {"path" = weight}`
	return field{name: name, want: want,
		reset: func() { *p = nil },
		set: func(n *node) *fieldError {
			var images []WeightedImage
			add := func(n *node, path string, at pos, weight float64) *fieldError {
				w := WeightedImage{resolvePath(path, at), weight}
				for _, other := range images {
					if other.Path == w.Path {
						return &fieldError{at: n, found: "one image twice: " + shorten(path), want: "each image once (give it a larger weight)"}
					}
				}
				images = append(images, w)
				return nil
			}
			switch v := n.value.(type) {
			case string:
				if v == "" {
					return &fieldError{at: n}
				}
				images = []WeightedImage{{resolvePath(v, n.at), 1}}
			case []*node:
				for _, e := range v {
					s, ok := e.value.(string)
					if !ok || s == "" {
						return &fieldError{at: e, want: "the path of an image"}
					}
					if err := add(e, s, e.at, 1/float64(len(v))); err != nil {
						return err
					}
				}
			case *table:
				for _, path := range v.keys {
					e := v.nodes[path]
					w, ok := asFloat(e)
					if !ok || !above(0).has(w) {
						return &fieldError{at: e, want: "a weight above 0"}
					}
					if err := add(e, path, e.key, w); err != nil {
						return err
					}
				}
			}
			if len(images) == 0 {
				return &fieldError{at: n}
			}
			*p = images
			return nil
		},
		get: func() any {
			switch {
			case len(*p) == 0:
				return nil
			case len(*p) == 1 && (*p)[0].Weight == 1:
				return pathText((*p)[0].Path)
			}
			return pathTable(*p)
		}}
}

// layersField takes one layer, a list in equal shares that sum to one, or a
// table of layers and weights, which count as they are.
func layersField(name string, p *[]LayerWeight, def []LayerWeight) field {
	want := `a layer, a list of layers, or a table {layer = weight}`
	return field{name: name, want: want,
		reset: func() { *p = slices.Clone(def) },
		set: func(n *node) *fieldError {
			var layers []LayerWeight
			switch v := n.value.(type) {
			case string:
				layers = []LayerWeight{{v, 1}}
			case []*node:
				for _, e := range v {
					s, ok := e.value.(string)
					if !ok {
						return &fieldError{at: e, want: "the name of a layer in quotes"}
					}
					if slices.ContainsFunc(layers, func(l LayerWeight) bool { return l.Layer == s }) {
						return &fieldError{at: e, found: fmt.Sprintf("the layer %s twice", s), want: "each layer once"}
					}
					layers = append(layers, LayerWeight{s, 1 / float64(len(v))})
				}
			case *table:
				for _, layer := range v.keys {
					e := v.nodes[layer]
					w, ok := asFloat(e)
					if !ok || !atLeast(0).has(w) {
						return &fieldError{at: e, want: "a weight of at least 0"}
					}
					layers = append(layers, LayerWeight{layer, w})
				}
			}
			if len(layers) == 0 {
				return &fieldError{at: n}
			}
			*p = layers
			return nil
		},
		get: func() any {
			if len(*p) == 0 {
				return nil
			}
			return *p
		}}
}

// namesField takes a name or a list of names, each once; empty where the file has none.
func namesField(name, what string, p *[]string) field {
	return field{name: name, want: "a " + what + ", or a list of " + what + "s",
		reset: func() { *p = nil },
		set: func(n *node) *fieldError {
			list, ok := n.value.([]*node)
			if !ok {
				list = []*node{n}
			}
			var names []string
			for _, e := range list {
				s, ok := e.value.(string)
				if !ok || s == "" {
					return &fieldError{at: e, want: "the name of a " + what + " in quotes"}
				}
				if slices.Contains(names, s) {
					return &fieldError{at: e, found: fmt.Sprintf("the %s %s twice", what, s), want: "each " + what + " once"}
				}
				names = append(names, s)
			}
			if len(names) == 0 {
				return &fieldError{at: n}
			}
			*p = names
			return nil
		},
		get: func() any {
			if len(*p) == 0 {
				return nil
			}
			return *p
		}}
}
