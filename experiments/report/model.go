package report

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// model is all data of the page's script, as JSON within the page. The script makes
// everything visible from it. A live page (serve.go) receives changed runs as values of
// the same types.
type model struct {
	Title       string        `json:"title"`
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Experiments []experiment  `json:"experiments"`
	Inputs      []input       `json:"inputs"`
	Axes        []axisModel   `json:"axes"`
	Columns     []column      `json:"columns"`
	Ramp        [][3]float64  `json:"ramp"` // colours of numbers from low to high
	Series      []series      `json:"series"`
	Runs        []*runModel   `json:"runs"`
	Findings    []finding     `json:"findings"`
	Searches    []searchModel `json:"searches"`
	Notes       []note        `json:"notes"`
	Warnings    []string      `json:"warnings"`
	Facts       []fact        `json:"facts"` // the program and platform that made the runs
	When        string        `json:"when,omitempty"`
	Took        string        `json:"took,omitempty"`
	Files       []file        `json:"files"`
	Thin        bool          `json:"thin"` // the curves have fewer points than the runs' files
	linked      bool          // the pictures are files beside the page
	Live        bool          `json:"live"`
	Version     string        `json:"version,omitempty"` // of a live page: the version that it shows
	Events      string        `json:"events,omitempty"`  // of a live page: the URL for changes
}

type experiment struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	Link  string `json:"link"` // URL of the experiment's own page
	Done  int    `json:"done"`
	All   int    `json:"all"`
}

// axisModel is a setting that varies: an axis of the sweep or, if Other, another key by
// which the configurations differ.
type axisModel struct {
	Key    string   `json:"key"`
	Name   string   `json:"name"`
	Values []string `json:"values"`
	Other  bool     `json:"other,omitempty"`
	// Colours of the values, as lightness, chroma and hue of OKLCH.
	Colours [][3]float64 `json:"colours"`
}

