package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/tree"
)

// draft is a run whose configuration is not resolved yet.
type draft struct {
	labels  []string // one per axis
	changes []change
}

// drafts lists the runs. In a grid the first axis changes slowest.
func (s *sweep) drafts(p *tree.Problems) []draft {
	var out []draft
	switch s.method {
	case "list":
		for _, l := range s.list {
			d := draft{changes: l.changes}
			if l.label != "" {
				d.labels = []string{l.label}
			}
			out = append(out, d)
		}
	case "zip":
		for i := range s.axes[0].values {
			var d draft
			for _, a := range s.axes {
				d.add(a, a.values[i])
			}
			out = append(out, d)
		}
	case "random":
		return s.random(p)
	case "grid":
		at := make([]int, len(s.axes))
		for {
			var d draft
			for i, a := range s.axes {
				d.add(a, a.values[at[i]])
			}
			out = append(out, d)
			i := len(at) - 1
			for ; i >= 0; i-- {
				if at[i]++; at[i] < len(s.axes[i].values) {
					break
				}
				at[i] = 0
			}
			if i < 0 {
				return out
			}
		}
	default:
		return s.probes()
	}
	return out
}

func (d *draft) add(a *sweepAxis, v axisValue) {
	d.labels = append(d.labels, v.label)
	d.changes = append(d.changes, change{path: a.path, value: v.node, from: "sweep.axes." + a.key, at: a.at})
}

// random draws different runs. The draws do not depend on their number: a larger number
// of samples keeps the first ones.
func (s *sweep) random(p *tree.Problems) []draft {
	r := rand.New(rand.NewPCG(s.seed, 0x7377656570)) // "sweep"
	var out []draft
	seen := map[string]bool{}
	for misses := 0; len(out) < s.samples; {
		var d draft
		for _, a := range s.axes {
			if a.span == nil {
				d.add(a, a.values[r.IntN(len(a.values))])
				continue
			}
			n := &tree.Node{Key: a.at, At: a.span.at.At, Value: a.span.draw(r)}
			d.add(a, axisValue{labelOf(n, true), n})
		}
		id := strings.Join(d.labels, "\x00")
		if !seen[id] {
			seen[id] = true
			out = append(out, d)
			misses = 0
		} else if misses++; misses > 10000 {
			p.Add(s.at, "sweep.samples", fmt.Sprintf("%d runs asked for, and about %d different ones to draw", s.samples, len(out)), "fewer samples, or more values")
			return nil
		}
	}
	return out
}

// fix removes the axes whose key has a setting, because settings are applied last. A
// value of a listed run cannot be removed, so a setting of its key is an error.
func (s *sweep) fix(sets []setting, p *tree.Problems) *sweep {
	covers := func(set setting, path []string) bool {
		return len(set.path) <= len(path) && slices.Equal(set.path, path[:len(set.path)]) || config.Replaces(set.path, path)
	}
	for _, set := range sets {
		s.axes = slices.DeleteFunc(s.axes, func(a *sweepAxis) bool { return covers(set, a.path) })
		for _, l := range s.list {
			for _, c := range l.changes {
				for _, leaf := range c.leaves() {
					if covers(set, leaf.path) {
						p.Add(set.value.At, tree.JoinKey(set.path), "an override of "+tree.JoinKey(leaf.path)+", which the run "+l.label+" sets",
							"another key, or --set sweep=false for one run")
					}
				}
			}
		}
	}
	if s.method != "list" && len(s.axes) == 0 {
		return single()
	}
	return s
}

// single is the sweep of one run without overrides.
func single() *sweep { return &sweep{method: "list", list: []listed{{}}} }
