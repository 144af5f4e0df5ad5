package tree

// Errors about a resolved Config state the positions of the keys that it came from.

// Where returns the position of a key below the node, or of the nearest enclosing table.
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