type runModel struct {
	Name    string   `json:"name"`
	Label   string   `json:"label"`
	Colour  string   `json:"colour"`
	Status  string   `json:"status"`
	Group   int      `json:"group"` // index of the experiment
	At      []int    `json:"at"`    // by axis: the index of the value, or -1
	Numbers []number `json:"numbers"`
	Steps   int      `json:"steps"`
	Planned int      `json:"planned"`
	Stages  []stage  `json:"stages,omitempty"`
	Problem string   `json:"problem,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	Note    string   `json:"note,omitempty"`
	Size    string   `json:"size,omitempty"`
	Picture *picture `json:"picture,omitempty"`
	Frames  []frame  `json:"frames,omitempty"`
	Dir     string   `json:"dir,omitempty"`   // URL of the run's directory
	Files   []string `json:"files,omitempty"` // in that directory
	Curves  []curves `json:"curves"`          // by table: the metrics, the yardstick
}

// stage is where a stage of a run begins.
type stage struct {
	At   int `json:"at"`   // step
	Size int `json:"size"` // pixels
}

// stages lists the stages of a run; none if it has only one.
func (r *run) stages() []stage {
	if r.Run == nil || len(r.Run.Stages) < 2 {
		return nil
	}
	var all []stage
	at := 0
	for _, s := range r.Run.Stages {
		all = append(all, stage{at, s.Size})
		at += s.Steps
	}
	return all
}

type frame struct {
	Step    int      `json:"step"`
	Picture *picture `json:"picture"`
}

type input struct {
	Role    string   `json:"role"`
	Label   string   `json:"label,omitempty"`
	Key     string   `json:"key,omitempty"`
	Value   string   `json:"value,omitempty"`
	Picture *picture `json:"picture"`
}

type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type file struct {
	Name string `json:"name"`
	Link string `json:"link"`
}

// note is a warning of a run, with all runs that have the same warning.
type note struct {
	Text string `json:"text"`
	Runs []int  `json:"runs"`
}

const rampLength = 65

// manyRuns is the number of runs above which the page leaves out what nobody can read in
// so many runs, and keeps below 20 MB up to 10,000 runs.
var manyRuns = 2000 // a test changes it

// newModel prepares the study for the page, whose file will be in the directory base.
// album provides the pictures.
func newModel(s *study, base string, album album) *model {
	m := &model{
		Title: s.Plan.Title, Name: s.Plan.Experiment, Description: s.Plan.Description,
		Columns: columns(s), Ramp: rampColours(rampLength), Facts: facts(s), Notes: notes(s), Findings: findings(s), Searches: searches(s), Warnings: append(slices.Clone(s.Warnings), slices.Concat(result.ScaleNotes(s.Experiment.Runs), result.KernelNotes(s.Experiment.Runs))...),
	}
	if m.Title == "" {
		m.Title = s.Plan.Experiment
	}
	for _, e := range s.Experiments {
		if sought := searched(e); sought != "" {
			m.Facts = append(m.Facts, fact{"Search", sought})
		}
	}
	from, to := s.span()
	m.When = when(from, to)
	took := 0.
	for _, r := range s.Runs {
		if r.Run != nil {
			took += r.Run.Seconds
		}
	}
	if took > 0 {
		m.Took = seconds(took)
	}
	for k, e := range s.Experiments {
		x := experiment{Name: s.Names[k], Title: e.Plan.Title, Link: link(base, e, result.IndexFile), All: len(e.Runs)}
		for _, r := range e.Runs {
			if r.Status == result.Done {
				x.Done++
			}
		}
		m.Experiments = append(m.Experiments, x)
		for _, in := range e.Plan.Inputs {
			p, err := album.input(e, in.File)
			if err != nil {
				m.Warnings = append(m.Warnings, fmt.Sprintf("input %q: %v", in.File, err))
				continue
			}
			m.Inputs = append(m.Inputs, input{in.Role, in.Label, in.Key, in.Value, p})
		}
	}
	for _, a := range s.Varied {
		m.Axes = append(m.Axes, axisModel{a.Key, a.Name(), a.Values, false, axisColours(a)})
	}
	for _, a := range s.Others {
		m.Axes = append(m.Axes, axisModel{a.Key, a.Name(), a.Values, true, axisColours(a)})
	}
	m.Series = newSeries(s)
	if len(s.Runs) > manyRuns { // curves of layers are in the runs' files
		m.Series = slices.DeleteFunc(m.Series, func(q series) bool { return q.Group != "" })
	}
	points := pointsEach(len(s.Runs), len(m.Series))
	m.Runs = make([]*runModel, len(s.Runs))
	thinned := make([]bool, len(s.Runs))
	eachOf(len(s.Runs), func(i int) { m.Runs[i], thinned[i] = m.run(s, &s.Runs[i], base, points) })
	m.Thin = slices.Contains(thinned, true)
	m.Warnings = append(m.Warnings, album.runs(s, m.Runs)...)
	m.linked = slices.ContainsFunc(m.Runs, func(r *runModel) bool { return r.Picture != nil && r.Picture.Src != "" })
	if len(s.Experiments) == 1 {
		e := s.Experiments[0]
		m.Files = []file{{"plan.toml", link(base, e, result.PlanFile)}, {"summary.csv", link(base, e, result.SummaryFile)}}
		for _, p := range plotFiles(s) {
			for _, ext := range []string{".svg", ".png"} {
				m.Files = append(m.Files, file{p.Name + ext, link(base, e, filepath.Join(result.PlotsDir, p.Name+ext))})
			}
		}
	}
	return m
}

// run prepares one run, without its pictures. thinned says that its curves have fewer points
// than its files.
func (m *model) run(s *study, r *run, base string, points int) (x *runModel, thinned bool) {
	x = &runModel{
		Name: r.Name, Label: r.Label, Colour: r.Colour, Status: string(r.Status), Steps: r.Steps, Planned: r.Planned, Stages: r.stages(), Problem: r.Problem(), Tags: r.Tags, Note: r.Note,
		Group: max(0, slices.Index(s.Experiments, r.Home)),
	}
	if r.Width > 0 && r.Height > 0 {
		x.Size = fmt.Sprintf("%d × %d", r.Width, r.Height)
	}
	for _, a := range s.Varied {
		x.At = append(x.At, place(a, r.Values[a.Key]))
	}
	for _, a := range s.Others {
		x.At = append(x.At, place(a, r.Settings.text(a.Key)))
	}
	for _, c := range m.Columns {
		x.Numbers = append(x.Numbers, number(c.of(r)))
	}
	x.Curves, thinned = newCurves(r, m.Series, points)
	if r.Run != nil {
		x.Dir, x.Files = link(base, r.Home, r.Dir)+"/", r.files()
	}
	return x, thinned
}

// files lists the run's files that a person may want to open.
func (r *run) files() []string {
	return slices.DeleteFunc([]string{result.ImageFile, result.PrintPNGFile, result.PrintTIFFFile, result.ConfigFile, result.MetricsFile, result.YardstickFile, result.MeasuresFile, result.LogFile}, func(name string) bool {
		return !slices.Contains(r.Files, name)
	})
}

func place(a result.Axis, value string) int { return slices.Index(a.Values, value) }

// notes collects the runs' own warnings, each once.
func notes(s *study) []note {
	var all []note
	for i, r := range s.Runs {
		if r.Run == nil {
			continue
		}
		for _, w := range r.Run.Warnings {
			k := slices.IndexFunc(all, func(n note) bool { return n.Text == w })
			if k < 0 {
				k, all = len(all), append(all, note{Text: w})
			}
			if !slices.Contains(all[k].Runs, i) {
				all[k].Runs = append(all[k].Runs, i)
			}
		}
	}
	return all
}

// facts describes the programs and platforms that made the runs. If they differ, it
// lists each.
func facts(s *study) []fact {
	sets := map[string]map[string]bool{}
	add := func(name, value string) {
		if value != "" {
			if sets[name] == nil {
				sets[name] = map[string]bool{}
			}
			sets[name][value] = true
		}
	}
	for _, r := range s.Runs {
		if r.Run == nil {
			continue
		}
		p := r.Run.Provenance
		add("Program", p.Program)
		add("Go", p.Go)
		add("Machine", strings.TrimSpace(p.Platform+" "+p.ISA))
		add("Numerical version", p.Numerical)
		add("Network", p.Network)
		if r.Width > 0 && r.Height > 0 {
			add("Size", fmt.Sprintf("%d × %d", r.Width, r.Height))
		}
		for _, f := range p.Files {
			add("File", fmt.Sprintf("%s: %s, SHA-256 %.12s", f.Role, f.Name, f.SHA256))
		}
		if r.Measures != nil && r.Measures.Yardstick != nil {
			add("Yardstick", r.Measures.Yardstick.About)
		}
	}
	var all []fact
	for _, name := range []string{"Network", "Size", "Yardstick", "Program", "Go", "Machine", "Numerical version", "File"} {
		for _, value := range slices.Sorted(maps.Keys(sets[name])) {
			all = append(all, fact{name, value})
		}
	}
	return all
}

func isNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
