package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// The run doctor describes in words what went wrong with runs, and which key of their
// configuration to change. It knows only the files in the directories. The rules are in
// doctor_rules.go.

// finding is a problem, or a possible improvement, of some runs.
type finding struct {
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	About    string `json:"about"` // what the finding means
	Cases    []ill  `json:"cases"`
}

// ill is a run with a finding.
type ill struct {
	Run  int    `json:"run"`
	Text string `json:"text"` // what was observed, with its numbers
	// The key to change: its table, the key with its value, and the key with a value to
	// try. Empty if no key helps.
	Key   string `json:"key,omitempty"`
	Table string `json:"table,omitempty"`
	Is    string `json:"is,omitempty"`
	Try   string `json:"try,omitempty"`
	Hint  string `json:"hint,omitempty"` // the effect of the change
	// The user's configuration, and the line there that sets the key. Line is 0 if the
	// value comes from elsewhere: a default, a base or the command line.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// Severities of a finding.
const (
	Bad  = "bad"  // the picture is spoilt or missing
	Warn = "warn" // the picture is not as requested
	Hint = "hint" // the run could take less time, or give a better result
)

// change returns a key with its value and a value to try.
func (i ill) change(r *run, key, try, hint string) ill {
	i.Key, i.Hint = key, hint
	i.Table, _ = cutLast(key)
	_, name := cutLast(key)
	switch v := r.Settings.find(key).(type) {
	case string:
		if !strings.HasSuffix(key, ".layers") { // those are tables, which are not written as TOML here
			i.Is = name + " = " + strconv.Quote(v)
		}
	case bool, int64, float64:
		i.Is = name + " = " + result.Setting{Value: v}.Text()
	}
	if try != "" {
		i.Try = name + " = " + try
	}
	return i
}

func cutLast(key string) (table, name string) {
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		return key[:i], key[i+1:]
	}
	return "", key
}

// rule detects one problem in a run.
type rule struct {
	kind, severity, title, about string
	look                         func(*run) (ill, bool)
}

// findings examines all runs. It returns the worst findings first, each with the runs
// that have it.
func findings(s *study) []finding {
	var all []finding
	sources := map[*result.Experiment]source{}
	for _, e := range s.Experiments {
		sources[e] = readSource(e)
	}
	for _, rule := range rules {
		f := finding{Kind: rule.kind, Severity: rule.severity, Title: rule.title, About: rule.about}
		for i := range s.Runs {
			if s.Runs[i].Run == nil {
				continue
			}
			if found, ok := rule.look(&s.Runs[i]); ok {
				found.Run = i
				sources[s.Runs[i].Home].advise(&found)
				f.Cases = append(f.Cases, found)
			}
		}
		if len(f.Cases) > 0 {
			all = append(all, f)
		}
	}
	return all
}

func (r *run) text(key string) string { return r.Settings.text(key) }

// searchless reports whether the optimiser is L-BFGS with a fixed step.
func (r *run) searchless() bool {
	return r.text("optimizer.kind") == "lbfgs" && r.text("optimizer.line_search") == "fixed"
}

// hasFault reports whether the run has one of the faults, which explains further ones.
func (r *run) hasFault(faults ...func(*run) (ill, bool)) bool {
	return slices.ContainsFunc(faults, func(look func(*run) (ill, bool)) bool { _, ok := look(r); return ok })
}

// lossesOf returns the names of the run's losses that pull towards the content ("content")
// or the style ("style").
func (r *run) lossesOf(role string) []string {
	if r.Settings == nil {
		return nil
	}
	var names []string
	for _, x := range r.Settings.all {
		name, ok := strings.CutPrefix(x.Key, "loss.")
		name, is := strings.CutSuffix(name, ".kind")
		if !ok || !is || roleOf(x.Text()) != role || r.text("loss."+name+".maximize") == "true" {
			continue
		}
		if w, known := r.Settings.number("loss." + name + ".weight"); !known || w != 0 {
			names = append(names, name)
		}
	}
	return names
}

// roleOf returns what a kind of loss compares with. Kinds that old or new programs have
// besides these compare with the style.
func roleOf(kind string) string {
	switch kind {
	case "content", "variation":
		return kind
	}
	return "style"
}

// lastStage returns a column of the metrics in the last stage of a run from coarse to
// fine, or in the whole run: values of two stages do not compare.
func (r *run) lastStage(column string) []float64 {
	all := r.byStage(column)
	return all[len(all)-1]
}

// byStage returns a column of the metrics for each stage that the run has begun, at least one.
func (r *run) byStage(column string) [][]float64 {
	values, stages := r.Metrics.Column(column), r.Metrics.Column(result.ColumnStage)
	var all [][]float64
	if len(stages) == len(values) {
		for to := 1; to < len(values); to++ {
			if stages[to-1] != stages[to] {
				all, values, stages, to = append(all, values[:to]), values[to:], stages[to:], 0
			}
		}
	}
	return append(all, values)
}

// times returns the value of a key times a factor, as a configuration writes it. It
// returns an empty text if the value is not a number.
func (r *run) times(key string, factor float64) string {
	v, ok := r.Settings.number(key)
	if !ok || v == 0 {
		return ""
	}
	text := strconv.FormatFloat(v*factor, 'g', 3, 64)
	if v, _ := parseNumber(text); math.Abs(v) >= 1e-4 && math.Abs(v) < 1e6 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return text
}

// ends returns the first and the last value of a column of the metrics.
func (r *run) ends(column string) (first, last float64, ok bool) {
	v := r.Metrics.Column(column)
	if len(v) < 2 || !isNumber(v[0]) || !isNumber(v[len(v)-1]) {
		return 0, 0, false
	}
	return v[0], v[len(v)-1], true
}

func percent(v float64) string {
	switch p := 100 * v; {
	case p >= 99.95 && p < 100:
		return "over 99.9 %"
	case p >= 10 || p == 0:
		return fmt.Sprintf("%.0f %%", p)
	default:
		return fmt.Sprintf("%.2g %%", p)
	}
}
