package experiments

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// Labels are what the values of an axis are called: in the names of runs, at the
// rows and columns of a report.

const maxLabel = 40

// labelValues gives labels to values that the file left without; they differ
// from each other.
func labelValues(values []axisValue) {
	seen := map[string]int{}
	labels := make([]string, len(values))
	for i, v := range values {
		labels[i] = labelOf(v.node, true)
		seen[labels[i]]++
	}
	for i, v := range values { // two pictures of one name: the longer path tells them apart
		if seen[labels[i]] > 1 {
			labels[i] = labelOf(v.node, false)
		}
	}
	used := map[string]bool{}
	for i := range values {
		label, n := labels[i], 2
		for used[label] {
			label = labels[i] + "#" + strconv.Itoa(n)
			n++
		}
		used[label] = true
		values[i].label = label
	}
}

// labelOf is the label of one value by itself.
func labelOf(n *node, short bool) string {
	s := ""
	switch v := n.value.(type) {
	case string:
		s = v
		if short && isPicture(v) {
			s = strings.TrimSuffix(path.Base(v), path.Ext(v))
		}
	case int64:
		s = strconv.FormatInt(v, 10)
	case float64:
		s = formatFloat(v)
	case bool:
		s = strconv.FormatBool(v)
	case []*node:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = labelOf(e, short)
		}
		s = strings.Join(parts, "+")
	case *table:
		var parts []string
		for _, k := range v.keys {
			e := labelOf(v.nodes[k], short)
			if (k == "kind" || k == "from" || k == "name") && len(parts) == 0 {
				parts = append(parts, e)
			} else {
				if short && isPicture(k) {
					k = strings.TrimSuffix(path.Base(k), path.Ext(k))
				}
				parts = append(parts, k+"="+e)
			}
		}
		s = strings.Join(parts, ",")
	}
	if s == "" {
		s = "none"
	}
	if r := []rune(s); len(r) > maxLabel {
		s = string(r[:maxLabel])
	}
	return s
}

func isPicture(s string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(path.Ext(s)))
}

// shortKey is an axis's key without the table that goes without saying.
func shortKey(p []string) string {
	if len(p) > 1 && slices.Contains([]string{"loss", "images", "run", "network"}, p[0]) {
		p = p[1:]
	}
	return joinKey(p)
}

// sameValue tells whether two values say the same; 1 and 1.0 do.
func sameValue(a, b *node) bool {
	if x, ok := asFloat(a); ok {
		y, ok := asFloat(b)
		return ok && x == y
	}
	switch x := a.value.(type) {
	case []*node:
		y, ok := b.value.([]*node)
		return ok && slices.EqualFunc(x, y, sameValue)
	case *table:
		y, ok := b.value.(*table)
		if !ok || !slices.Equal(x.keys, y.keys) {
			return false
		}
		for _, k := range x.keys {
			if !sameValue(x.nodes[k], y.nodes[k]) {
				return false
			}
		}
		return true
	case string, bool:
		return a.value == b.value
	}
	return false
}
