package config

import (
	"fmt"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
)

// pathTable is a table whose keys are paths.
type pathTable []WeightedImage

// imagesField accepts one path, a list of paths, or a table of paths and weights. The
// paths of a list have equal weights that sum to one.
func imagesField(name string, p *[]WeightedImage) field.Field {
	want := `a path, a list of paths, or a table {"path" = weight}`
	return field.Of(name, want, p, nil, func(n *tree.Node) (images []WeightedImage, err *field.Error) {
		add := func(n *tree.Node, path string, at tree.Pos, weight float64) *field.Error {
			if found, want := tree.EscapedPath(path); want != "" {
				return &field.Error{At: n, Found: found, Want: want}
			}
			w := WeightedImage{field.Resolve(path, at), weight}
			for _, other := range images {
				if other.Path == w.Path {
					return &field.Error{At: n, Found: "one image twice: " + tree.Shorten(path), Want: "each image once (give it a larger weight)"}
				}
			}
			images = append(images, w)
			return nil
		}
		switch v := n.Value.(type) {
		case string:
			if v == "" {
				return nil, &field.Error{At: n}
			}
			if err := add(n, v, n.At, 1); err != nil {
				return nil, err
			}
		case []*tree.Node:
			for _, e := range v {
				s, ok := e.Value.(string)
				if !ok || s == "" {
					return nil, &field.Error{At: e, Want: "the path of an image"}
				}
				if err := add(e, s, e.At, 1/float64(len(v))); err != nil {
					return nil, err
				}
			}
		case *tree.Table:
			for _, path := range v.Keys {
				e := v.Nodes[path]
				w, ok := tree.Float(e)
				if !ok || !field.Above(0).Has(w) {
					return nil, &field.Error{At: e, Want: "a weight above 0"}
				}
				if err := add(e, path, e.Key, w); err != nil {
					return nil, err
				}
			}
		}
		if len(images) == 0 {
			return nil, &field.Error{At: n}
		}
		return images, nil
	}, func(images []WeightedImage) any {
		switch {
		case len(images) == 0:
			return nil
		case len(images) == 1 && images[0].Weight == 1:
			return field.PathText(images[0].Path)
		}
		return pathTable(images)
	}).Accepts(weighted)
}

// weighted is the schema of a name, a list of names, or names with weights.
var weighted = field.Schema{"anyOf": []field.Schema{{"type": "string"}, field.ListOf(field.Schema{"type": "string"}),
	{"type": "object", "additionalProperties": field.Schema{"type": "number"}}}}

// layersField accepts one layer, a list of layers with equal weights, or a table of
// layers and weights. The weights of a table are used as they are.
func layersField(name string, p *[]LayerWeight, def []LayerWeight) field.Field {
	want := `a layer, a list of layers, or a table {layer = weight}`
	return field.Of(name, want, p, def, func(n *tree.Node) (layers []LayerWeight, err *field.Error) {
		switch v := n.Value.(type) {
		case string:
			layers = []LayerWeight{{v, 1}}
		case []*tree.Node:
			for _, e := range v {
				s, ok := e.Value.(string)
				if !ok {
					return nil, &field.Error{At: e, Want: "the name of a layer in quotes"}
				}
				if slices.ContainsFunc(layers, func(l LayerWeight) bool { return l.Layer == s }) {
					return nil, &field.Error{At: e, Found: fmt.Sprintf("the layer %s twice", s), Want: "each layer once"}
				}
				layers = append(layers, LayerWeight{s, 1 / float64(len(v))})
			}
		case *tree.Table:
			for _, layer := range v.Keys {
				e := v.Nodes[layer]
				w, ok := tree.Float(e)
				if !ok || !field.AtLeast(0).Has(w) {
					return nil, &field.Error{At: e, Want: "a weight of at least 0"}
				}
				layers = append(layers, LayerWeight{layer, w})
			}
		}
		if len(layers) == 0 {
			return nil, &field.Error{At: n}
		}
		return layers, nil
	}, func(layers []LayerWeight) any {
		if len(layers) == 0 {
			return nil
		}
		return layers
	}).Accepts(weighted)
}
