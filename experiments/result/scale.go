package result

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Scale describes how numbers of one name were measured: with a yardstick, or with a
// run's own network. Numbers of two runs compare only if their scale is the same. The
// zero Scale is for numbers that depend only on the picture.
type Scale struct {
	ID    string
	About string // in words: "vgg19 at 512 pixels"
	more  string // the rest in words, for scales that About does not tell apart
}

// ScaleOf returns the scale of a measure of the run.
func (s RunState) ScaleOf(m Measure) Scale {
	switch {
	case m.Group != GroupContent && m.Group != GroupStyle:
		return Scale{}
	case m.ByYardstick():
		return s.YardstickScale()
	}
	return s.Network()
}

// ByYardstick reports whether the measure depends on the yardstick.
func (m Measure) ByYardstick() bool {
	return (m.Group == GroupContent || m.Group == GroupStyle) && !strings.HasPrefix(m.Name, "own_") && !strings.HasPrefix(m.Name, "heldout_")
}

// YardstickScale returns the scale of the run's measures, or zero if they have no
// yardstick.
func (s RunState) YardstickScale() Scale { return s.Measures.scale() }

// CurveScale returns the scale of yardstick.csv, or zero if it is unknown. Later measures
// of the picture do not change it.
func (s RunState) CurveScale() Scale { return s.own.scale() }

func (m *Measures) scale() Scale {
	if m == nil || m.Yardstick == nil {
		return Scale{}
	}
	y := m.Yardstick
	more := fmt.Sprintf(" (content at %s; style at %s; id %s)", strings.Join(y.Content, ", "), strings.Join(y.Style, ", "), y.ID)
	return Scale{y.ID, fmt.Sprintf("%s at %d pixels", y.Network, y.Size), more}
}

// Own returns the measures that the run wrote itself, or nil if it has none.
func (s RunState) Own() *Measures { return s.own }

// Network returns the scale of the run's own losses: its network with its weights.
func (s RunState) Network() Scale {
	if s.Run == nil {
		return Scale{}
	}
	p := s.Run.Provenance
	scale := Scale{ID: p.Network, About: p.Network}
	for _, f := range p.Files {
		if f.Role == "weights" {
			scale.ID += " " + f.SHA256
			scale.About += ", " + f.Name
			scale.more += fmt.Sprintf(" (SHA-256 %.8s)", f.SHA256)
		}
	}
	return scale
}

// Scales lists scales each once, the most frequent first. It omits the zero Scale.
func Scales(all []Scale) []Scale {
	count := map[string]int{}
	var once []Scale
	for _, s := range all {
		if s.ID == "" {
			continue
		}
		if count[s.ID]++; count[s.ID] == 1 {
			once = append(once, s)
		}
	}
	slices.SortStableFunc(once, func(a, b Scale) int { return count[b.ID] - count[a.ID] })
	return once
}

// ScaledKey returns a column's key for the nth of several scales, from 0: "ssim",
// "ssim@2".
func ScaledKey(key string, nth int) string {
	if nth < 1 {
		return key
	}
	return fmt.Sprintf("%s@%d", key, nth+1)
}

// MeasureColumn is a measure as a column over runs. All numbers of a column have the
// same name, layer and scale, so they compare.
type MeasureColumn struct {
	Measure  Measure // from the first run
	Scale    Scale
	Key      string // Measure.Key, with "@2" for a second scale
	Headline bool   // it summarises its group in one number
	Nth      int    // index of the scale; the most frequent scale is 0
	Several  bool   // there are columns with other scales
}

// Of returns the run's measure in the column, or nil if it has none.
func (c MeasureColumn) Of(s RunState) *Measure {
	m := s.Measures.Find(c.Measure.Key())
	if m == nil || s.ScaleOf(*m).ID != c.Scale.ID {
		return nil
	}
	return m
}

// headlines are the measures that best summarise their group.
var headlines = []string{"content_cosine", "gram_cosine", "colour_histogram_style", "ssim", "high_frequency"}

