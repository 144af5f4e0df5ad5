package tree

// Errors about a resolved Config point back at the keys that it came from.

// Where is the place of a key below the node, or of the nearest table around it.
func (n *Node) Where(keys ...string) Pos {
	at := n.Key
	for _, k := range keys {
		n = n.Table().Get(k)
		if n == nil {
			return at
		}
		at = n.At
	}
	return at
}
