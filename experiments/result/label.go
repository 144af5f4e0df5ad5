package result

import (
	"slices"
	"strings"
)

// Varied returns the axes of the plan without those, and without the values, that make no
// difference between its runs.
func (p *Plan) Varied() []Axis {
	used := map[string]map[string]bool{}
	for _, r := range p.Runs {
		for key, v := range r.Values {
			if used[key] == nil {
				used[key] = map[string]bool{}
			}
			used[key][v] = true
		}
	}
	var varied []Axis
	for _, a := range p.Axes {
		a.Values = slices.DeleteFunc(slices.Clone(a.Values), func(v string) bool { return !used[a.Key][v] })
		if len(a.Values) > 1 {
			varied = append(varied, a)
		}
	}
	return varied
}

// Labels returns short names of the runs, all different: their values of the axes that
// vary, or else their names.
func (p *Plan) Labels() []string {
	labels := make([]string, len(p.Runs))
	count := map[string]int{}
	varied := p.Varied()
	for i, r := range p.Runs {
		var parts []string
		for _, a := range varied {
			if v, ok := r.Values[a.Key]; ok {
				parts = append(parts, v)
			}
		}
		labels[i] = strings.Join(parts, " · ")
		count[labels[i]]++
	}
	for i, r := range p.Runs {
		if labels[i] == "" || count[labels[i]] > 1 {
			labels[i] = r.Name
		}
	}
	return labels
}