// MeasureColumns lists the measures of runs, by group in the order of Groups.
func MeasureColumns(runs []RunState) []MeasureColumn {
	var order []Measure
	scales := map[string][]Scale{}
	headline := map[string]string{} // by group
	for _, s := range runs {
		if s.Measures == nil {
			continue
		}
		for _, m := range s.Measures.Measures {
			key := m.Key()
			if scales[key] == nil {
				order = append(order, m)
			}
			scales[key] = append(scales[key], s.ScaleOf(m))
			if m.Layer == "" && (headline[m.Group] == "" || slices.Contains(headlines, m.Name)) {
				headline[m.Group] = key
			}
		}
	}
	slices.SortStableFunc(order, func(a, b Measure) int {
		return slices.Index(Groups(), a.Group) - slices.Index(Groups(), b.Group)
	})
	var columns []MeasureColumn
	for _, m := range order {
		key := m.Key()
		several := Scales(scales[key])
		if len(several) == 0 {
			several = []Scale{{}}
		}
		for nth, scale := range several {
			columns = append(columns, MeasureColumn{Measure: m, Scale: scale, Key: ScaledKey(key, nth), Nth: nth,
				Headline: headline[m.Group] == key, Several: len(several) > 1})
		}
	}
	return columns
}

// KernelNotes say which runs were made by kernels that do not agree in every bit.
func KernelNotes(runs []RunState) []string {
	count := map[string]int{}
	for _, s := range runs {
		if s.Run != nil && s.Run.Provenance.Kernels() != "" {
			count[s.Run.Provenance.Kernels()]++
		}
	}
	if len(count) < 2 {
		return nil
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d by %s", count[name], name))
	}
	return []string{fmt.Sprintf("Runs were made by processors that differ: %s. Their numbers agree to about six digits, not in every bit.", strings.Join(parts, ", "))}
}

// ScaleNotes describe which runs' numbers do not compare, and how to make them
// comparable.
func ScaleNotes(runs []RunState) []string {
	var notes []string
	for _, kind := range []struct {
		of   func(RunState) Scale
		what string
		fix  string
	}{
		{RunState.YardstickScale, "measured with yardsticks", "`nst measure DIR…` with the directories of these experiments measures all pictures with one yardstick."},
		{RunState.Network, "made with networks", "Their losses and own_ measures compare only within one network; the measures of a common [yardstick] compare."},
	} {
		all := make([]Scale, len(runs))
		for i, s := range runs {
			all[i] = kind.of(s)
		}
		scales := Scales(all)
		if len(scales) < 2 {
			continue
		}
		var parts []string
		for nth, scale := range scales {
			n := 0
			for _, s := range all {
				if s.ID == scale.ID {
					n++
				}
			}
			mark := ""
			if nth > 0 {
				mark = fmt.Sprintf(" (columns @%d)", nth+1)
			}
			about := scale.About
			for i, other := range scales {
				if i != nth && other.About == about {
					about += scale.more
					break
				}
			}
			parts = append(parts, fmt.Sprintf("%d with %s%s", n, about, mark))
		}
		notes = append(notes, fmt.Sprintf("Runs were %s: %s. Such numbers do not compare, and are in columns of their own. %s",
			kind.what+" that differ", strings.Join(parts, ", "), kind.fix))
	}
	some, none := measured(runs)
	if some == 0 || none == 0 {
		return notes
	}
	who := fmt.Sprintf("%d runs are done and have", none)
	if none == 1 {
		who = "1 run is done and has"
	}
	return append(notes, who+" no measures by a yardstick, and so cannot be compared by them. `nst measure DIR…` with the directories of these experiments measures all pictures.")
}

// measured counts the runs that are done and have measures by a yardstick, and those that
// are done and have none.
func measured(runs []RunState) (some, none int) {
	for _, s := range runs {
		if s.Status != Done {
			continue
		}
		if s.YardstickScale().ID == "" {
			none++
		} else {
			some++
		}
	}
	return some, none
}
