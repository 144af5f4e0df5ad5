package plan

import (
	"slices"
	"strings"
)

// Names of runs repeat the keys of the axes and end with a hash, so that they are long and
// begin alike. On a terminal the values alone tell runs apart.

// ShortNames returns names of runs of at most so many characters, all different: the
// labels of the axes in which the runs differ, shortened if need be. A run without
// labels keeps its name.
func ShortNames(runs []Run, most int) []string {
	varies := func(axis int) bool {
		return slices.ContainsFunc(runs, func(r Run) bool {
			return axis < len(r.Values) && r.Values[axis] != runs[0].Values[axis]
		})
	}
	names := make([]string, len(runs))
	for i, r := range runs {
		var parts []string
		for axis, v := range r.Values {
			if len(runs) == 1 || varies(axis) {
				parts = append(parts, v)
			}
		}
		if len(parts) == 0 {
			parts = []string{r.Name}
		}
		names[i] = joined(parts, most)
	}
	count := map[string]int{}
	for _, name := range names {
		count[name]++
	}
	for i, r := range runs {
		if count[names[i]] > 1 || names[i] == "" { // they differ in what was cut off
			id := r.Name[max(0, len(r.Name)-ShortHash):]
			names[i] = middle(names[i], max(0, most-len(id)-1)) + "-" + id
		}
	}
	return names
}

// joined joins labels, and shortens the longest ones until they fit.
func joined(parts []string, most int) string {
	const between = ", "
	limit := 0
	for _, p := range parts {
		limit = max(limit, len([]rune(p)))
	}
	for ; limit > 3; limit-- {
		var short []string
		for _, p := range parts {
			short = append(short, middle(p, limit))
		}
		if text := strings.Join(short, between); len([]rune(text)) <= most {
			return text
		}
	}
	return middle(strings.Join(parts, between), most)
}

// middle shortens a text in its middle.
func middle(text string, most int) string {
	r := []rune(text)
	switch {
	case len(r) <= most:
		return text
	case most < 3:
		return string(r[:max(most, 0)])
	}
	head := most / 2
	return string(r[:head]) + "…" + string(r[len(r)-(most-1-head):])
}
