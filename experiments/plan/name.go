package plan

import (
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
)

// Names are for people. The short hash at the end of a name keeps two runs apart if
// their names become equal when they are shortened or cleaned.

const (
	maxRunName = 120
	ShortHash  = 8
)

// describe fills in the plan's description of itself and its axes.
func (plan *Plan) describe(s *sweep, drafts []draft, first *config.Config) {
	plan.Name, plan.Title, plan.Description = first.Name, first.Title, first.Description
	for i, a := range s.axes {
		axis := Axis{Key: a.key, Name: shortKey(a.path)}
		for _, v := range a.values {
			if !slices.Contains(axis.Labels, v.label) { // zip can repeat values
				axis.Labels = append(axis.Labels, v.label)
			}
		}
		if a.span != nil && !s.searches() {
			for _, d := range drafts {
				if !slices.Contains(axis.Labels, d.labels[i]) {
					axis.Labels = append(axis.Labels, d.labels[i])
				}
			}
		}
		plan.Axes = append(plan.Axes, axis)
	}
	for i := range plan.Axes { // if two short names are equal, use the full keys
		for j := range plan.Axes {
			if i != j && shortKey(s.axes[i].path) == shortKey(s.axes[j].path) {
				plan.Axes[i].Name = plan.Axes[i].Key
			}
		}
	}
	if s.method == "list" && len(drafts[0].labels) > 0 {
		axis := Axis{Key: "run", Name: "run"}
		for _, d := range drafts {
			axis.Labels = append(axis.Labels, d.labels[0])
		}
		plan.Axes = append(plan.Axes, axis)
	}
}

// name gives a run its identity and a name that is not taken.
func (plan *Plan) name(r *Run, check *checker, taken map[string]bool) {
	r.Identity = r.Config.Identity(check.hash)
	var parts []string
	for j, v := range r.Values {
		if name := plan.Axes[j].Name; name == "run" {
			parts = append(parts, v)
		} else {
			parts = append(parts, name+"="+v)
		}
	}
	base := config.SafeName(strings.Join(parts, "_"))
	if len(parts) == 0 {
		base = plan.Name
	}
	if len(base) > maxRunName {
		base = strings.TrimRight(base[:maxRunName], "-.=+,_")
	}
	n := ShortHash
	r.Name = base + "-" + r.Identity[:n]
	for taken[strings.ToLower(r.Name)] && n < len(r.Identity) {
		n++
		r.Name = base + "-" + r.Identity[:n]
	}
	for taken[strings.ToLower(r.Name)] { // the same run occurs twice and the shortened names are equal
		r.Name += "x"
	}
	taken[strings.ToLower(r.Name)] = true
}
