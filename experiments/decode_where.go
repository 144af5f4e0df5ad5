package experiments

// Errors about a resolved Config point back at the keys that it came from.

// nodeAt is the node of a key, or the nearest table around it, to point at.
func (d *decoder) nodeAt(keys ...string) pos {
	n, at := d.root, d.root.key
	for _, k := range keys {
		n = n.table().get(k)
		if n == nil {
			return at
		}
		at = n.at
	}
	return at
}

// nodeOfImage is where a style image is named.
func (d *decoder) nodeOfImage(path string) pos {
	n := d.root.table().get("images").table().get("style")
	if n == nil {
		return d.nodeAt("images")
	}
	switch v := n.value.(type) {
	case []*node:
		for _, e := range v {
			if s, _ := e.value.(string); resolvePath(s, e.at) == path {
				return e.at
			}
		}
	case *table:
		for _, s := range v.keys {
			if resolvePath(s, v.nodes[s].key) == path {
				return v.nodes[s].key
			}
		}
	}
	return n.at
}

// nodeOfLayer is where a loss names a layer.
func (d *decoder) nodeOfLayer(loss, layer string) pos {
	n := d.root.table().get("loss").table().get(loss).table().get("layers")
	if n == nil {
		return d.nodeAt("loss", loss)
	}
	switch v := n.value.(type) {
	case []*node:
		for _, e := range v {
			if e.value == layer {
				return e.at
			}
		}
	case *table:
		if e := v.get(layer); e != nil {
			return e.key
		}
	}
	return n.at
}
