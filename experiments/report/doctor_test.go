package report

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// patient makes an experiment with one run for the doctor.
type patient struct {
	config   string
	status   result.Status
	failure  *result.Failure
	stop     string
	steps    int // done of 100
	total    func(x float64) float64
	style    func(x float64) float64
	content  func(x float64) float64
	measures *result.Measures
	stages   bool // metrics.csv has two stages, which begin at steps 0 and 50
}

const healthyConfig = `seed = 1

[loss.content]
kind = "content"
weight = 0.5
reduce = "mean"

[loss.style]
kind = "gram"
weight = 100.0
layers = {scale1 = 0.5, scale2 = 0.5}

[start]
from = "noise"

[optimizer]
kind = "adam"

[schedule]
kind = "constant"
rate = 0.1

[run]
steps = 100
project = false
`

// second is 1 in the second of two stages.
func second(x float64) float64 { return min(1, math.Floor(2*x)) }

func falls(x float64) float64 { return .5 + math.Exp(-4*x) }

// diagnosis is one finding about one run.
type diagnosis struct {
	kind string
	ill
}

func (p patient) findings(t *testing.T) (all []diagnosis) {
	t.Helper()
	dir := t.TempDir()
	must(t, result.WritePlan(dir, &result.Plan{Experiment: "x", Runs: []result.PlannedRun{{Name: "run", ID: "1"}}}))
	at := filepath.Join(dir, "run")
	must(t, os.Mkdir(at, 0o755))
	for _, f := range []*func(float64) float64{&p.total, &p.style, &p.content} {
		if *f == nil {
			*f = falls
		}
	}
	if p.config == "" {
		p.config = healthyConfig
	}
	if p.status == "" {
		p.status = result.Done
	}
	if p.steps == 0 {
		p.steps = 100
	}
	metrics, times := "step,evaluations,rate,total,content,style\n", "step,seconds\n"
	if p.stages {
		metrics = "stage," + metrics
	}
	for step := 0; step <= p.steps; step++ {
		x := float64(step) / 100
		if p.stages {
			metrics += fmt.Sprintf("%d,", 1+min(step/50, 1))
		}
		metrics += fmt.Sprintf("%d,%d,0.1,%g,%g,%g\n", step, step, p.total(x), p.content(x), p.style(x))
		times += fmt.Sprintf("%d,%d\n", step, step)
	}
	must(t, os.WriteFile(filepath.Join(at, result.MetricsFile), []byte(metrics), 0o644))
	must(t, os.WriteFile(filepath.Join(at, result.TimesFile), []byte(times), 0o644))
	must(t, os.WriteFile(filepath.Join(at, result.ConfigFile), []byte(p.config), 0o644))
	must(t, os.WriteFile(filepath.Join(at, result.ImageFile), drawPicture(8, 6, 1, .5), 0o644))
	if p.measures != nil {
		must(t, result.WriteMeasures(at, p.measures))
	}
	must(t, result.WriteRun(at, &result.Run{Name: "run", ID: "1", Status: p.status, Failure: p.failure, Stop: p.stop, Steps: p.steps, Planned: 100, Width: 8, Height: 6}))
	e, err := result.Open(dir)
	must(t, err)
	for _, f := range findings(newStudy(e)) {
		for _, c := range f.Cases {
			all = append(all, diagnosis{f.Kind, c})
		}
	}
	return all
}

