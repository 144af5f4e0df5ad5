package plan

import (
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
)

// Names are for people; the short hash behind a name keeps two runs apart whose
// names would be cut or cleaned to the same.

const (
	maxRunName = 120
	ShortHash  = 8
)

// describe fills in what the plan says of itself and its axes.
func (plan *Plan) describe(s *sweep, drafts []draft) {
	first := plan.Runs[0].Config
	plan.Name, plan.Title, plan.Description = first.Name, first.Title, first.Description
	for i, a := range s.axes {
		axis := Axis{Key: a.key, Name: shortKey(a.path)}
		for _, v := range a.values {
			if !slices.Contains(axis.Labels, v.label) { // zip repeats values
				axis.Labels = append(axis.Labels, v.label)
			}
		}
		if a.span != nil {
			for _, d := range drafts {
				if !slices.Contains(axis.Labels, d.labels[i]) {
					axis.Labels = append(axis.Labels, d.labels[i])
				}
			}
		}
		plan.Axes = append(plan.Axes, axis)
	}
	for i := range plan.Axes { // two short names alike: the keys themselves
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

// nameRuns gives every run its identity and a name that no other run has.
func (plan *Plan) nameRuns(check *checker) {
	taken := map[string]bool{}
	for i := range plan.Runs {
		r := &plan.Runs[i]
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
		for taken[strings.ToLower(r.Name)] { // the same run twice under names cut to the same
			r.Name += "x"
		}
		taken[strings.ToLower(r.Name)] = true
	}
}
