package report

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// Several experiments are shown as one. Its axes are the experiment and all axes of any
// of them. If an experiment does not vary an axis, the configurations of its runs give
// the value.

// experimentAxis is the key of the axis that distinguishes experiments. No key of a
// configuration has this name.
const experimentAxis = "experiment"

// open reads the experiments' directories for a study. If one directory is given, a
// read error is returned. If several are given, open uses those that it can read and
// adds a warning for each of the others; it returns an error if it can read none.
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

// together makes one study from several experiments.
func together(all []*result.Experiment) *study {
	names := result.Names(all)
	merged := &result.Experiment{Plan: &result.Plan{Experiment: join2(names)}}
	var homes []*result.Experiment
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
		}
	}
	settings := readAllSettings(homes, merged.Runs)
	merged.Plan.Axes = mergeAxes(all, names, merged.Runs, settings)
	for _, r := range merged.Runs {
		merged.Plan.Runs = append(merged.Plan.Runs, r.PlannedRun)
	}
	s := &study{Experiment: merged, Experiments: all, Names: names}
	s.prepare(homes, settings)
	return s
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

// mergeAxes collects the axes of all experiments, and gives every run its value of
// each.
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
		// The labels of the values in the experiments that vary the key.
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
		for _, e := range all { // first in the order of the plans
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

// others returns the keys besides the axes by which the runs' configurations differ, as
// axes.
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
		// If only some runs have a key, and with equal values, it follows from another
		// difference: for example an optimiser's options from its kind. But a loss that
		// other runs do not have is shown by its weight.
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

// repeats reports whether an axis already gives the value of a key for every run, as
// seed does for start.seed.
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