func TestDoctor(t *testing.T) {
	own := result.Float(.02)
	clipped := func(v result.Float) *result.Measures {
		return &result.Measures{Measures: []result.Measure{{Name: "clipped", Value: v, Group: result.GroupNoise, OfContent: &own}}}
	}
	shares := func(first result.Float) *result.Measures {
		return &result.Measures{Shares: []result.Share{
			{At: result.AtStart, Term: "style", Gradient: 1}, {At: result.AtStart, Term: "style", Layer: "scale1", Gradient: first}, {At: result.AtStart, Term: "style", Layer: "scale2", Gradient: 1 - first}}}
	}
	likeness := func(edges, features result.Float) *result.Measures {
		return &result.Measures{Measures: []result.Measure{{Name: "gradient_correlation", Value: edges, Group: result.GroupStructure}, {Name: "content_cosine", Value: features, Group: result.GroupContent}}}
	}
	same := func(ssim, arrived result.Float) *result.Measures {
		half := result.Float(.5)
		return &result.Measures{Measures: []result.Measure{{Name: "ssim", Value: ssim, Group: result.GroupStructure}, {Name: "gram_cosine", Value: half + arrived/2, OfContent: &half, Group: result.GroupStyle}}}
	}
	with := func(old, new string) string {
		if !strings.Contains(healthyConfig, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(healthyConfig, old, new, 1)
	}
	for name, c := range map[string]struct {
		patient
		kind, text, line, try string
	}{
		"healthy": {},
		"diverged": {patient{status: result.Failed, steps: 7, failure: &result.Failure{Error: "x", Step: 7, Term: "style", Layer: "scale2"}},
			"diverged", "At step 7 of 100, the term style at the layer scale2 was not finite any more.", "rate = 0.1", "rate = 0.01"},
		"diverged under lbfgs": {patient{status: result.Failed, failure: &result.Failure{Term: "style"}, config: with(`kind = "adam"`, "kind = \"lbfgs\"\nline_search = \"fixed\"")},
			"diverged", "the term style was not", `line_search = "fixed"`, `line_search = "strong-wolfe"`},
		"failed":             {patient{status: result.Failed, failure: &result.Failure{Error: "no memory"}}, "failed", "no memory.", "", ""},
		"rises":              {patient{total: func(x float64) float64 { return .1 + (x-.5)*(x-.5) }}, "rising", "was 0.1 at step 50 and is 0.35 at the end, 3.5 times", "rate = 0.1", "rate = 0.01"},
		"saturated":          {patient{measures: clipped(.2)}, "saturated", "20 % of the values are black or white to the limit (2 % in the content image).", "project = false", "project = true"},
		"hardly saturated":   {patient: patient{measures: clipped(.06)}},
		"style ignored":      {patient{style: func(x float64) float64 { return 3 - .3*x }}, "style-ignored", "went from 3 to 2.7: 90 % of it is left.", "weight = 100", "weight = 1000"},
		"style rises":        {patient{style: func(x float64) float64 { return 3 + x }}, "style-ignored", "The style loss rose from 3 to 4.", "weight = 100", "weight = 1000"},
		"all rises":          {patient{total: func(x float64) float64 { return 1 + 9*x }, style: func(x float64) float64 { return 3 + x }}, "rising", "10 times as much", "rate = 0.1", "rate = 0.01"},
		"content lost":       {patient{measures: likeness(.05, .4)}, "content-lost", "edges correlate with those of the content image by 0.05, and its features by 0.4", "weight = 0.5", "weight = 5"},
		"every edge stands":  {patient: patient{measures: likeness(.6, .3), content: func(x float64) float64 { return 1.2 * x }, config: with(`reduce = "mean"`, `reduce = "relative"`)}},
		"features are there": {patient: patient{measures: likeness(.05, .8)}},
		"no measures":        {patient: patient{content: func(x float64) float64 { return 5 - .5*x }}},
		"nothing happened":   {patient{measures: same(.994, .01), config: with(`from = "noise"`, `from = "content"`)}, "nothing", "the content image, with an SSIM of 0.994", "rate = 0.1", "rate = 1"},
		"nothing under lbfgs": {patient{measures: same(.994, .01), config: strings.NewReplacer(`from = "noise"`, `from = "content"`, `kind = "adam"`, "kind = \"lbfgs\"\nline_search = \"fixed\"").Replace(healthyConfig)},
			"nothing", "the content image", `line_search = "fixed"`, `line_search = "strong-wolfe"`},
		"a light style":               {patient: patient{measures: same(.985, .6), config: with(`from = "noise"`, `from = "content"`)}},
		"no decrease":                 {patient{total: func(x float64) float64 { return 5 - .2*x }, style: func(x float64) float64 { return 3 - .1*x }}, "nothing", "it fell by 4 % in 100 steps", "rate = 0.1", "rate = 1"},
		"stages":                      {patient: patient{stages: true, total: func(x float64) float64 { return falls(2*x) + second(x) }, style: func(x float64) float64 { return 2*second(x) + falls(2*x-second(x)) }}},
		"style from the stage before": {patient: patient{stages: true, total: func(x float64) float64 { return falls(2*x) + second(x) }, style: func(x float64) float64 { return falls(min(2*x, 1)) - .02*second(x)*x }}},
		"style ignored in both stages": {patient{stages: true, total: func(x float64) float64 { return falls(2*x) + second(x) }, style: func(x float64) float64 { return 3 - .3*x }},
			"style-ignored", "went from", "weight = 100", "weight = 1000"},
		"one layer": {patient{measures: shares(.98)}, "lopsided", "98 % of the gradient of the term style comes from scale1, one of its 2 layers.", "", ""},
		"a term's only layer": {patient: patient{measures: &result.Measures{Shares: []result.Share{
			{At: result.AtStart, Term: "content", Layer: "scale1", Gradient: .02}, {At: result.AtStart, Term: "style", Layer: "scale1", Gradient: .98}}}}},
		"a gradient of zero": {patient{steps: 60, stop: "converged: the gradient's greatest element is 0", total: func(x float64) float64 { return falls(x / .6) }, config: with(`kind = "adam"`, `kind = "lbfgs"`)},
			"early", "greatest element is 0", "steps = 100", "steps = 60"},
		"two layers":          {patient: patient{measures: shares(.9)}},
		"stopped early":       {patient{steps: 60, stop: "converged: the gradient is nil", total: func(x float64) float64 { return falls(x / .6) }}, "early", "Stopped after 60 of 100 steps: converged: the gradient is nil.", "steps = 100", "steps = 60"},
		"not at its end":      {patient{total: func(x float64) float64 { return math.Exp(-9 * x) }}, "falling", "fell by 59 % within the last tenth", "steps = 100", "steps = 200"},
		"longer than need be": {patient{total: func(x float64) float64 { return 1 + math.Exp(-40*x) }}, "idle", "From step 12 of 100 on", "steps = 100", "steps = 12"},
		"no configuration":    {patient{config: "= broken", status: result.Failed, failure: &result.Failure{Term: "style"}}, "diverged", "the term style", "", ""},
	} {
		all := c.findings(t)
		if c.kind == "" {
			if len(all) != 0 {
				t.Errorf("%s: %+v", name, all)
			}
			continue
		}
		if len(all) != 1 {
			t.Errorf("%s: %d findings, want one: %+v", name, len(all), all)
			continue
		}
		d := all[0]
		if d.kind != c.kind || !strings.Contains(d.Text, c.text) || d.Is != c.line || d.Try != c.try || d.Run != 0 {
			t.Errorf("%s: %+v,\nwant %s, %q, %q -> %q", name, d, c.kind, c.text, c.line, c.try)
		}
	}
}

// The advice names the line of the user's file, and never one of a file that it inherits
// from.
func TestAdviceNamesTheFile(t *testing.T) {
	for name, c := range map[string]struct {
		text, file string
		line       int
	}{
		"own key":     {"name = \"x\"\n\n[schedule] # slow\n  rate = 0.1\n", "mine.toml", 4},
		"dotted":      {"schedule.kind = \"constant\"\nschedule.rate = 0.1\n", "mine.toml", 2},
		"axis":        {"[sweep.axes]\n\"schedule.rate\" = [0.1, 0.2]\n", "mine.toml", 2},
		"inline":      {"schedule = {kind = \"constant\", rate = 0.1}\n", "mine.toml", 1},
		"inherited":   {"base = \"preset:keras\"\n[run]\nsteps = 3\n# schedule.rate = 3\n", "mine.toml", 0},
		"other table": {"[style]\nrate = 3\n", "mine.toml", 0},
		"no file":     {"", "", 0},
	} {
		root := t.TempDir()
		dir := filepath.Join(root, "results", "x")
		must(t, os.MkdirAll(filepath.Join(dir, "run"), 0o755))
		must(t, result.WritePlan(dir, &result.Plan{Experiment: "x", Source: "../../mine.toml", Runs: []result.PlannedRun{{Name: "run", ID: "1"}}}))
		if c.text != "" {
			must(t, os.WriteFile(filepath.Join(root, "mine.toml"), []byte(c.text), 0o644))
		}
		must(t, os.WriteFile(filepath.Join(dir, "run", result.ConfigFile), []byte(healthyConfig), 0o644))
		must(t, result.WriteRun(filepath.Join(dir, "run"), &result.Run{ID: "1", Status: result.Failed, Failure: &result.Failure{Term: "style"}}))
		e, err := result.Open(dir)
		must(t, err)
		all := findings(newStudy(e))
		if len(all) != 1 || all[0].Cases[0].Key != "schedule.rate" {
			t.Fatalf("%s: %+v", name, all)
		}
		if got := all[0].Cases[0]; got.File != c.file || got.Line != c.line {
			t.Errorf("%s: %s, line %d; want %s, line %d", name, got.File, got.Line, c.file, c.line)
		}
	}
}
