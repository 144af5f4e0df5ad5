package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// Several experiments are shown as one: its axes are the experiment, then all
// axes of any of them. Where an experiment does not vary an axis, its runs' configurations say what
// value they have of it.

// experimentAxis is the key of the axis that tells experiments apart. No key of a
// configuration is called so.
const experimentAxis = "experiment"

// open reads the experiments' directories for a study. A single one that cannot
// be read is an error; of several, those that can be read are taken, and what
// is wrong with the others is a warning. It is an error if none can.
func open(dirs []string) (*study, error) {
	var all []*result.Experiment
	var errs []error
	for _, dir := range dirs {
		e, err := result.Open(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, e)
	}
	switch len(all) {
	case 0:
		return nil, errors.Join(errs...)
	case 1:
		s := newStudy(all[0])
		s.leftOut(errs)
		return s, nil
	}
	s := together(all)
	s.leftOut(errs)
	return s, nil
}

func (s *study) leftOut(errs []error) {
	for _, err := range errs {
		s.Warnings = append(s.Warnings, fmt.Sprintf("left out: %v", err))
	}
}

// together makes one study of several experiments.
func together(all []*result.Experiment) *study {
	names := experimentNames(all)
	merged := &result.Experiment{Plan: &result.Plan{Experiment: join2(names)}}
	var homes []*result.Experiment
	var settings []*settings
	for k, e := range all {
		merged.Plan.Inputs = append(merged.Plan.Inputs, e.Plan.Inputs...)
		for _, w := range e.Warnings {
			merged.Warnings = append(merged.Warnings, names[k]+": "+w)
		}
		for _, r := range e.Runs {
			values := map[string]string{experimentAxis: names[k]}
			for key, v := range r.Values {
				values[key] = v
			}
			r.Values = values
			merged.Runs = append(merged.Runs, r)
			homes = append(homes, e)
			settings = append(settings, readSettings(e, r))
		}
	}
	merged.Plan.Axes = mergeAxes(all, names, merged.Runs, settings)
	for _, r := range merged.Runs {
		merged.Plan.Runs = append(merged.Plan.Runs, r.PlannedRun)
	}
	s := &study{Experiment: merged, Experiments: all, Names: names}
	s.prepare(homes, settings)
	return s
}

// experimentNames are the names of the experiments, with their directories where
// two have the same.
func experimentNames(all []*result.Experiment) []string {
	var names []string
	for _, e := range all {
		name := e.Plan.Experiment
		for _, o := range all {
			if o != e && o.Plan.Experiment == name {
				name = filepath.ToSlash(filepath.Clean(e.Dir))
				break
			}
		}
		for base, i := name, 2; slices.Contains(names, name); i++ {
			name = fmt.Sprintf("%s (%d)", base, i)
		}
		names = append(names, name)
	}
	return names
}

func join2(names []string) string {
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > 4:
		return fmt.Sprintf("%s, %s and %d more", names[0], names[1], n-2)
	default:
		text := names[0]
		for _, name := range names[1 : n-1] {
			text += ", " + name
		}
		return text + " and " + names[n-1]
	}
}

// mergeAxes finds the axes of all, and gives every run its value of each.
func mergeAxes(all []*result.Experiment, names []string, runs []result.RunState, settings []*settings) []result.Axis {
	axes := []result.Axis{{Key: experimentAxis, Values: names}}
	var keys []string
	for _, e := range all {
		for _, a := range e.Plan.Axes {
			if !slices.Contains(keys, a.Key) && a.Key != experimentAxis {
				keys = append(keys, a.Key)
				axes = append(axes, result.Axis{Key: a.Key, Label: a.Label})
			}
		}
	}
	for k := range axes {
		a := &axes[k]
		if a.Key == experimentAxis {
			continue
		}
		// What the experiments that vary the key call its values.
		called := map[string]string{}
		for i, r := range runs {
			if v, ok := r.Values[a.Key]; ok {
				if raw := settings[i].text(a.Key); raw != "" {
					called[raw] = v
				}
			}
		}
		for i, r := range runs {
			if _, ok := r.Values[a.Key]; ok {
				continue
			}
			raw := settings[i].text(a.Key)
			if raw == "" {
				continue
			}
			if v, ok := called[raw]; ok {
				raw = v
			}
			r.Values[a.Key] = raw
		}
		for _, e := range all { // in the plans' order first
			for _, o := range e.Plan.Axes {
				if o.Key == a.Key {
					a.Values = append(a.Values, o.Values...)
				}
			}
		}
		for _, r := range runs {
			if v, ok := r.Values[a.Key]; ok {
				a.Values = append(a.Values, v)
			}
		}
		a.Values = unique(a.Values)
		if a.Numeric() {
			sortNumbers(a.Values)
		}
	}
	return axes
}

func unique(values []string) []string {
	var once []string
	for _, v := range values {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}

// others are the keys besides the axes by which the runs' configurations differ,
// as axes.
func (s *study) others() []result.Axis {
	var but []string
	for _, a := range s.Plan.Axes {
		but = append(but, a.Key)
	}
	all := make([]*settings, len(s.Runs))
	for i, r := range s.Runs {
		all[i] = r.Settings
	}
	var axes []result.Axis
	for _, key := range differing(all, but) {
		a := result.Axis{Key: key}
		for _, set := range all {
			if v := set.text(key); v != "" {
				a.Values = append(a.Values, v)
			}
		}
		// What only some runs have, and those the same, goes with something else that
		// differs: an optimiser's options with its kind. But a loss that others have
		// not got is told by its weight.
		if a.Values = unique(a.Values); len(a.Values) < 2 && !(strings.HasPrefix(key, "loss.") && strings.HasSuffix(key, ".weight")) {
			continue
		}
		if s.repeats(key) {
			continue
		}
		if a.Numeric() {
			sortNumbers(a.Values)
		}
		axes = append(axes, a)
	}
	return axes
}

// repeats tells whether a key says of every run what an axis says already, as
// start.seed repeats seed.
func (s *study) repeats(key string) bool {
	return slices.ContainsFunc(s.Varied, func(a result.Axis) bool {
		return a.Key != experimentAxis && !slices.ContainsFunc(s.Runs, func(r run) bool {
			return r.Settings != nil && r.Settings.text(key) != r.Settings.text(a.Key)
		})
	})
}

func sortNumbers(values []string) {
	sort.SliceStable(values, func(i, j int) bool {
		x, _ := parseNumber(values[i])
		y, _ := parseNumber(values[j])
		return x < y
	})
}

func parseNumber(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}
