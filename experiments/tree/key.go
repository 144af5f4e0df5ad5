package tree

import "strings"

// SplitKey parses a dotted key such as loss.style.weight or a."b c".
func SplitKey(key string) ([]string, bool) {
	s := &scanner{text: key, line: 1, column: 1, index: map[string]int{}, count: map[string]int{}}
	parts := s.dottedKey()
	if s.i != len(s.text) || len(parts) == 0 || strings.HasSuffix(key, ".") {
		return nil, false
	}
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = p.name
	}
	return out, true
}

// JoinKey writes a path as a dotted key.
func JoinKey(path []string) string {
	var b strings.Builder
	for i, p := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(WriteKey(p))
	}
	return b.String()
}
