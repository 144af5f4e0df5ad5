package config

import (
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
)

// WhereFile returns the position at which a file is named.
func WhereFile(root *tree.Node, f Source) tree.Pos {
	section, path := root.Table().Get(f.Section), *f.Path
	if f.Named {
		section = section.Table().Get(f.Table)
	}
	n := section.Table().Get(f.Key)
	if n == nil {
		return root.Where(f.Section)
	}
	switch v := n.Value.(type) {
	case []*tree.Node:
		for _, e := range v {
			if s, _ := e.Value.(string); field.Resolve(s, e.At) == path {
				return e.At
			}
		}
	case *tree.Table:
		for _, s := range v.Keys {
			if field.Resolve(s, v.Nodes[s].Key) == path {
				return v.Nodes[s].Key
			}
		}
	}
	return n.At
}

// WhereLayer returns the position at which a loss names a layer.
func WhereLayer(root *tree.Node, loss, layer string) tree.Pos {
	n := root.Table().Get("loss").Table().Get(loss).Table().Get("layers")
	if n == nil {
		return root.Where("loss", loss)
	}
	switch v := n.Value.(type) {
	case []*tree.Node:
		for _, e := range v {
			if e.Value == layer {
				return e.At
			}
		}
	case *tree.Table:
		if e := v.Get(layer); e != nil {
			return e.Key
		}
	}
	return n.At
}
